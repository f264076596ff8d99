"""The story of a call says what LiveKit does, and which field would change it."""

from typing import Any

import pytest
from flask import Flask

from tests.support.vectors import load
from webapp.matching import Rule, Trunk, parse_rules, parse_trunks
from webapp.tracer import advice, outcomes, reasons
from webapp.tracer.changes import FieldChange, proposed
from webapp.tracer.question import Question
from webapp.tracer.story import Story, tell

CASES = load("evaluate")
CALLED, CALLER, SOURCE = "+442079460188", "+447700900321", "198.51.100.24"


def question_of(case: dict[str, Any]) -> Question:
    """The case as the form asks it."""
    keys = (case.get("typed") or {}).get("keys")
    typed = {None: "nothing", "#": "hash"}.get(keys, "pin")
    call = {name: case["call"].get(name, "") for name in ("to_user", "from_user", "source_ip", "from_host")}
    return Question(**call, typed=typed, pin=(keys or "").rstrip("#"))


def trunk(number: str = CALLED, trunk_id: str = "ST_a", **fields: Any) -> Trunk:
    return Trunk.parse({"sip_trunk_id": trunk_id, "numbers": [number] if number else [], **fields})


def rule(rule_id: str = "SDR_a", pin: str = "", room: str = "meeting", **fields: Any) -> Rule:
    kind = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
    return Rule.parse({"sip_dispatch_rule_id": rule_id, "trunk_ids": ["ST_a"], "rule": kind, **fields})


def asked(trunks: list[Trunk], rules: list[Rule], **fields: Any) -> tuple[Story, list[FieldChange]]:
    question = Question(**{"to_user": CALLED, "from_user": CALLER, "source_ip": SOURCE, **fields})
    story = tell(trunks, rules, question)
    return story, proposed(story, trunks, rules)


def test_the_story_ends_and_keeps_as_livekit_does_in_every_vector():
    for case in CASES:
        story = tell(parse_trunks(case["trunks"]), parse_rules(case["rules"]), question_of(case))
        assert story.verdict == case["verdict"], case["id"]
        for step, candidates in (("dispatch", story.first), ("pin", story.second)):
            found = next((each for each in case["steps"] if each["step"] == step and "error" not in each), None)
            if found is not None:
                kept = [each.id for each in candidates if each.kept]
                assert kept == ([found["rule_id"]] if found["rule_id"] else []), case["id"]


def test_every_verdict_and_every_change_has_its_words(app: Flask):
    seen = {}
    for case in CASES:
        trunks, rules = parse_trunks(case["trunks"]), parse_rules(case["rules"])
        story = tell(trunks, rules, question_of(case))
        seen.setdefault(case["verdict"], (story, proposed(story, trunks, rules)))
    with app.test_request_context():
        for verdict, (story, changes) in seen.items():
            ending = outcomes.outcome(story, "Room")
            assert ending.title and ending.hears and ending.sip, verdict
            assert all(advice.reason(change) for change in changes)
            assert changes or story.taken or verdict == "request_pin" or advice.without_change(story), verdict
    assert {"error_panic", "hash_refused", "drop_no_trunk", "pin_accept"} <= set(seen)


@pytest.mark.parametrize(
    ("field", "listed", "sent"),
    [
        ("numbers", "00442079460188", CALLED),
        ("numbers", "020 7946 0188", CALLED),
        ("inbound_numbers", "00447700900321", CALLER),
        ("inbound_numbers", "07700 900321", CALLER),
    ],
)
def test_a_rule_with_a_number_in_another_form_gets_the_form_that_matches_beside_it(field: str, listed: str, sent: str):
    story, changes = asked([trunk()], [rule(**{field: [listed]})])
    assert story.verdict == "drop_no_rule"
    assert changes == [FieldChange("rule", "SDR_a", field, "exact", "", sent)]
    assert asked([trunk()], [rule(**{field: [listed, sent]})])[0].verdict == "accept_direct"


@pytest.mark.parametrize("listed", ["+44 20 7946 0188", "442079460188"])
def test_a_writing_that_livekit_takes_for_the_same_number_is_replaced_in_a_rule(listed: str):
    story, changes = asked([trunk()], [rule(numbers=["00442079460188", listed])])
    assert story.verdict == "drop_no_rule"
    assert changes == [FieldChange("rule", "SDR_a", "numbers", "exact_instead", listed, CALLED)]
    assert asked([trunk()], [rule(numbers=[listed, CALLED])])[0].verdict == "error_rule_conflict"


@pytest.mark.parametrize("allowed", ["07700 900321", "00447700900321", "7700900321"])
def test_a_caller_whom_a_trunk_lists_in_another_form_is_added_in_the_form_that_came(app: Flask, allowed: str):
    story, changes = asked([trunk(allowed_numbers=[allowed])], [rule()])
    assert story.verdict == "drop_caller_not_allowed"
    assert changes == [FieldChange("trunk", "ST_a", "allowed_numbers", "caller_form", "", CALLER)]
    with app.test_request_context():
        assert "in another form" in reasons.of_trunk(story.trunks[0], trunk(allowed_numbers=[allowed]), story)
        assert "in another form" in advice.reason(changes[0])
    assert asked([trunk(allowed_numbers=[allowed, CALLER])], [rule()])[0].verdict == "accept_direct"


@pytest.mark.parametrize(
    ("listed", "dialled"),
    [("00442079460188", "00442079460188"), ("020 7946 0188", "02079460188"), ("+0 2079460188", "+02079460188")],
)
def test_a_trunk_with_the_number_in_a_form_that_never_matches_gets_the_right_one_beside_it(listed: str, dialled: str):
    trunks, rules = [trunk(listed)], [rule(pin="1234")]
    story, changes = asked(trunks, rules)
    assert story.verdict == "drop_no_trunk"
    assert changes == [FieldChange("trunk", "ST_a", "numbers", "called_form", "", CALLED, dialled)]
    assert asked(trunks, rules, to_user=dialled)[0].verdict == "request_pin"


def test_a_called_number_among_the_callers_of_a_rule_is_the_field_to_change():
    story, changes = asked([trunk()], [rule(inbound_numbers=[CALLED])])
    assert story.verdict == "drop_no_rule"
    assert changes == [FieldChange("rule", "SDR_a", "inbound_numbers", "callers_only", CALLED)]


def test_the_end_of_a_callers_number_reveals_no_listed_number():
    _story, changes = asked([trunk()], [rule(inbound_numbers=["+447700900321"])], from_user="900321")
    assert changes == []
    _story, changes = asked([trunk(allowed_numbers=["+447700900321"])], [rule()], from_user="900321")
    assert [(change.field, change.code, change.old) for change in changes] == [("allowed_numbers", "caller", "")]


@pytest.mark.parametrize("fields", [{"number": "020 7946 0188"}, {"allowed_numbers": ["+331"]}])
def test_no_second_trunk_is_made_to_fit_a_call_that_has_its_trunk(fields: dict[str, Any]):
    story, changes = asked([trunk(), trunk(trunk_id="ST_b", **fields)], [])
    assert (story.trunk and story.trunk.id, changes) == ("ST_a", [])
    story, changes = asked([trunk(""), trunk(trunk_id="ST_b", **fields)], [])
    assert (story.trunk and story.trunk.id, [change.id for change in changes]) == ("ST_a", ["ST_b"])
    _story, changes = asked([trunk(""), trunk("", "ST_b", allowed_numbers=["+331"])], [])
    assert changes == []


def test_a_refused_address_names_the_trunk_that_refuses_it():
    story, changes = asked([trunk(allowed_addresses=["203.0.113.0/24"])], [rule()])
    assert story.verdict == "drop_address_not_allowed"
    assert changes == [FieldChange("trunk", "ST_a", "allowed_addresses", "address", "", SOURCE)]


def test_rules_in_conflict_are_both_named():
    story, changes = asked([trunk()], [rule(), rule("SDR_b", room="other")])
    assert story.verdict == "error_rule_conflict"
    assert {change.id for change in changes} == {"SDR_a", "SDR_b"}


def test_a_pin_of_another_trunk_names_the_rule_that_has_it():
    rules = [rule(pin="1234"), rule("SDR_b", pin="5678", trunk_ids=["ST_b"])]
    trunks = [trunk(), trunk("+442079460199", "ST_b")]
    story, changes = asked(trunks, rules, typed="pin", pin="5678")
    assert story.verdict == "pin_wrong"
    assert changes == [FieldChange("rule", "SDR_b", "trunk_ids", "other_trunk", "ST_b", "ST_a")]


@pytest.mark.parametrize(
    "near", [{"inbound_numbers": [CALLED]}, {"inbound_numbers": ["00447700900321"]}, {"numbers": ["00442079460188"]}]
)
def test_numbers_that_nearly_fit_are_to_change_only_where_what_was_typed_fits(near: dict[str, Any]):
    by_pin, opened = rule("SDR_b", pin="5678", **near), rule("SDR_c", **near)
    rules = [rule(pin="1234"), by_pin, opened]
    for typed, those in (({"typed": "pin", "pin": "1"}, []), ({"typed": "pin", "pin": "5678"}, ["SDR_b"])):
        story, changes = asked([trunk()], rules, **typed)
        assert (story.verdict, [change.id for change in changes]) == ("pin_wrong", those)
    story, changes = asked([trunk()], rules, typed="hash")
    assert (story.verdict, [change.id for change in changes]) == ("hash_refused", ["SDR_c"])


def test_a_right_pin_of_a_rule_without_a_room_says_that_the_room_is_missing():
    story, changes = asked([trunk()], [rule(pin="1234", room="")], typed="pin", pin="1234")
    assert story.verdict == "pin_wrong"
    assert [(change.id, change.field) for change in changes] == [("SDR_a", "room_name")]


def test_a_wildcard_rule_takes_a_call_that_every_trunk_refused_and_the_answer_says_so(app: Flask):
    story, _changes = asked([trunk(allowed_addresses=["203.0.113.0/24"])], [rule(trunk_ids=[])])
    assert (story.verdict, story.trunk) == ("accept_direct", None)
    known, _changes = asked([trunk()], [rule()])
    with app.test_request_context():
        assert "No trunk took the call" in outcomes.outcome(story, "Room").hears
        assert "No trunk took the call" not in outcomes.outcome(known, "Room").hears
