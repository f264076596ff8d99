"""The provider ends a session, and what hangs on it here ends at once: OpenID Connect Back-Channel Logout 1.0."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.oidc_server import RunningProvider
from tests.support.personas import browser
from tests.support.sign_in import Person
from webapp.accounts import metadata
from webapp.accounts.jobs import purge_sessions
from webapp.accounts.models import LogoutToken, UserSession
from webapp.audit.models import AuditEntry
from webapp.core.db import db

EVENT = "http://schemas.openid.net/event/backchannel-logout"


def token(provider: RunningProvider, persona: str = "owner", **changes: Any) -> str:
    """A logout token of the persona's newest session; a claim changed to None is left out."""
    return str(provider.control("logout-token", persona=persona, changes=changes)["token"])


def send(app: Flask, logout_token: str | None) -> TestResponse:
    """Send it as the provider does: no cookie, no CSRF token."""
    client = browser(app)
    client.csrf = False
    return client.post("/oidc/logout", data={} if logout_token is None else {"logout_token": logout_token})


def another(app: Flask, persona: str = "owner") -> Person:
    person = Person(app)
    person.sign_in(persona)
    return person


def test_the_session_that_the_provider_ended_is_over_here_and_others_go_on(app: Flask, provider: RunningProvider):
    first, stranger, second = another(app), another(app, "stranger"), another(app)
    answer = send(app, token(provider))  # of the newest session
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (200, b"", "no-store")
    assert (first.is_in(), second.is_in(), stranger.is_in()) == (True, False, True)
    entry = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert (entry.action, entry.details["sessions"]) == ("user.provider_logout", 1)


def test_a_token_without_a_session_ends_all_sign_ins_of_the_person(app: Flask, provider: RunningProvider):
    people = [another(app), another(app), another(app, "stranger")]
    assert send(app, token(provider, sid=None)).status_code == 200
    assert [person.is_in() for person in people] == [False, False, True]


def test_a_token_with_a_session_alone_ends_that_one(app: Flask, provider: RunningProvider):
    people = [another(app), another(app)]
    assert send(app, token(provider, sub=None)).status_code == 200
    assert [person.is_in() for person in people] == [True, False]


def test_a_session_of_somebody_else_is_not_ended_by_its_name_alone(app: Flask, provider: RunningProvider):
    person = another(app)
    assert send(app, token(provider, sub="dev|stranger")).status_code == 200
    assert person.is_in()


def test_a_sign_in_whose_session_was_never_named_ends_with_any_of_the_person(app: Flask, provider: RunningProvider):
    provider.switch(session_ids=False)
    person = another(app)
    provider.switch(session_ids=True)
    assert send(app, token(provider)).status_code == 200
    assert not person.is_in()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://evil.example"},
        {"iss": None},
        {"aud": "another-client"},
        {"aud": None},
        {"iat": None},
        {"iat": "now"},
        {"iat": 4_000_000_000},
        {"exp": None},
        {"exp": 1_000_000_000},
        {"exp": 1e300},
        {"exp": 4_000_000_000},
        {"jti": None},
        {"jti": 7},
        {"jti": ""},
        {"events": None},
        {"events": "x"},
        {"events": {}},
        {"events": {EVENT: None}},
        {"events": [EVENT]},
        {"nonce": "n"},
        {"sub": None, "sid": None},
        {"sub": ["dev|owner"]},
        {"sid": 5},
        {"sub": "dev|\0owner"},
    ],
    ids=str,
)
def test_a_token_that_is_not_exactly_a_logout_for_us_ends_nothing(
    app: Flask, provider: RunningProvider, changes: dict[str, Any]
):
    person = another(app)
    answer = send(app, token(provider, **changes))
    assert (answer.status_code, answer.headers["Cache-Control"]) == (400, "no-store")
    assert answer.get_json()["error"] == "invalid_request"
    assert person.is_in()


@pytest.mark.parametrize("lie", ["signature", "unsigned"])
def test_a_token_that_the_provider_did_not_sign_ends_nothing(app: Flask, provider: RunningProvider, lie: str):
    person = another(app)
    provider.switch(lies=[lie])
    assert send(app, token(provider)).status_code == 400
    assert person.is_in()


def test_an_algorithm_of_the_tokens_choice_ends_nothing(app: Flask, provider: RunningProvider):
    person = another(app)
    provider.switch(id_token_alg="HS256")
    assert send(app, token(provider)).status_code == 400
    assert person.is_in()


def test_an_id_token_is_no_logout_token(app: Flask, person: Person):
    person.sign_in()
    id_token = db.session.scalars(sa.select(UserSession.id_token)).one()
    assert send(app, id_token).status_code == 400
    assert person.is_in()


@pytest.mark.parametrize(
    "garbage", [None, "", "x", "a.b.c", "é.é.é", "." * 1000, "W" * 30_000, "W1tb" * 4000 + ".e30.e30"]
)
def test_garbage_is_refused_and_never_fails(app: Flask, garbage: str | None):
    assert send(app, garbage).status_code == 400


def test_a_token_works_once_and_is_remembered_until_it_is_over(app: Flask, provider: RunningProvider):
    another(app)
    said = token(provider)
    assert send(app, said).status_code == 200
    again = another(app)
    assert send(app, said).status_code == 400
    assert again.is_in()
    purge_sessions()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LogoutToken)) == 1
    with time_machine.travel(time.time() + 3600):
        purge_sessions()
        assert send(app, said).status_code == 400
    assert db.session.scalar(sa.select(sa.func.count()).select_from(LogoutToken)) == 0


def test_new_keys_are_asked_for_but_strangers_cannot_have_us_ask_without_end(app: Flask, provider: RunningProvider):
    person = another(app)
    provider.control("rotate-keys", keep_old=False)
    assert send(app, token(provider)).status_code == 200
    assert not person.is_in()
    asked = provider.calls("jwks")
    provider.switch(lies=["signature"])
    another_token = [send(app, said) for said in ["a.b.c", *(_forged(provider, app) for _ in range(5))]]
    assert {answer.status_code for answer in another_token} == {400}
    assert provider.calls("jwks") == asked


def _forged(provider: RunningProvider, app: Flask) -> str:
    provider.switch(lies=[])
    another(app, "stranger")
    provider.switch(lies=["signature"])
    return token(provider, "stranger")


def test_a_provider_that_is_away_makes_it_no_failure_of_ours(app: Flask, provider: RunningProvider):
    another(app)
    said = token(provider)
    metadata.forget()
    provider.fail("jwks", "drop", times=5)
    assert send(app, said).status_code == 400


def test_strangers_cannot_have_us_wait_for_a_provider_that_is_away(app: Flask, provider: RunningProvider):
    another(app)
    said = token(provider)
    metadata.forget()
    provider.fail("discovery", "down", times=100)
    asked = provider.calls("discovery")
    assert {send(app, said).status_code for _ in range(5)} == {400}
    assert provider.calls("discovery") == asked + 1


def test_many_logouts_at_once_after_a_start_or_in_new_keys_are_all_believed(app: Flask, provider: RunningProvider):
    for change in ("start", "keys"):
        personas = ("owner", "member", "stranger", "support")
        people = [another(app, persona) for persona in personas]
        if change == "start":
            metadata.forget()
        else:
            provider.control("rotate-keys", keep_old=False)
            app.extensions[metadata.EXTENSION].asked_again_at -= 3600
        provider.fail("jwks", "slow", seconds=0.3)
        said = [token(provider, persona) for persona in personas]
        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(lambda one: send(app, one).status_code, said)) == [200] * 4
        assert not any(person.is_in() for person in people)


def test_a_logout_that_our_secret_signs_needs_nobody_to_be_asked(
    app: Flask, provider: RunningProvider, configure: Callable[..., None]
):
    configure(oidc_algorithm="HS256")
    provider.switch(id_token_alg="HS256")
    people = [another(app, persona) for persona in ("owner", "member")]
    said = [token(provider, persona) for persona in ("owner", "member")]
    metadata.forget()
    provider.fail("discovery", "down", times=100)
    assert [send(app, one).status_code for one in said] == [200, 200]
    assert not any(person.is_in() for person in people)


def test_a_first_logout_after_a_start_and_one_in_keys_of_an_hour_ago_are_believed(
    app: Flask, provider: RunningProvider
):
    for hours in (0, 2):
        person = another(app)
        said = token(provider)
        if hours:
            known = app.extensions[metadata.EXTENSION].documents
            known |= {url: (at - hours * 3600, document) for url, (at, document) in known.items()}
            app.extensions[metadata.EXTENSION].asked_again_at -= hours * 3600
        else:
            metadata.forget()
        assert send(app, said).status_code == 200
        assert not person.is_in()


def test_staff_are_signed_out_sooner_than_others(app: Flask):
    others, staff = another(app), another(app, "admin")
    with time_machine.travel(time.time() + 9 * 3600):
        assert (others.is_in(), staff.is_in()) == (True, False)


def test_somebody_made_staff_is_held_to_the_shorter_time(app: Flask):
    person = another(app, "stranger")
    app.test_cli_runner().invoke(args=["users", "set-role", "soren@elsewhere.example", "support"])
    assert person.is_in()
    with time_machine.travel(time.time() + 9 * 3600):
        assert not person.is_in()
