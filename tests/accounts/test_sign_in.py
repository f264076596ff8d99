"""Sign in: one gets in by the provider's word, and only by that."""

import random
import re
import string
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.oidc_server import RunningProvider, serve
from tests.support.personas import make_user
from tests.support.sign_in import SITE, Person
from tests.support.waiting import PATIENCE
from webapp.accounts.models import Staff, User, UserSession
from webapp.audit.models import AuditEntry
from webapp.core import refusals
from webapp.core.db import db


def user(sub: str = "dev|owner") -> User:
    db.session.rollback()
    return db.session.scalars(sa.select(User).where(User.sub == sub)).one()


def actions() -> list[str]:
    return list(db.session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)))


def test_a_stranger_to_the_site_is_asked_to_sign_in_and_led_back_to_the_page(person: Person):
    asked = person.here.get("/account/?a=1")
    assert asked.status_code == 302 and asked.headers["Location"].startswith("/login?next=")
    page = person.here.get(asked.headers["Location"])
    link = re.search(r'href="(/sign-in[^"]+)"', page.text)
    assert link
    to_provider = person.here.get(link[1].replace("&amp;", "&")).headers["Location"]
    answer = person.there.get(to_provider, params={"persona": "owner"}, allow_redirects=False, timeout=PATIENCE)
    assert person.back(answer).headers["Location"] == "/account/?a=1"
    assert person.is_in()


def test_the_request_to_the_provider_carries_pkce_state_nonce_and_the_scopes(person: Person):
    location = person.here.get("/sign-in").headers["Location"]
    for part in ("code_challenge_method=S256", "code_challenge=", "state=", "nonce=", "scope=openid+email+profile"):
        assert part in location
    assert "code_verifier" not in location


def test_a_first_sign_in_makes_the_person_with_names_and_an_audit_entry(person: Person):
    assert person.sign_in("owner").status_code == 303
    made = user()
    assert (made.full_name, made.short_name, made.email) == (
        "Ottilie Vandermeer",
        "Ottilie",
        "ottilie@frontdesk.example",
    )
    assert made.staff is Staff.NONE and made.last_sign_in_at is not None
    assert actions() == ["user.sign_in"]


def test_a_second_sign_in_is_the_same_person(person: Person, app: Flask):
    person.sign_in("owner")
    Person(app).sign_in("owner")
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


@pytest.mark.parametrize("target", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:x"])
def test_nobody_is_sent_to_another_site_after_signing_in(person: Person, target: str):
    assert person.sign_in(target=target).headers["Location"] == "/"


def test_a_sign_in_changes_the_cookie_and_ends_the_one_before_it(person: Person):
    person.sign_in("owner")
    with person.here.session_transaction() as cookie:
        first = cookie["sign_in"]
    person.sign_in("owner")
    with person.here.session_transaction() as cookie:
        assert cookie["sign_in"] != first
        cookie["sign_in"] = first
    assert not person.is_in()
    assert db.session.scalar(sa.select(sa.func.count(UserSession.id))) == 1


def test_the_cookie_holds_no_token_of_the_provider(person: Person):
    person.sign_in("owner")
    with person.here.session_transaction() as cookie:
        assert set(cookie) <= {"sign_in", "csrf_token", "_permanent"}
    stored = db.session.scalars(sa.select(UserSession)).one()
    assert stored.id_token.count(".") == 2


def test_abandoned_sign_ins_do_not_swell_the_cookie(person: Person):
    for _ in range(12):
        person.here.get("/sign-in")
    cookie = person.here.get_cookie("frontdesk")
    assert cookie is not None and len(cookie.value) < 2000


def test_two_tabs_may_sign_in_at_once(person: Person):
    first, second = person.begin("/a", persona="owner"), person.begin("/b", persona="owner")
    assert person.back(second).headers["Location"] == "/b"
    assert person.back(first).headers["Location"] == "/a"
    with person.here.session_transaction() as cookie:
        assert not cookie.get("pending_sign_ins")
    assert person.is_in()


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "HS256"])
def test_every_common_signature_is_understood(
    person: Person, provider: RunningProvider, configure: Callable[..., None], alg: str
):
    provider.switch(id_token_alg=alg, userinfo="jwt")
    configure(oidc_algorithm=alg)
    assert person.sign_in().status_code == 303
    assert person.is_in()


def test_the_algorithm_is_ours_to_choose_and_not_the_tokens(person: Person, provider: RunningProvider):
    provider.switch(id_token_alg="HS256")
    answer = person.sign_in()
    assert answer.status_code == 502 and not person.is_in()


@pytest.mark.parametrize("kind", ["application/jwt", "application/jwt; charset=utf-8", "Application/JWT;charset=UTF-8"])
def test_userinfo_may_be_a_signed_token(person: Person, provider: RunningProvider, kind: str):
    provider.switch(userinfo="jwt", userinfo_content_type=kind, email_in=["userinfo"])
    assert person.sign_in().status_code == 303
    assert user().email == "ottilie@frontdesk.example"


@pytest.mark.parametrize("place", ["id_token", "userinfo"])
def test_the_address_may_come_in_either_place(person: Person, provider: RunningProvider, place: str):
    provider.switch(email_in=[place])
    assert person.sign_in().status_code == 303
    assert user().email == "ottilie@frontdesk.example"


@pytest.mark.parametrize(
    "switches",
    [
        {"email_verified_as": "string"},
        {"audience_as_list": True},
        {"key_ids": False},
        {"issuer_slash": True},
        {"userinfo_endpoint": False},
        {"clock_skew": 50},
        {"clock_skew": -50},
        {"token_lifetime": 60},
    ],
)
def test_the_ways_of_real_providers_are_understood(person: Person, provider: RunningProvider, switches: dict):
    provider.switch(**switches)
    assert person.sign_in().status_code == 303
    assert person.is_in()


def test_the_issuer_may_be_written_with_a_slash_in_the_settings(
    person: Person, provider: RunningProvider, configure: Callable[..., None]
):
    configure(oidc_issuer=provider.issuer + "/")
    assert person.sign_in().status_code == 303


def test_keys_that_were_rotated_are_asked_for_again(person: Person, provider: RunningProvider, app: Flask):
    person.sign_in()
    provider.control("rotate-keys", keep_old=False)
    other = Person(app)
    assert other.sign_in("member").status_code == 303
    assert other.is_in() and provider.calls("jwks") == 2


def test_a_client_secret_in_the_form_is_used_where_only_that_is_offered(person: Person, provider: RunningProvider):
    provider.switch(auth_methods=["client_secret_post"])
    assert person.sign_in().status_code == 303


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_client_secret_may_hold_any_sign(app: Flask, configure: Callable[..., None], settings, method: str):
    secret = "100% s:cret+/&=é"
    with serve(redirect_uris=(f"{SITE}/oidc/callback",), client_secret=secret) as other:
        configure(oidc_issuer=other.issuer, oidc_client_secret=type(settings.oidc_client_secret)(secret))
        other.switch(auth_methods=[method])
        assert Person(app).sign_in().status_code == 303


def test_a_person_whose_first_two_sign_ins_come_at_once_is_one_person(app: Flask):
    make_user("mirela", pending=True)
    people = [Person(app) for _ in range(4)]
    answers = [one.begin(persona="member") for one in people]
    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(lambda pair: pair[0].back(pair[1]).status_code, zip(people, answers, strict=True)))
    assert came == [303] * 4
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1
    assert db.session.scalar(sa.select(sa.func.count(UserSession.id))) == 4


def test_strangers_whose_first_two_sign_ins_come_at_once_are_made_once(app: Flask):
    people = [Person(app) for _ in range(4)]
    answers = [one.begin(persona="stranger") for one in people]
    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(lambda pair: pair[0].back(pair[1]).status_code, zip(people, answers, strict=True)))
    assert came == [303] * 4
    assert db.session.scalar(sa.select(sa.func.count(User.id))) == 1


def test_a_pending_user_is_claimed_by_the_verified_address(person: Person):
    pending = make_user("mirela", pending=True)
    person.sign_in("member")
    claimed = user("dev|member")
    assert claimed.id == pending.id and not claimed.pending
    assert "user.claim" in actions()


def test_a_pending_user_is_not_claimed_by_an_address_nobody_verified(person: Person):
    make_user("mirela", pending=True)
    answer = person.sign_in("unverified")
    assert answer.status_code == 403 and "isn't verified" in answer.text
    assert db.session.scalars(sa.select(User)).one().pending


def test_an_account_is_not_handed_over_by_its_address_alone(person: Person):
    make_user("mirela")
    answer = person.sign_in("member")
    assert answer.status_code == 403 and "belongs to another account" in answer.text
    assert not person.is_in()


def test_a_known_person_may_come_without_an_address(person: Person, provider: RunningProvider):
    person.sign_in()
    provider.switch(email_in=[])
    assert person.sign_in().status_code == 303
    assert user().email == "ottilie@frontdesk.example"


@pytest.mark.parametrize(("persona", "staff"), [("support", Staff.SUPPORT), ("admin", Staff.ADMIN)])
def test_the_staff_role_follows_the_claim(person: Person, persona: str, staff: Staff):
    person.sign_in(persona)
    assert user(f"dev|{persona}").staff is staff
    assert "user.set_staff" in actions()


def test_the_staff_claim_may_be_nested(person: Person, configure: Callable[..., None]):
    configure(oidc_staff_claim="realm_access.roles")
    person.sign_in("admin")
    assert user("dev|admin").staff is Staff.ADMIN


def test_a_claim_that_is_not_sent_takes_no_role_and_the_admin_is_told(
    person: Person,
    configure: Callable[..., None],
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
):
    person.sign_in("admin")
    assert user("dev|admin").staff is Staff.ADMIN
    configure(oidc_staff_claim="no_such_claim")
    person.sign_in("admin")
    assert user("dev|admin").staff is Staff.ADMIN
    assert "didn&#39;t send your role (no_such_claim), so it&#39;s unchanged" in person.here.get("/account/").text
    logged = "".join(capsys.readouterr()) + caplog.text
    assert "sign_in.role_not_told" in logged and "role_absent" in logged and "admin@" not in logged
    assert refusals.recent(refusals.SIGN_IN)["role_absent"] >= 1


def test_without_a_staff_claim_the_role_is_ours(person: Person, configure: Callable[..., None]):
    configure(oidc_staff_claim="")
    person.sign_in("admin")
    assert user("dev|admin").staff is Staff.NONE


def test_a_provider_that_never_says_verified_is_trusted_only_by_setting(
    app: Flask, person: Person, provider: RunningProvider, configure: Callable[..., None]
):
    provider.switch(email_verified_as="absent")
    refused = person.sign_in()
    assert refused.status_code == 403
    assert "Nothing is wrong with your account." in refused.text
    assert "The people who run this site" in refused.text and "Verify your address" not in refused.text
    checked = app.test_cli_runner().invoke(args=["check"])
    assert "FRONTDESK_OIDC_TRUST_EMAIL" in checked.output
    configure(oidc_trust_email=True)
    assert person.sign_in().status_code == 303


def test_a_browser_that_is_signed_in_is_not_asked_again(person: Person):
    person.sign_in()
    answer = person.here.get("/login?next=/account/")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/")


def test_the_callback_is_the_address_of_the_settings(person: Person):
    assert person.begin(persona="owner").headers["Location"].startswith(f"{SITE}/oidc/callback?code=")


def test_five_tabs_that_began_all_come_in_whichever_is_first(person: Person):
    answers = [person.begin(target=f"/rooms/?q={number}", persona="owner") for number in range(5)]
    for number in (2, 0, 4, 1, 3):
        answer = person.back(answers[number])
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/rooms/?q={number}")
        assert person.is_in()


@pytest.mark.parametrize("letter", ["x", "é"])
def test_the_cookie_stays_small_however_many_tabs_begin_and_wherever_they_lead(person: Person, letter: str):
    draw = random.Random(7)
    for _ in range(12):
        tail = letter * 200 + "".join(draw.choices(string.ascii_letters, k=220))
        answer = person.begin(target=f"/rooms/?q={tail}", persona="owner")
        cookie = person.here.get_cookie("frontdesk")
        assert cookie is not None and len(cookie.value) < 3900
    assert person.back(answer).headers["Location"].startswith("/rooms/")
