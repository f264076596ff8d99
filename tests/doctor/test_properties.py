"""What holds of findings in every world, and that they agree with what LiveKit does with calls."""

import re
from typing import Any

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.worlds import NOW, guard, own, room, rule, trunk
from webapp.doctor.findings import find
from webapp.doctor.kinds import Kind, Severity
from webapp.doctor.reading import Reading
from webapp.doctor.sentences import MEANINGS, say
from webapp.matching import (
    MatchingError,
    Rule,
    SipCall,
    Trunk,
    check_rules,
    choose_trunk,
    look_up,
    parse_rules,
    parse_trunks,
)

NUMBERS = ["+1555001", "1555001", "+1555002"]
PINS = ["", "1", "2"]
TRUNKS = ["ST_a", "ST_b"]
UNGUARDED = {Kind.UNGUARDED, Kind.DEFEATED, Kind.NARROW, Kind.HIDING_WILDCARD}
CLASHES = {Kind.SAME_NUMBER, Kind.TWO_DEFAULTS}
ROOM = room(trunk_id="ST_a", sip_dispatch_rule_id="SDR_own")


def _some(values: list[str], most: int = 2) -> st.SearchStrategy[list[str]]:
    return st.lists(st.sampled_from(values), max_size=most)


@st.composite
def _rules(draw: st.DrawFn) -> list[Rule]:
    found = [
        rule(
            f"SDR_{place}",
            draw(st.sampled_from(["direct", "individual", "callee"])),
            pin=draw(st.sampled_from(["", "1", "2"])),
            room=draw(st.sampled_from(["", "x"])),
            name=draw(st.sampled_from(["", "night", "frontdesk:x"])),
            trunk_ids=draw(_some([*TRUNKS, "ST_gone"])),
            numbers=draw(_some(NUMBERS)),
            inbound_numbers=draw(_some(["", "+44", *NUMBERS])),
            hide_phone_number=draw(st.booleans()),
        )
        for place in range(draw(st.integers(0, 4)))
    ]
    guards = [guard(trunk_id) for trunk_id in TRUNKS if draw(st.booleans())]
    return [*found, *guards, *([own(ROOM)] if draw(st.booleans()) else [])]


@st.composite
def _guarded(draw: st.DrawFn) -> list[Rule]:
    """Rules of one trunk that do not conflict, its guard among them; most hide numbers."""
    found = [
        rule(
            f"SDR_{pin}",
            draw(st.sampled_from(["direct", "individual"])),
            pin=pin,
            numbers=draw(st.lists(st.sampled_from(NUMBERS[1:]), max_size=1)),
            inbound_numbers=draw(st.lists(st.sampled_from(["", "+44"]), max_size=2, unique=True)),
            hide_phone_number=draw(st.sampled_from([True, True, False])),
        )
        for pin in draw(st.lists(st.sampled_from(PINS), max_size=3, unique=True))
    ]
    narrow = draw(st.lists(st.sampled_from(NUMBERS[:1]), max_size=1))
    return [*found, guard(numbers=tuple(narrow), hide_phone_number=draw(st.sampled_from([False, False, True])))]


@st.composite
def _trunks(draw: st.DrawFn) -> list[Trunk]:
    addresses = ["10.0.0.0/8", "10.1.0.0/16", "203.0.113.7", "bad, entry"]
    return [
        trunk(
            trunk_id,
            numbers=draw(_some(NUMBERS)),
            allowed_numbers=draw(_some(["+44", "44", "+33"])),
            allowed_addresses=draw(_some(addresses)),
        )
        for trunk_id in TRUNKS
    ]


def _world(rules: list[Rule], trunks: list[Trunk]) -> Reading:
    sorted_rules, sorted_trunks = parse_rules([each.info for each in rules]), parse_trunks([t.info for t in trunks])
    return Reading(NOW, NOW, sorted_rules, sorted_trunks, {ROOM.id: ROOM})


@given(_rules(), _trunks(), st.randoms())
def test_findings_do_not_depend_on_the_order_in_which_livekit_lists(rules: list[Rule], trunks: list[Trunk], by: Any):
    expected = [finding.key for finding in find(_world(rules, trunks))]
    by.shuffle(rules)
    by.shuffle(trunks)
    assert [finding.key for finding in find(_world(rules, trunks))] == expected


@given(_rules(), _trunks())
def test_a_rule_of_another_trunk_leaves_the_other_findings_alone(rules: list[Rule], trunks: list[Trunk]):
    before = {finding.key for finding in find(_world(rules, trunks))}
    apart = [trunk("ST_z", "+4999"), guard("ST_z")]
    more = [*rules, apart[1], rule("SDR_z", trunk_ids=["ST_z"], pin="987")]
    assert {finding.key for finding in find(_world(more, [*trunks, apart[0]]))} >= before


@given(_rules(), _trunks())
def test_keys_are_unique_and_fit_into_a_url_and_the_worst_stands_first(rules: list[Rule], trunks: list[Trunk]):
    found = find(_world(rules, trunks))
    keys = [finding.key for finding in found]
    assert len(keys) == len(set(keys))
    assert all(re.fullmatch(r"[A-Za-z0-9._~-]+", key) for key in keys)
    order = list(Severity)
    assert [order.index(each.severity) for each in found] == sorted(order.index(each.severity) for each in found)


@given(_rules(), _trunks())
def test_an_outage_is_found_exactly_where_livekit_refuses_to_read_the_rules(rules: list[Rule], trunks: list[Trunk]):
    world = _world(rules, trunks)
    refused = False
    try:
        check_rules(world.rules)
    except MatchingError:
        refused = True
    assert any(finding.severity is Severity.OUTAGE for finding in find(world)) == refused


@settings(max_examples=400)
@given(_guarded(), st.lists(st.sampled_from(NUMBERS[:2]), max_size=1))
def test_where_guards_are_in_order_no_call_without_a_number_ends_livekit(rules: list[Rule], numbers: list[str]):
    world = _world(rules, [trunk(numbers=numbers)])
    if {finding.kind for finding in find(world)} & UNGUARDED:
        return
    for called in NUMBERS:
        call = SipCall(from_user="", to_user=called)
        first = _asked(world, call)
        assert first != "panic"
        if first == "REQUEST_PIN":
            assert "panic" not in {_asked(world, call, pin=pin) for pin in PINS}


@given(_trunks(), st.sampled_from([*NUMBERS, "+49"]), st.sampled_from(["44", "+33", ""]), st.booleans())
def test_where_no_trunks_clash_livekit_chooses_one_or_none(trunks: list[Trunk], called: str, caller: str, inside: bool):
    world = _world([], trunks)
    call = SipCall(from_user=caller, to_user=called, source_ip="10.1.2.3" if inside else "203.0.113.7", from_host="x")
    if not {finding.kind for finding in find(world)} & CLASHES:
        choose_trunk(world.trunks, call)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_rules(), _trunks())
def test_no_number_and_no_pin_stands_in_what_is_said(app: Flask, rules: list[Rule], trunks: list[Trunk]):
    world = _world(rules, trunks)
    with app.test_request_context():
        texts = [text for each in find(world) for text in vars(say(each, {"ST_a": "Harbour"})).values()]
    assert not any("555" in text or "7300000001" in text for text in texts)


def test_every_kind_has_its_meaning():
    assert list(MEANINGS) == list(Kind)


def _asked(world: Reading, call: SipCall, pin: str = "") -> str:
    try:
        return look_up(world.trunks, world.rules, call, pin=pin).result
    except MatchingError as error:
        return error.kind
