"""Numbers that are written so that no call has them."""

import pytest
from flask import Flask

from tests.support.worlds import NUMBER, found, guard, kinds, rule, trunk
from webapp.doctor.kinds import Kind, Remedy, Severity
from webapp.doctor.sentences import say
from webapp.matching import SipCall, look_up


@pytest.mark.parametrize(
    ("numbers", "detail"),
    [
        ([NUMBER, "+1 555 0001"], "numbers.1.form"),
        (["sip:+15550001@example.org"], "numbers.0.form"),
        (["+1555*"], "numbers.0.unlisted"),
        (["0015550001"], "numbers.0.unlisted"),
        (["+15559999"], "numbers.0.unlisted"),
    ],
)
def test_a_called_number_that_the_rule_writes_otherwise_never_fits(numbers: list[str], detail: str):
    finding = next(each for each in found(guard(), rule(numbers=numbers)) if each.kind is Kind.RULE_NUMBER)
    assert (finding.detail, finding.remedy, finding.severity) == (detail, Remedy.FOREIGN, Severity.WARNING)


@pytest.mark.parametrize("numbers", [[], [NUMBER]])
def test_a_called_number_as_the_trunk_lists_it_fits(numbers: list[str]):
    assert Kind.RULE_NUMBER not in kinds(guard(), rule(numbers=numbers))


def test_a_trunk_without_numbers_takes_every_number_of_a_rule():
    assert Kind.RULE_NUMBER not in kinds(guard(), trunk(numbers=[]), rule(numbers=["+15559999"]))


@pytest.mark.parametrize("caller", ["+1 555", "sip:1@x", "tel:+44", "a b"])
def test_a_caller_in_a_form_that_no_call_has_never_fits(caller: str):
    assert Kind.RULE_NUMBER in kinds(guard(), rule(inbound_numbers=[caller]))


@pytest.mark.parametrize("caller", ["", "anonymous", "+44123", "44123", "*98"])
def test_callers_as_calls_have_them_fit(caller: str):
    assert Kind.RULE_NUMBER not in kinds(guard(), rule(inbound_numbers=[caller]))


@pytest.mark.parametrize("written", [NUMBER, "15550001", "1 555 0001"])
def test_the_trunks_own_number_among_the_callers_is_the_classic_confusion(written: str):
    finding = next(each for each in found(guard(), trunk("ST_a", NUMBER, "+2"), rule(inbound_numbers=["+2", written])))
    assert (finding.kind, finding.detail, finding.severity) == (
        Kind.CALLED_AS_CALLER,
        "inbound_numbers.0",
        Severity.ERROR,
    )


@pytest.mark.parametrize("callers", [[NUMBER, "+33123456"], [NUMBER, ""], []])
def test_the_trunks_own_number_among_real_callers_keeps_nobody_out(callers: list[str]):
    assert Kind.CALLED_AS_CALLER not in kinds(rule(inbound_numbers=callers))


def test_another_trunks_number_may_be_a_caller():
    both = trunk(), trunk("ST_b", "+2")
    assert Kind.CALLED_AS_CALLER not in kinds(*both, rule(inbound_numbers=["+2"]))
    assert Kind.CALLED_AS_CALLER not in kinds(*both, rule(inbound_numbers=["+2"], trunk_ids=["ST_a", "ST_b"]))


@pytest.mark.parametrize("how_many", [3, 300])
def test_every_odd_number_of_a_trunk_with_many_is_found_and_no_other(how_many: int):
    numbers = [f"+1555{place:06}" for place in range(how_many)]
    rules = [rule(f"SDR_{place:03}", numbers=[number[place % 3 == 1 :]]) for place, number in enumerate(numbers)]
    odd = [each.rules[0].id for each in found(trunk("ST_a", *numbers), *rules) if each.detail == "numbers.0.spelling"]
    assert odd == [f"SDR_{place:03}" for place in range(how_many) if place % 3 == 1]


@pytest.mark.parametrize("field", ["numbers", "allowed_numbers"])
@pytest.mark.parametrize("number", ["sip:+1555@x", "^\\+1555", "a b"])
def test_a_trunks_number_that_livekit_cannot_read_is_found(field: str, number: str):
    (finding,) = found(trunk(**{field: [NUMBER, number]}))
    assert (finding.kind, finding.remedy) == (Kind.TRUNK_NUMBER, Remedy.BY_HAND)
    assert finding.detail.startswith(f"{field}.1.")


@pytest.mark.parametrize("number", [NUMBER, "1 (555) 00-01", "sales", "", "1000"])
def test_a_trunks_number_that_livekit_normalises_is_fine(number: str):
    assert kinds(trunk(numbers=[number])) == []


EXACT = ["0033123456", "1001-office", "alice+home", "o'brien", "client:bob", "+44*"]


@pytest.mark.parametrize("form", EXACT)
def test_a_number_that_few_calls_have_is_said_to_fit_only_those(app: Flask, form: str):
    listing = trunk("ST_a", form)
    for_callers, for_called = rule(inbound_numbers=[form], hide_phone_number=False), rule(numbers=[form])
    assert look_up([trunk()], [for_callers], SipCall(from_user=form, to_user=NUMBER), pin="4711").result == "ACCEPT"
    assert look_up([listing], [for_called], SipCall(from_user="+1", to_user=form), pin="4711").result == "ACCEPT"
    (of_rule,) = [each for each in found(for_callers) if each.kind is Kind.RULE_FORM]
    (of_trunk,) = [each for each in found(listing) if each.kind is Kind.TRUNK_FORM]
    with app.test_request_context():
        assert all("only calls that have exactly this form" in say(each, {}).fact for each in (of_rule, of_trunk))
    assert (of_rule.remedy, of_trunk.remedy) == (Remedy.FOREIGN, Remedy.BY_HAND)


@pytest.mark.parametrize(("listed", "written"), [(NUMBER, "15550001"), ("15550001", NUMBER)])
def test_a_number_that_the_trunk_writes_otherwise_fits_calls_of_its_own_form(listed: str, written: str):
    other = rule(numbers=[written])
    assert (
        look_up([trunk("ST_a", listed)], [other], SipCall(from_user="+1", to_user=written), pin="4711").result
        == "ACCEPT"
    )
    details = [each.detail for each in found(trunk("ST_a", listed), other) if each.kind is Kind.RULE_FORM]
    assert details == ["numbers.0.spelling"]
