"""Calls without a caller number must not reach a rule that hides numbers."""

import uuid

import pytest

from tests.support.worlds import NUMBER, found, guard, kinds, own, room, rule, trunk, world
from webapp.doctor.findings import find
from webapp.doctor.kinds import Kind, Remedy, Severity
from webapp.doctor.sentences import MEANINGS
from webapp.rules import wanted as naming


def test_a_hiding_rule_without_a_guard_is_an_error_that_frontdesk_mends():
    (finding,) = found(rule())
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.UNGUARDED, Severity.ERROR, Remedy.OURS)
    assert finding.key == "unguarded~ST_a"


def test_a_guarded_trunk_and_one_without_hiding_rules_are_fine():
    assert kinds(guard(), rule()) == []
    assert Kind.UNGUARDED not in kinds(rule(hide_phone_number=False))


def test_a_hiding_rule_that_takes_only_callers_with_numbers_needs_no_guard():
    assert Kind.UNGUARDED not in kinds(rule(inbound_numbers=["+15551234"]))
    showing = rule("SDR_b", pin="99", hide_phone_number=False)
    assert Kind.UNGUARDED not in kinds(rule(inbound_numbers=["+15551234"]), showing)
    assert Kind.UNGUARDED in kinds(rule(inbound_numbers=["+15551234", ""]), showing)


def test_a_pin_by_which_no_hiding_rule_of_the_number_is_reached_needs_no_guard():
    showing = rule("SDR_b", pin="99", hide_phone_number=False, numbers=["+1"])
    hiding = rule(pin="", numbers=["+2"], inbound_numbers=["+15551234"])
    assert Kind.UNGUARDED not in kinds(trunk("ST_a", "+1", "+2"), showing, hiding)


@pytest.mark.parametrize(
    "fields",
    [
        {"numbers": [NUMBER]},  # a PIN and a number beat the guard
        {"inbound_numbers": [""]},
        {"inbound_numbers": ["", "+15551234"], "numbers": [NUMBER]},
    ],
)
def test_a_rule_that_takes_the_call_before_the_guard_defeats_it(fields: dict[str, object]):
    (finding,) = found(guard(), rule(**fields))
    assert (finding.kind, finding.remedy) == (Kind.DEFEATED, Remedy.FOREIGN)
    assert [each.id for each in finding.rules] == ["SDR_a"]


def test_a_showing_rule_with_a_pin_before_the_guard_defeats_it_too_because_the_pin_of_a_hiding_one_may_be_typed():
    showing = rule("SDR_b", pin="99", hide_phone_number=False, inbound_numbers=[""])
    assert Kind.DEFEATED in kinds(guard(), rule(), showing)
    open_one = rule("SDR_b", pin="", hide_phone_number=False, inbound_numbers=[""], numbers=[NUMBER])
    assert Kind.DEFEATED not in kinds(guard(), rule(), open_one)


@pytest.mark.parametrize(
    "fields",
    [
        {"hide_phone_number": True},
        {"inbound_numbers": ["+1"]},
        {"trunk_ids": ["ST_a"], "rule": {"dispatch_rule_individual": {"room_prefix": "x", "pin": "1"}}},
    ],
)
def test_a_guard_that_somebody_changed_is_ours_to_mend(fields: dict[str, object]):
    live = room(sip_dispatch_rule_id="SDR_own")
    (finding,) = found(live, own(live), guard(**fields))
    assert (finding.kind, finding.remedy) == (Kind.DEFEATED, Remedy.OURS)
    assert [each.id for each in finding.rules] == ["SDR_guard_ST_a"]


@pytest.mark.parametrize("name", ["mine", "", "frontdesk-guard:ST_b", f"frontdesk:{uuid.UUID(int=7)}"])
def test_a_guard_that_somebody_renamed_is_ours_still_by_the_id_on_our_row(name: str):
    assert kinds(guard(name=name), rule()) == []


def test_a_second_guard_of_which_no_row_knows_is_ours_by_what_it_says():
    assert Kind.IMPOSTOR not in kinds(guard(), guard(rule_id="SDR_x"), rule())
    assert Kind.IMPOSTOR not in kinds(guard(rule_id="SDR_x", inbound_numbers=[naming.NOBODY]), rule())


@pytest.mark.parametrize(
    "fields",
    [
        {"trunk_ids": []},
        {"trunk_ids": ["ST_b"]},
        {"trunk_ids": ["ST_a", "ST_b"]},
        {"inbound_numbers": []},
        {"inbound_numbers": ["", "+1"]},
        {"rule": {"dispatch_rule_direct": {"room_name": "boss"}}},
        {"rule": {"dispatch_rule_individual": {"room_prefix": "boss"}}},
        {"rule": {"dispatch_rule_individual": {"room_prefix": "no-caller-id", "pin": "1"}}},
    ],
)
def test_a_rule_that_is_only_named_like_a_guard_is_foreign_and_checked(fields: dict[str, object]):
    named = guard(rule_id="SDR_x", **fields)
    there = world(trunk(), trunk("ST_b", "+2"), named, rule(hide_phone_number=False))
    assert there.foreign_ids >= {"SDR_x"}
    about = [each for each in find(there) if named.id in {rule.id for rule in each.rules}]
    assert {Kind.IMPOSTOR, Kind.CALLER_VISIBLE} <= {each.kind for each in about}
    assert {each.remedy for each in about} == {Remedy.FOREIGN}


def test_a_rule_that_is_only_named_like_ours_is_to_blame_for_a_beaten_guard():
    named = rule("SDR_i", name=f"frontdesk:{uuid.UUID(int=7)}", inbound_numbers=[""])
    (beaten,) = [each for each in found(named, guard()) if each.kind is Kind.DEFEATED]
    assert (beaten.remedy, [each.id for each in beaten.rules]) == (Remedy.FOREIGN, ["SDR_i"])


def test_a_guard_with_numbers_is_narrow_and_not_beaten_where_it_stands():
    live = room(sip_dispatch_rule_id="SDR_own")
    (finding,) = found(live, own(live), guard(numbers=(NUMBER,)))
    assert (finding.kind, finding.severity, finding.remedy) == (Kind.NARROW, Severity.ERROR, Remedy.OURS)


@pytest.mark.parametrize(
    "fields",
    [{"hide_phone_number": False}, {"inbound_numbers": ["+15551234"]}, {"numbers": ["+2"]}],
)
def test_a_narrow_guard_is_fine_while_no_hiding_rule_takes_a_call_that_it_misses(fields: dict[str, object]):
    open_rule = rule("SDR_open", pin="", hide_phone_number=False)
    there = trunk("ST_a", NUMBER, "+2"), guard(numbers=(NUMBER, "+2")), open_rule
    assert Kind.NARROW in kinds(*there, rule())
    assert Kind.NARROW not in kinds(*there, rule(**fields))


def test_the_words_for_a_narrow_guard_say_what_a_missed_call_can_do():
    assert "could end every meeting" in str(MEANINGS[Kind.NARROW].effect)


def test_a_guard_that_a_foreign_open_rule_keeps_narrow_is_for_a_person_to_widen():
    open_rule = rule("SDR_open", pin="", hide_phone_number=False)
    narrow = next(each for each in found(guard(numbers=(NUMBER,)), rule(), open_rule) if each.kind is Kind.NARROW)
    assert (narrow.remedy, [each.id for each in narrow.rules]) == (Remedy.FOREIGN, ["SDR_guard_ST_a", "SDR_open"])


def test_a_hiding_rule_of_no_trunk_is_not_covered_by_any_guard():
    assert Kind.HIDING_WILDCARD in kinds(guard(), rule(trunk_ids=[]))
    assert Kind.HIDING_WILDCARD not in kinds(guard(), rule(trunk_ids=[], hide_phone_number=False))


def test_a_hiding_rule_of_no_trunk_that_takes_only_callers_with_numbers_needs_none():
    assert Kind.HIDING_WILDCARD not in kinds(rule(trunk_ids=[], inbound_numbers=["+15551234"]))
    assert Kind.HIDING_WILDCARD in kinds(rule(trunk_ids=[], inbound_numbers=["+15551234", ""]))


def test_the_guard_of_a_trunk_that_is_gone_is_an_orphan():
    (finding,) = found(trunk("ST_b"), guard("ST_a"))
    assert (finding.kind, finding.key, finding.remedy) == (Kind.ORPHAN, "orphan~SDR_guard_ST_a", Remedy.OURS)


def test_each_trunk_is_guarded_for_itself():
    both = rule(trunk_ids=["ST_a", "ST_b"])
    (finding,) = found(trunk("ST_a"), trunk("ST_b", "+2"), guard("ST_a"), both)
    assert (finding.kind, finding.trunk_id) == (Kind.UNGUARDED, "ST_b")
