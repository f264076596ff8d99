"""Sign out: here first, then at the provider, and never into a dead end."""

import re
from urllib.parse import parse_qs, urlsplit

import sqlalchemy as sa

from tests.support.oidc_server import RunningProvider
from tests.support.personas import SWAP, Browser
from tests.support.sign_in import SITE, Person
from tests.support.waiting import PATIENCE
from webapp.accounts.models import UserSession
from webapp.audit.models import AuditEntry
from webapp.core.db import db


def sessions_left() -> int:
    return db.session.scalar(sa.select(sa.func.count(UserSession.id))) or 0


def provider_url(page: str) -> str:
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page)
    assert found, page
    return found[1].replace("&amp;", "&")


def test_signing_out_ends_the_session_here_and_at_the_provider_and_comes_back(person: Person):
    person.sign_in()
    url = provider_url(person.here.post("/logout").text)
    assert sessions_left() == 0 and not person.is_in()
    asked = parse_qs(urlsplit(url).query)
    assert asked["post_logout_redirect_uri"] == [f"{SITE}/signed-out"]
    assert asked["id_token_hint"][0].count(".") == 2
    back = person.there.get(url, allow_redirects=False, timeout=PATIENCE)
    page = person.follow(back.headers["Location"])
    assert page.status_code == 200 and "signed out of" in page.text
    again = person.begin(prompt="none")
    assert "login_required" in again.headers["Location"]


def test_a_token_that_is_too_long_for_an_address_is_left_out_and_the_provider_asks(person: Person):
    person.sign_in()
    db.session.execute(sa.update(UserSession).values(id_token="a." + "b" * 9000 + ".c"))
    db.session.commit()
    url = provider_url(person.here.post("/logout").text)
    assert len(url) < 1000
    back = person.there.get(url, params={"confirm": "yes"}, allow_redirects=False, timeout=PATIENCE)
    assert "signed out of" in person.follow(back.headers["Location"]).text


def test_signing_out_is_in_the_audit_trail(person: Person):
    person.sign_in()
    person.here.post("/logout")
    assert db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()[-1] == "user.sign_out"


def test_inside_a_swap_htmx_is_told_where_to_go(person: Person):
    person.sign_in()
    answer = person.here.post("/logout", headers=SWAP)
    assert answer.headers["HX-Redirect"].startswith("http://127.0.0.1:")


def test_a_get_signs_nobody_out(person: Person):
    person.sign_in()
    assert person.here.get("/logout").status_code == 405
    assert person.is_in()


def test_a_form_without_the_token_signs_nobody_out(person: Person):
    person.sign_in()
    person.here.csrf = False
    assert person.here.post("/logout").status_code == 400
    assert person.is_in()


def test_a_provider_without_logout_is_no_dead_end(person: Person, provider: RunningProvider):
    provider.switch(end_session=False)
    person.sign_in()
    answer = person.here.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signed-out")
    assert "may still be signed in" in person.here.get("/signed-out").text
    assert sessions_left() == 0


def test_a_session_without_an_id_token_is_no_dead_end(client_as):
    browser: Browser = client_as("owner")
    answer = browser.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/signed-out")
    assert sessions_left() == 0


def test_a_provider_that_is_down_keeps_nobody_signed_in(client_as, person: Person, provider: RunningProvider):
    browser: Browser = client_as("owner")
    db.session.execute(sa.update(UserSession).values(id_token="a.b.c"))
    provider.fail("discovery")
    assert browser.post("/logout").headers["Location"] == "/signed-out"
    assert sessions_left() == 0


def test_somebody_elses_state_does_not_claim_that_the_provider_was_signed_out(person: Person):
    person.sign_in()
    person.here.post("/logout")
    assert "may still be signed in" in person.here.get("/signed-out?state=made-up").text
