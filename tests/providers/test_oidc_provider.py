"""Sign-in at npm's oidc-provider: what one provider does and another does not."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.foreign_providers import ForeignProvider, OidcProvider
from tests.support.sign_in import SITE, Form, Person
from tests.support.waiting import PATIENCE, seconds_until
from webapp.accounts import metadata
from webapp.accounts.models import Staff, User, UserSession
from webapp.core import refusals
from webapp.core.db import db

ADDRESS = "ada@frontdesk.example"
SURE = {"email": ADDRESS, "email_verified": True, "name": "Ada King"}
PROMISED = 1.0  # seconds until who was signed out there is signed out here
ALGORITHMS = ["RS256", "ES256", "PS256", "HS256"]


@pytest.fixture(autouse=True)
def provider(npm: OidcProvider, at: Callable[[ForeignProvider], None]) -> OidcProvider:
    """The provider, with one person of whom userinfo alone tells."""
    at(npm)
    npm.become(in_id_token=False)
    npm.serve()
    npm.meet("ada", ADDRESS)
    return npm


def ada() -> User:
    db.session.rollback()
    return db.session.scalars(sa.select(User)).one()


@pytest.mark.parametrize("userinfo", ["plain", "signed"])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_each_signature_is_understood(
    provider: OidcProvider, person: Person, configure: Callable[..., None], algorithm: str, userinfo: str
):
    provider.serve(id_token=algorithm, userinfo=algorithm if userinfo == "signed" else "")
    configure(oidc_algorithm=algorithm)
    assert person.sign_in_through().status_code == 303
    assert person.is_in() and ada().email == ADDRESS


@pytest.mark.parametrize("algorithm", ["ES256", "PS256", "HS256"])
def test_a_signature_of_another_kind_than_ours_signs_nobody_in(provider: OidcProvider, person: Person, algorithm: str):
    provider.serve(id_token=algorithm)
    answer = person.sign_in_through()
    assert (answer.status_code, "be trusted" in answer.text) == (502, True)
    assert not person.is_in()


def test_a_signed_userinfo_of_another_kind_than_ours_signs_nobody_in(provider: OidcProvider, person: Person):
    provider.serve(userinfo="HS256")
    assert person.sign_in_through().status_code == 502
    assert not person.is_in()


@pytest.mark.parametrize("algorithm", ["ES256", "PS256"])
def test_keys_of_each_kind_may_change_between_two_sign_ins(
    provider: OidcProvider, app: Flask, configure: Callable[..., None], algorithm: str
):
    provider.serve(id_token=algorithm, userinfo=algorithm)
    configure(oidc_algorithm=algorithm)
    assert Person(app).sign_in_through().status_code == 303
    provider.become(rotate=True)
    assert Person(app).sign_in_through().status_code == 303


def test_the_id_token_alone_may_tell_of_the_person(provider: OidcProvider, person: Person):
    provider.become(in_id_token=True)
    assert person.sign_in_through().status_code == 303
    assert ada().full_name == "Ada King"


def test_a_code_that_another_sign_in_asked_for_is_refused_by_pkce(person: Person):
    stolen = person.through(person.here.get("/sign-in").headers["Location"])
    code = parse_qs(urlsplit(stolen).query)["code"][0]
    mine = person.through(person.here.get("/sign-in").headers["Location"])
    fields = {name: values[0] for name, values in parse_qs(urlsplit(mine).query).items()}
    answer = person.follow(f"{SITE}/oidc/callback?{urlencode({**fields, 'code': code})}")
    assert (answer.status_code, "Sign in again" in answer.text) == (400, True)
    assert not person.is_in()


@pytest.mark.parametrize(
    ("claim", "sent", "staff"),
    [
        ("groups", {"groups": ["staff", "frontdesk-support"]}, Staff.SUPPORT),
        ("groups", {"groups": []}, Staff.NONE),
        ("realm_access.roles", {"realm_access": {"roles": ["offline_access", "frontdesk-admin"]}}, Staff.ADMIN),
        ("realm_access.roles", {"realm_access": {"roles": []}}, Staff.NONE),
    ],
)
def test_a_claim_that_is_there_gives_the_role_or_takes_it(
    provider: OidcProvider,
    person: Person,
    configure: Callable[..., None],
    claim: str,
    sent: dict[str, Any],
    staff: Staff,
):
    configure(oidc_staff_claim=claim)
    provider.send("ada", **SURE, **_admin(claim))
    person.sign_in_through()
    assert ada().staff is Staff.ADMIN
    provider.send("ada", **SURE, **sent)
    assert person.sign_in_through().status_code == 303
    assert ada().staff is staff


OVERAGE = {
    "_claim_names": {"groups": "src1"},
    "_claim_sources": {"src1": {"endpoint": "https://graph.example/getMemberObjects"}},
}


@pytest.mark.parametrize(
    ("claim", "sent", "problem"),
    [
        ("groups", {}, "role_absent"),
        ("groups", OVERAGE, "role_elsewhere"),
        ("realm_access.roles", {}, "role_absent"),
        ("realm_access.roles", {"realm_access": {}}, "role_absent"),
        ("realm_access.roles", {"realm_access": {"roles": [7]}}, "role_unreadable"),
        ("realm_access.roles", {"realm_access": ["frontdesk-support"]}, "role_absent"),
    ],
)
def test_a_claim_that_says_nothing_takes_no_role_and_gives_none(
    provider: OidcProvider,
    person: Person,
    app: Flask,
    configure: Callable[..., None],
    claim: str,
    sent: dict[str, Any],
    problem: str,
):
    configure(oidc_staff_claim=claim)
    provider.send("ada", **SURE, **_admin(claim))
    person.sign_in_through()
    provider.send("ada", **SURE, **sent)
    assert person.sign_in_through().status_code == 303
    assert ada().staff is Staff.ADMIN
    assert "didn&#39;t send your role" in person.here.get("/account/").text
    assert refusals.recent(refusals.SIGN_IN)[problem] == 1
    provider.send("grace", **SURE | {"email": "grace@frontdesk.example"}, **sent)
    assert Person(app).sign_in_through().status_code == 303
    grace = db.session.scalars(sa.select(User).where(User.sub == "grace")).one()
    assert grace.staff is Staff.NONE


def _admin(claim: str) -> dict[str, Any]:
    return {"realm_access": {"roles": ["frontdesk-admin"]}} if "." in claim else {"groups": ["frontdesk-admin"]}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({}, "e-mail address is missing"),
        ({"email": ADDRESS}, "can't accept your e-mail address yet"),
        ({"email": ADDRESS, "email_verified": False}, "isn't verified"),
    ],
)
def test_an_address_that_it_does_not_vouch_for_lets_nobody_new_in(
    provider: OidcProvider, person: Person, sent: dict[str, Any], words: str
):
    provider.send("ada", **sent)
    answer = person.sign_in_through()
    assert (answer.status_code, words in answer.text) == (403, True)
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 0


def test_a_new_address_that_is_not_verified_is_not_followed(provider: OidcProvider, person: Person):
    person.sign_in_through()
    provider.send("ada", email="somebody.else@frontdesk.example", email_verified=False)
    assert person.sign_in_through().status_code == 303
    assert ada().email == ADDRESS


@pytest.mark.parametrize("session_named", [True, False])
def test_who_is_signed_out_there_is_signed_out_here_within_a_second(
    provider: OidcProvider, person: Person, app: Flask, served: str, session_named: bool
):
    provider.serve(backchannel_logout_uri=f"{served}/oidc/logout", backchannel_logout_session_required=session_named)
    elsewhere = Person(app)
    elsewhere.sign_in_through()
    person.sign_in_through()
    confirm = _sign_out_of_the_provider(person)
    begun = time.monotonic()
    confirm()
    seconds_until(lambda: not person.is_in())
    assert time.monotonic() - begun < 3 * PROMISED
    assert elsewhere.is_in() is session_named, "a session that is named is the only one that ends"


def test_a_logout_in_new_keys_is_believed(provider: OidcProvider, person: Person, served: str):
    provider.serve(backchannel_logout_uri=f"{served}/oidc/logout", backchannel_logout_session_required=True)
    person.sign_in_through()
    provider.become(rotate=True)
    _sign_out_of_the_provider(person)()
    seconds_until(lambda: not person.is_in())
    assert db.session.scalar(sa.select(sa.func.count(UserSession.id))) == 0


def _sign_out_of_the_provider(person: Person) -> Callable[[], object]:
    """Ask the provider to end its session, as another application would; the answer says that it is meant."""
    url = str(metadata.discover()["end_session_endpoint"])
    form = Form(person.there.get(url, timeout=PATIENCE).text)
    fields = form.fields | {"logout": "yes"}
    return lambda: person.there.post(form.action, data=fields, timeout=PATIENCE).raise_for_status()
