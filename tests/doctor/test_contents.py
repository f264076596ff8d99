"""What foreign rules say that goes wrong."""

from itertools import product

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests.support.worlds import NUMBER, found, guard, kinds, rule, trunk
from webapp.doctor.kinds import ORDER, SEVERITY, Kind, Remedy, Severity
from webapp.doctor.sentences import say
from webapp.matching import Rule, SipCall, choose_rule


def test_a_rule_of_no_trunk_lets_in_everybody():
    wildcard = next(each for each in found(rule(trunk_ids=[], hide_phone_number=False)) if each.kind is Kind.WILDCARD)
    assert (wildcard.severity, wildcard.remedy, wildcard.key) == (Severity.ERROR, Remedy.FOREIGN, "wildcard~SDR_a")
    assert Kind.WILDCARD not in kinds(guard(), rule())


def test_a_trunk_that_livekit_does_not_list_dangles_once_for_each_place():
    dangling = [each for each in found(rule(trunk_ids=["ST_x", "ST_a", ""])) if each.kind is Kind.DANGLING]
    assert [each.key for each in dangling] == ["dangling-trunk~SDR_a~trunk_ids.0", "dangling-trunk~SDR_a~trunk_ids.2"]
    assert [each.remedy for each in dangling] == [Remedy.FOREIGN] * 2
    assert Kind.DANGLING not in kinds(guard(), rule())


def test_an_empty_trunk_id_is_named_as_such_and_is_not_read_as_every_trunk(app: Flask):
    empty = rule("SDR_empty", trunk_ids=[""], pin="", hide_phone_number=True)
    of_it = [each for each in found(rule(trunk_ids=[]), empty) if any(one.id == "SDR_empty" for one in each.rules)]
    assert not {each.kind for each in of_it} & {Kind.WILDCARD, Kind.OPEN_BESIDE_PIN}
    (dangling,) = [each for each in of_it if each.kind is Kind.DANGLING]
    with app.test_request_context():
        said = say(dangling, {})
    assert "names a trunk with an empty id, which is no trunk" in said.fact
    assert "isn't a catch-all" in said.effect and "empty the list" in said.repair


@pytest.mark.parametrize(
    ("asking", "open_one"),
    [({}, {}), ({}, {"trunk_ids": []}), ({"numbers": ["+1"]}, {}), ({"numbers": ["+1"]}, {"numbers": ["+1", "+2"]})],
)
def test_an_open_rule_beside_rules_that_ask_for_a_pin_is_found(asking: dict[str, object], open_one: dict[str, object]):
    rules = rule("SDR_a", **asking), rule("SDR_open", pin="", **open_one)
    finding = next(each for each in found(guard(), *rules) if each.kind is Kind.OPEN_BESIDE_PIN)
    assert [each.id for each in finding.rules] == ["SDR_open"]


@pytest.mark.parametrize(
    ("asking", "open_one"),
    [
        ({"trunk_ids": ["ST_b"]}, {}),  # another trunk
        ({"numbers": ["+1"]}, {"numbers": ["+2"]}),  # other calls
        ({"pin": ""}, {"numbers": ["+2"]}),  # nobody asks
    ],
)
def test_an_open_rule_where_nobody_asks_for_a_pin_is_not(asking: dict[str, object], open_one: dict[str, object]):
    trunks = trunk("ST_a", "+1", "+2"), trunk("ST_b", "+3")
    assert Kind.OPEN_BESIDE_PIN not in kinds(*trunks, rule("SDR_a", **asking), rule("SDR_open", pin="", **open_one))


@pytest.mark.parametrize("how_many", [3, 300])
def test_each_open_rule_is_found_whose_calls_some_rule_with_a_pin_takes_too(how_many: int):
    asking = [rule(f"SDR_{place}", pin=str(place), numbers=[f"+{place}"]) for place in range(1, how_many, 2)]
    free = [rule(f"SDR_open_{place:03}", pin="", numbers=[f"+{place}"]) for place in range(how_many)]
    there = trunk(numbers=[]), *asking, *free
    beside = [each.rules[0].id for each in found(*there) if each.kind is Kind.OPEN_BESIDE_PIN]
    assert beside == [f"SDR_open_{place:03}" for place in range(1, how_many, 2)]


FILTERS = st.lists(st.sampled_from(["", "+1", "+2"]), max_size=2)


@given(st.lists(st.tuples(FILTERS, FILTERS), max_size=3), FILTERS, FILTERS)
def test_an_open_rule_is_beside_pins_where_some_call_fits_both(
    asked: list[tuple[list[str], list[str]]], callers: list[str], called: list[str]
):
    asking = [
        rule(f"SDR_{place}", inbound_numbers=asked_callers, numbers=asked_called)
        for place, (asked_callers, asked_called) in enumerate(asked)
    ]
    open_rule = rule("SDR_open", pin="", inbound_numbers=callers, numbers=called)

    def fits(each: Rule, caller: str, number: str) -> bool:
        return choose_rule([each], trunk(), SipCall(from_user=caller, to_user=number)) is not None

    calls = list(product(["", "+1", "+2"], repeat=2))
    both = any(fits(open_rule, *call) and fits(each, *call) for each in asking for call in calls)
    assert (Kind.OPEN_BESIDE_PIN in kinds(trunk(numbers=[]), open_rule, *asking)) == both


def test_the_guard_is_no_open_rule():
    assert kinds(guard(), rule()) == []


@pytest.mark.parametrize("kind", ["individual", "callee"])
def test_numbers_in_room_names_are_found_and_fewer_digits_are_not(kind: str):
    shown = rule(kind=kind, hide_phone_number=False)
    expected = Kind.CALLER_IN_ROOM if kind == "individual" else Kind.CALLED_IN_ROOM
    assert expected in kinds(shown)
    assert Kind.CALLER_IN_ROOM not in kinds(guard(), rule(kind=kind))
    assert not {Kind.CALLER_IN_ROOM, Kind.CALLED_IN_ROOM} & set(kinds(rule(hide_phone_number=False)))


def test_a_rule_that_leaves_the_number_out_by_livekits_own_switch_is_fine():
    says = {"dispatch_rule_individual": {"room_prefix": "x", "omit_caller_id": True}}
    assert Kind.CALLER_IN_ROOM not in kinds(rule(hide_phone_number=False, rule=says))
    assert Kind.CALLER_IN_ROOM not in kinds(rule(kind="individual", hide_phone_number=False, omit_caller_id=True))


def test_a_foreign_rule_that_shows_numbers_is_a_warning():
    (finding,) = found(rule(hide_phone_number=False))
    assert (finding.kind, finding.severity, finding.remedy) == (
        Kind.CALLER_VISIBLE,
        Severity.WARNING,
        Remedy.FOREIGN,
    )


@pytest.mark.parametrize("pin", ["None", "12a4", "12 34", "1" * 17, "12#", "١٢"])
def test_a_pin_that_no_phone_can_type_is_found(pin: str):
    assert kinds(guard(), rule(pin=pin)) == [Kind.UNTYPABLE_PIN]


@pytest.mark.parametrize("pin", ["1", "1" * 16, "12*4"])
def test_a_pin_that_can_be_typed_is_not(pin: str):
    assert kinds(guard(), rule(pin=pin)) == []


def test_a_direct_rule_without_a_room_is_found():
    assert kinds(guard(), rule(room="")) == [Kind.EMPTY_ROOM]
    assert kinds(guard(), rule(kind="individual", room="")) == []


def test_what_is_wrong_is_told_by_place_and_never_by_value():
    odd = rule(pin="12a4", room="", trunk_ids=["ST_x"], numbers=["+1 555"], inbound_numbers=[NUMBER])
    assert not any("555" in each.key or "12a4" in each.key for each in found(odd))


def _effect(app: Flask, kind: Kind, *rules: Rule) -> str:
    finding = next(each for each in found(guard(), *rules) if each.kind is kind)
    with app.test_request_context():
        return say(finding, {}).effect


def test_the_words_for_a_rule_without_a_room_speak_of_a_pin_only_where_it_has_one(app: Flask):
    assert "PIN" in _effect(app, Kind.EMPTY_ROOM, rule(room=""))
    assert "PIN" not in _effect(app, Kind.EMPTY_ROOM, rule(room="", pin=""))


def test_callers_of_a_callee_rule_are_said_to_meet_only_where_it_gives_them_one_room(app: Flask):
    says = {"room_prefix": "x", "pin": "4711"}
    one = rule(rule={"dispatch_rule_callee": says})
    many = rule(rule={"dispatch_rule_callee": {**says, "randomize": True}})
    assert "meet in one room" in _effect(app, Kind.CALLED_IN_ROOM, one)
    assert "a room of their own" in _effect(app, Kind.CALLED_IN_ROOM, many)


def test_every_kind_has_one_severity_and_the_worst_are_listed_first():
    assert set(SEVERITY) == set(Kind)
    places = [list(Severity).index(SEVERITY[kind]) for kind in ORDER]
    assert places == sorted(places)
