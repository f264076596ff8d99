"""Callers are known again under a pseudonym, and their numbers are not to be had back."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from webapp.calls import pseudonyms
from webapp.calls.models import CallerKey
from webapp.core.db import db, utcnow
from webapp.core.settings import settings

NUMBER = "+15551234"
SHOWN = pseudonyms.digest_of(f"sip_{NUMBER}", {"sip.phoneNumber": NUMBER})


def test_a_caller_is_the_same_whether_the_rule_hides_the_number(app: Flask) -> None:
    assert (
        pseudonyms.digest_of("sip_905a43770135d0e3", {})
        == pseudonyms.digest("+15551234")
        == SHOWN
        == "905a43770135d0e3"
    )


def test_the_pseudonym_stays_while_its_key_lives_and_tells_nothing_without_it(app: Flask) -> None:
    before = pseudonyms.pseudonym(SHOWN)
    assert before == pseudonyms.pseudonym(SHOWN) != pseudonyms.pseudonym(pseudonyms.digest("+15551235"))
    assert SHOWN not in before
    assert NUMBER[1:] not in before


@pytest.mark.parametrize("number", [*pseudonyms.WITHHELD, "Anonymous", "ANONYMOUS", "Private"])
def test_callers_who_withhold_their_number_have_no_pseudonym_in_common(app: Flask, number: str) -> None:
    assert pseudonyms.digest_of(f"sip_{pseudonyms.digest(number)}", {}) == ""
    assert pseudonyms.digest_of(f"sip_{number}", {"sip.phoneNumber": number}) == ""
    assert pseudonyms.pseudonym("") == ""


def test_a_new_key_knows_callers_by_the_old_one_for_a_day_and_then_no_more(app: Flask) -> None:
    old, now = pseudonyms.pseudonym(SHOWN), utcnow()
    pseudonyms.rotate(now + timedelta(days=settings.caller_key_days))
    new = pseudonyms.pseudonym(SHOWN)
    assert new != old
    assert pseudonyms.pseudonyms(SHOWN) == [new, old]
    pseudonyms.rotate(now + timedelta(days=settings.caller_key_days + 1))
    assert pseudonyms.pseudonyms(SHOWN) == [new]
    assert len(db.session.scalars(sa.select(CallerKey)).all()) == 1


def test_the_key_is_not_replaced_before_its_time(app: Flask) -> None:
    old = pseudonyms.pseudonym(SHOWN)
    pseudonyms.rotate(utcnow() + timedelta(days=settings.caller_key_days - 1))
    assert pseudonyms.pseudonyms(SHOWN) == [old]


@pytest.mark.parametrize(
    ("name", "ending"), [("Phone 1234", "34"), ("Phone +15551221", "21"), ("Phone ymous", ""), ("Phone 7", "7")]
)
def test_two_digits_are_what_is_shown_of_a_caller(name: str, ending: str) -> None:
    assert pseudonyms.ending_of(name) == ending
