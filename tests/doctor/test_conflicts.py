"""What LiveKit refuses calls for: rules and trunks that claim the same calls."""

import pytest
from flask import Flask

from tests.support.worlds import NUMBER, found, guard, kinds, own, room, rule, trunk
from webapp.doctor.kinds import Kind, Remedy, Severity
from webapp.doctor.sentences import say
from webapp.matching import MatchingError, Rule, SipCall, choose_trunk


def test_two_rules_with_one_pin_on_one_trunk_are_an_outage_that_stands_first():
    one, other = rule("SDR_a", room="a"), rule("SDR_b", room="b")
    first = found(guard(), rule("SDR_c", room="", pin="12"), one, other)[0]
    assert (first.kind, first.severity, first.trunk_id) == (Kind.CONFLICT, Severity.OUTAGE, "ST_a")
    assert first.key == "conflict~SDR_a~SDR_b"
    assert first.remedy is Remedy.FOREIGN


@pytest.mark.parametrize(
    "other",
    [{"pin": "4712"}, {"trunk_ids": ["ST_b"]}, {"trunk_ids": []}, {"numbers": [NUMBER]}, {"inbound_numbers": ["+1"]}],
)
def test_rules_that_differ_in_pin_trunk_or_numbers_are_no_conflict(other: dict[str, object]):
    assert Kind.CONFLICT not in kinds(
        guard(), trunk(), trunk("ST_b", "+15550002"), rule("SDR_a"), rule("SDR_b", **other)
    )


def test_numbers_that_differ_only_in_spelling_conflict():
    one, other = rule("SDR_a", numbers=["+1 555 00-01"]), rule("SDR_b", numbers=["15550001"])
    assert Kind.CONFLICT in kinds(guard(), one, other)


def test_three_rules_with_one_key_are_two_findings_and_each_pair_is_told_once():
    three = [rule(f"SDR_{letter}", trunk_ids=["ST_a", "ST_b"], room=letter) for letter in "abc"]
    keys = [finding.key for finding in found(*three) if finding.kind is Kind.CONFLICT]
    assert keys == ["conflict~SDR_a~SDR_b", "conflict~SDR_a~SDR_c"]


def test_two_rules_of_one_room_conflict_and_frontdesk_may_end_it():
    live = room(sip_dispatch_rule_id="SDR_a")
    first = found(guard(), live, own(live, "SDR_a"), own(live, "SDR_b"))[0]
    assert (first.kind, first.remedy) == (Kind.CONFLICT, Remedy.OURS)


@pytest.mark.parametrize(
    "fields",
    [{"trunk_ids": ["ST_a", "ST_a"]}, {"numbers": [NUMBER, "1 555 0001"]}, {"inbound_numbers": ["1", "+1"]}],
)
def test_a_rule_that_repeats_itself_is_an_outage(fields: dict[str, object]):
    assert kinds(guard(), rule(**fields))[0] is Kind.SELF_CONFLICT


def test_a_rule_with_several_numbers_is_no_conflict_with_itself():
    assert Kind.SELF_CONFLICT not in kinds(guard(), trunk("ST_a", "+1", "+2"), rule(numbers=["+1", "+2"]))


def test_a_rule_of_no_kind_is_an_outage():
    (finding,) = found(guard(), rule(kind="", hide_phone_number=False))
    assert (finding.kind, finding.severity) == (Kind.NO_KIND, Severity.OUTAGE)


def test_two_trunks_with_one_number_are_an_error_however_they_write_it():
    finding = found(trunk("ST_a", NUMBER), trunk("ST_b", "1 (555) 0001"))[0]
    assert (finding.kind, finding.severity) == (Kind.SAME_NUMBER, Severity.ERROR)
    assert (finding.key, finding.remedy) == ("same-number~ST_a~ST_b", Remedy.BY_HAND)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"allowed_numbers": ["+1"]}, {"allowed_numbers": ["+2"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["192.168.0.0/16", "11.0.0.1"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["10.0.0.0/255.0.0.0"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["10.0.0.0/99", "10.0.0.0/08"]}),
        ({"allowed_addresses": ["one.example"]}, {"allowed_addresses": ["other.example", "10.0.0.0/99"]}),
    ],
)
def test_trunks_told_apart_by_callers_or_addresses_do_not_clash(one: dict[str, object], other: dict[str, object]):
    assert Kind.SAME_NUMBER not in kinds(trunk("ST_a", **one), trunk("ST_b", **other))
    assert Kind.TWO_DEFAULTS not in kinds(trunk("ST_a", numbers=[], **one), trunk("ST_b", numbers=[], **other))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"allowed_numbers": ["+1"]}, {}),
        ({"allowed_numbers": ["+1", "+3"]}, {"allowed_numbers": ["3"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["10.1.2.3"]}),
        ({"allowed_addresses": ["10.1.2.0/24"]}, {"allowed_addresses": ["10.9.9.9/8"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["10.0.0.0/8, 11.0.0.0/8"]}),
        ({"allowed_addresses": ["sip.example.org"]}, {"allowed_addresses": ["203.0.113.0/24"]}),
        ({"allowed_addresses": ["11.0.0.1", "203.0.113.7"]}, {"allowed_addresses": ["10.0.0.0/8", "sip.example.org"]}),
        ({"allowed_addresses": ["sip.example.org"]}, {"allowed_addresses": ["sip.example.org"]}),
        ({"allowed_addresses": ["10.0.0.0/8"]}, {"allowed_addresses": ["10.0.0.0/0"]}),
    ],
)
def test_trunks_that_some_caller_fits_both_clash(one: dict[str, object], other: dict[str, object]):
    assert Kind.SAME_NUMBER in kinds(trunk("ST_a", **one), trunk("ST_b", **other))
    assert Kind.TWO_DEFAULTS in kinds(trunk("ST_a", numbers=[], **one), trunk("ST_b", numbers=[], **other))


def test_a_host_that_a_caller_claims_from_an_allowed_address_fits_both_trunks():
    one, other = trunk("ST_a", allowed_addresses=["sip.example.org"]), trunk("ST_b", allowed_addresses=["10.0.0.0/8"])
    call = SipCall(from_user="+33", to_user=NUMBER, source_ip="10.1.2.3", from_host="sip.example.org")
    with pytest.raises(MatchingError):
        choose_trunk([one, other], call)


def test_one_trunk_without_numbers_beside_one_with_is_no_clash():
    assert not {Kind.SAME_NUMBER, Kind.TWO_DEFAULTS} & set(kinds(trunk("ST_a"), trunk("ST_b", numbers=[])))


@pytest.mark.parametrize(
    ("rules", "kind"),
    [
        ([rule("SDR_a", trunk_ids=["ST_a", "ST_b"]), rule("SDR_b", trunk_ids=["ST_b", "ST_a"])], Kind.CONFLICT),
        ([rule(trunk_ids=["ST_a", "ST_b"], numbers=["+1", "1"])], Kind.SELF_CONFLICT),
        ([rule(kind="", trunk_ids=["ST_a", "ST_b"])], Kind.NO_KIND),
    ],
)
def test_an_outage_names_every_trunk_that_it_is_on(app: Flask, rules: list[Rule], kind: Kind):
    finding = next(each for each in found(trunk(), trunk("ST_b", "+2"), *rules) if each.kind is kind)
    with app.test_request_context():
        assert "“Harbour”, “Castle”" in say(finding, {"ST_a": "Harbour", "ST_b": "Castle"}).fact


def test_an_outage_of_rules_of_no_trunk_is_on_every_trunk(app: Flask):
    pair = [rule(each, trunk_ids=[]) for each in ("SDR_a", "SDR_b")]
    finding = next(each for each in found(*pair) if each.kind is Kind.CONFLICT)
    with app.test_request_context():
        assert "on every trunk" in say(finding, {}).fact
