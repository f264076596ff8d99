"""Sign in, when it fails: a page that says what happened and offers to try again, and nobody is in."""

import re
from collections.abc import Callable

import pytest
import requests
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests.support.oidc_server import RunningProvider
from tests.support.sign_in import Person
from tests.support.waiting import PATIENCE
from webapp.accounts import metadata
from webapp.accounts.models import User
from webapp.accounts.problems import STATUS, WORDS
from webapp.core.db import db, utcnow

TROUBLES = [("down", "isn't answering"), ("drop", "isn't answering"), ("html", "be read")]


def fails(answer, status: int, words: str) -> None:
    """The answer is a page with these words and a way to try again."""
    assert (answer.status_code, words in answer.text) == (status, True), answer.text
    assert 'href="/sign-in' in answer.text


def test_a_callback_that_is_opened_twice_is_explained(person: Person):
    answer = person.begin(persona="owner")
    assert person.back(answer).status_code == 303
    fails(person.back(answer), 400, "already used")
    assert person.is_in()


@pytest.mark.parametrize("query", ["", "?state=&code=x", "?state=made-up&code=x", "?error=access_denied"])
def test_a_callback_out_of_nowhere_is_explained(person: Person, query: str):
    fails(person.here.get("/oidc/callback" + query), 400, "already used")


@pytest.mark.parametrize("state", ["é", "\x01", "x" * 10_000])
def test_a_state_of_strange_letters_is_explained(person: Person, state: str):
    person.begin(persona="owner")
    fails(person.here.get("/oidc/callback", query_string={"state": state, "code": "x"}), 400, "already used")
    assert person.here.get("/signed-out", query_string={"state": state}).status_code == 200


def test_a_callback_in_another_browser_signs_nobody_in(person: Person, app: Flask):
    victim = Person(app)
    fails(victim.back(person.begin(persona="owner")), 400, "already used")
    assert not victim.is_in()


def test_a_sign_in_is_forgotten_after_ten_minutes(person: Person):
    answer = person.begin(persona="owner")
    with time_machine.travel(utcnow().timestamp() + 601):
        fails(person.back(answer), 400, "took too long")


def test_cancelling_at_the_provider_is_explained_and_the_page_asked_for_is_kept(person: Person):
    page = person.begin("/account/")
    handle = page.text.split('name="request" value="')[1].split('"')[0]
    form = {"request": handle, "persona": ""}
    url = page.url.split("?")[0]
    answer = person.back(person.there.post(url, data=form, allow_redirects=False, timeout=PATIENCE))
    fails(answer, 403, "cancelled")
    assert "/sign-in?next=/account/" in answer.text


@pytest.mark.parametrize(("kind", "words"), TROUBLES)
def test_a_provider_that_is_down_is_explained_before_the_browser_leaves(
    person: Person, provider: RunningProvider, kind: str, words: str
):
    provider.fail("discovery", kind)
    fails(person.here.get("/sign-in?next=/account/"), 502, words)
    assert person.sign_in().status_code == 303


@pytest.mark.parametrize("endpoint", ["token", "jwks", "userinfo"])
@pytest.mark.parametrize(("kind", "words"), TROUBLES)
def test_a_provider_that_fails_half_way_is_explained(
    person: Person, provider: RunningProvider, endpoint: str, kind: str, words: str
):
    answer = person.begin(persona="owner")
    provider.fail(endpoint, kind, times=2)  # requests repeats a GET whose connection broke
    fails(person.back(answer), 502, words)
    assert not person.is_in()


ODD_ANSWERS = [None, [], "text", 7, {}, {"error": 7}, {"access_token": "a", "id_token": 7}, {"id_token": "a.b.c"}]


@pytest.mark.parametrize("endpoint", ["discovery", "token", "jwks", "userinfo"])
@pytest.mark.parametrize("body", ODD_ANSWERS, ids=str)
def test_a_provider_whose_answer_is_odd_json_is_explained(
    person: Person, provider: RunningProvider, endpoint: str, body: object
):
    answer = person.begin(persona="owner")
    metadata.forget()
    provider.fail(endpoint, "json", body=body, times=2)
    came = person.back(answer)
    assert came.status_code in {400, 502} and 'href="/sign-in' in came.text
    assert not person.is_in()


@pytest.mark.parametrize(
    "odd",
    [
        {"authorization_endpoint": "javascript:alert(1)"},
        {"token_endpoint": 7},
        {"token_endpoint_auth_methods_supported": 7},
        {"token_endpoint": "http://[broken"},
        {"userinfo_endpoint": 7},
        {"userinfo_endpoint": "file:///etc/passwd"},
        {"jwks_uri": ["x"]},
    ],
    ids=str,
)
def test_a_provider_with_odd_metadata_is_explained(person: Person, provider: RunningProvider, odd: dict):
    known = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()
    answer = person.begin(persona="owner")
    metadata.forget()
    provider.fail("discovery", "json", body={**known, **odd})
    fails(person.back(answer), 502, "")
    assert not person.is_in()


@pytest.mark.parametrize("odd", ["javascript:alert(1)", 7, "http://[broken"])
def test_a_provider_with_an_odd_address_for_signing_out_keeps_nobody_signed_in(
    person: Person, provider: RunningProvider, odd: object
):
    known = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()
    person.sign_in()
    metadata.forget()
    provider.fail("discovery", "json", body={**known, "end_session_endpoint": odd})
    answer = person.here.post("/logout")
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/signed-out")
    assert not person.is_in()


def test_a_very_long_page_address_does_not_swell_the_cookie_until_nobody_can_sign_in(person: Person):
    assert person.sign_in(target="/" + "a" * 8000).headers["Location"] == "/"
    assert person.is_in()


def test_a_slow_provider_is_not_waited_for(person: Person, provider: RunningProvider, configure: Callable[..., None]):
    answer = person.begin(persona="owner")
    configure(oidc_timeout=0.3)
    provider.fail("token", "slow", seconds=2)
    fails(person.back(answer), 504, "too slow")
    assert not person.is_in()


@pytest.mark.parametrize("skew", [7200, -7200])
def test_clocks_that_disagree_are_named(person: Person, provider: RunningProvider, skew: int):
    provider.switch(clock_skew=skew)
    fails(person.sign_in(), 502, "clocks disagree")
    assert not person.is_in()


@pytest.mark.parametrize("lie", ["nonce", "issuer", "audience", "signature", "unsigned", "userinfo_subject"])
def test_a_token_that_lies_signs_nobody_in(person: Person, provider: RunningProvider, lie: str):
    provider.switch(lies=[lie])
    fails(person.sign_in(), 502, "be trusted")
    assert not person.is_in()
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 0


@pytest.mark.parametrize("lie", ["userinfo_subject", "userinfo_signature"])
def test_a_signed_userinfo_that_lies_signs_nobody_in(person: Person, provider: RunningProvider, lie: str):
    provider.switch(userinfo="jwt", lies=[lie])
    fails(person.sign_in(), 502, "be trusted")
    assert not person.is_in()


def test_an_expired_token_is_not_accepted(person: Person, provider: RunningProvider):
    provider.switch(lies=["expired"])
    fails(person.sign_in(), 502, "clocks disagree")


def test_an_answer_in_another_providers_name_is_refused(person: Person):
    answer = person.begin(persona="owner")
    location = answer.headers["Location"]
    answer.headers["Location"] = re.sub("iss=[^&]+", "iss=https%3A%2F%2Fevil.example", location)
    fails(person.back(answer), 502, "be trusted")


def test_an_answer_without_the_name_that_the_provider_promises_in_each_is_refused(person: Person):
    answer = person.begin(persona="owner")
    answer.headers["Location"] = re.sub("&iss=[^&]+", "", answer.headers["Location"])
    fails(person.back(answer), 502, "be trusted")
    assert not person.is_in()


def test_an_answer_in_two_names_is_refused(person: Person):
    answer = person.begin(persona="owner")
    answer.headers["Location"] += "&iss=https%3A%2F%2Fevil.example"
    fails(person.back(answer), 502, "be trusted")


def test_a_provider_that_promises_no_name_in_its_answers_needs_none(person: Person, provider: RunningProvider):
    known = requests.get(f"{provider.issuer}/.well-known/openid-configuration", timeout=PATIENCE).json()
    del known["authorization_response_iss_parameter_supported"]
    provider.fail("discovery", "json", body=known)
    answer = person.begin(persona="owner")
    answer.headers["Location"] = re.sub("&iss=[^&]+", "", answer.headers["Location"])
    assert person.back(answer).status_code == 303


def test_a_code_that_has_expired_at_the_provider_is_explained(person: Person, provider: RunningProvider):
    provider.switch(code_lifetime=0)
    fails(person.sign_in(), 400, "took too long")


def test_a_wrong_client_secret_is_told_apart(person: Person, configure: Callable[..., None], settings):
    configure(oidc_client_secret=type(settings.oidc_client_secret)("not-the-secret"))
    fails(person.sign_in(), 502, "accept this site")


def test_metadata_of_another_issuer_is_not_believed(
    person: Person, provider: RunningProvider, configure: Callable[..., None]
):
    configure(oidc_issuer=provider.issuer.replace("127.0.0.1", "localhost"))
    fails(person.here.get("/sign-in"), 502, "be read")


def test_somebody_without_an_address_is_told_so(person: Person):
    fails(person.sign_in("no-email"), 403, "e-mail address is missing")
    assert not person.is_in()


def test_a_disabled_person_stays_out_and_is_told_so(person: Person):
    person.sign_in()
    row = db.session.scalars(sa.select(User)).one()
    row.disabled_at = utcnow()
    db.session.commit()
    fails(person.sign_in(), 403, "account here is disabled")
    assert not person.is_in()


def test_too_many_sign_ins_are_refused_with_a_page(person: Person, configure: Callable[..., None]):
    configure(sign_in_limit="2 per minute")
    statuses = [person.here.get("/sign-in").status_code for _ in range(3)]
    assert statuses == [303, 303, 429]


def test_every_problem_has_words(app: Flask):
    assert set(STATUS) <= set(WORDS)
    with app.test_request_context():
        assert all(str(part) for words in WORDS.values() for part in (words.title, words.what, words.now))
