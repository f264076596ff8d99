"""The outer wall: no route is open by oversight, no form works without its token, every answer carries the headers."""

import inspect
import types
import uuid
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from itsdangerous import URLSafeTimedSerializer
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.support.personas import CSRF, SWAP, Browser, browser, persona
from webapp import create_app
from webapp.accounts.models import User
from webapp.audit.models import AuditEntry
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.core.security import PUBLIC, csrf

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}
# They prove who calls by a signature, a bearer token or a single-use id instead of a cookie: nothing to forge.
WITHOUT_CSRF = {
    "hooks.livekit",
    "hooks.storage",
    "invitations.stop",
    "mails.turn_off",
    "rooms.creation_callback",
    "accounts.provider_logout",
}
DESK = "https://desk.example"
EXAMPLES = {"UUIDConverter": uuid.UUID(int=7), "IntegerConverter": 7}


def rules(app: Flask) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"]


def url(app: Flask, rule: Rule) -> str:
    values = {name: EXAMPLES.get(type(kind).__name__, "x") for name, kind in rule._converters.items()}
    with app.test_request_context():
        return str(app.url_map.bind("localhost").build(rule.endpoint, values, method=min(rule.methods or {"GET"})))


def view(app: Flask, rule: Rule) -> types.FunctionType:
    return inspect.unwrap(app.view_functions[rule.endpoint])  # type: ignore[arg-type]


def sent_to_sign_in(answer: TestResponse) -> bool:
    if answer.status_code == 401:
        return answer.request.path.startswith("/api/")
    return answer.status_code == 302 and answer.headers["Location"].startswith("/login")


def test_every_route_is_on_the_public_list_or_sends_anonymous_people_to_sign_in(app: Flask, client: Browser):
    open_ones = []
    for rule in rules(app):
        for method in (rule.methods or set()) - {"OPTIONS"}:
            if rule.endpoint in PUBLIC:
                continue
            if not sent_to_sign_in(client.open(url(app, rule), method=method)):
                open_ones.append(f"{method} {rule}")
    assert open_ones == []


def test_every_unsafe_method_is_refused_without_a_csrf_token(app: Flask, client_as: Callable[[str], Browser]):
    admin = client_as("admin")
    admin.csrf = False
    accepted = [
        f"{method} {rule}"
        for rule in rules(app)
        for method in (rule.methods or set()) & UNSAFE
        if rule.endpoint not in WITHOUT_CSRF and not _refused(admin.open(url(app, rule), method=method))
    ]
    assert accepted == []


def _refused(answer: TestResponse) -> bool:
    return answer.status_code == 400 and "CSRF" in answer.text


def test_nothing_is_exempt_from_csrf_but_what_is_written_here(app: Flask):
    exempt = {name for name in app.view_functions if _name(app, name) in csrf._exempt_views}
    blueprints = {name for name in app.view_functions if name.split(".")[0] in csrf._exempt_blueprints}
    assert exempt | blueprints <= WITHOUT_CSRF


def _name(app: Flask, endpoint: str) -> str:
    function = app.view_functions[endpoint]
    return f"{function.__module__}.{function.__name__}"


def test_every_route_that_is_not_public_names_its_policy(app: Flask):
    nameless = [
        rule.endpoint for rule in rules(app) if rule.endpoint not in PUBLIC and not names_policy(view(app, rule))
    ]
    assert nameless == []


def names_policy(function: types.FunctionType, depth: int = 2) -> bool:
    """Whether the function, or one it calls from its own module, names a policy."""
    names = _names(function.__code__)
    if any(name.endswith("policy") for name in names):
        return True
    called = (function.__globals__.get(name) for name in names)
    own = [one for one in called if inspect.isfunction(one) and one.__module__ == function.__module__]
    return depth > 0 and any(names_policy(one, depth - 1) for one in own)


def _names(code: types.CodeType) -> set[str]:
    inner = (const for const in code.co_consts if inspect.iscode(const))
    return set(code.co_names).union(*(_names(part) for part in inner))


@pytest.mark.parametrize("path", ["/login", "/healthz", "/no-such-page", "/account/", "/static/none.css", "/logout"])
def test_every_answer_carries_the_headers(client: Browser, path: str):
    headers = client.get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy and "object-src 'none'" in policy
    assert "unsafe" not in policy and "strict-dynamic" not in policy and "*" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"


def test_pages_are_not_kept_by_caches(client: Browser):
    assert client.get("/login").headers["Cache-Control"] == "no-store"


def test_no_page_of_ours_holds_inline_script_or_style(client_as: Callable[[str], Browser], client: Browser):
    for page in (client.get("/login"), client_as("owner").get("/account/")):
        assert page.status_code == 200
        assert "<style" not in page.text and " style=" not in page.text and " onclick=" not in page.text
        assert "hx-on" not in page.text and "js:" not in page.text
        assert all(" src=" in tag.split(">")[0] for tag in page.text.split("<script")[1:])


def test_a_body_that_is_too_large_is_refused(app: Flask, client_as: Callable[[str], Browser]):
    answer = client_as("owner").post("/account/", data={"language": "x" * (app.config["MAX_CONTENT_LENGTH"] + 1)})
    assert answer.status_code == 413


def test_a_swap_of_somebody_signed_out_loads_the_sign_in_page(client: Browser):
    answer = client.get("/account/", headers=SWAP)
    assert answer.status_code == 204 and answer.headers["HX-Redirect"].startswith("/login")


def test_the_cookie_is_kept_from_scripts_and_other_sites(client: Browser):
    cookie = client.post("/language", data={"language": "fr"}).headers["Set-Cookie"]
    assert cookie.startswith("frontdesk=") and "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Secure" not in cookie  # over http a browser would throw it away


@pytest.fixture
def https(settings: Settings) -> Iterator[Browser]:
    """A browser of an installation behind one proxy that speaks https."""
    app = create_app(settings.model_copy(update={"public_url": DESK, "proxy_count": 1}))
    with app.app_context():
        yield browser(app)
        db.dispose()


def set_language(browser: Browser, referer: str) -> TestResponse:
    """Send a form with a good token, as a page of `referer` would."""
    browser.csrf = False
    with browser.session_transaction(base_url=DESK) as cookie:
        cookie["csrf_token"] = CSRF
    token = URLSafeTimedSerializer(browser.application.secret_key, salt="wtf-csrf-token").dumps(CSRF)
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example", "Referer": referer}
    return browser.post("/language", data={"language": "fr", "csrf_token": token}, headers=headers, base_url=DESK)


def test_over_https_the_cookie_belongs_to_this_host_alone(https: Browser):
    answer = set_language(https, f"{DESK}/login")
    assert answer.status_code == 303
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-frontdesk=") and "Secure" in cookie and "Path=/" in cookie
    assert "Domain" not in cookie
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")


def test_a_form_of_another_site_is_refused_over_https_even_with_a_good_token(https: Browser):
    assert set_language(https, "https://evil.example/").status_code == 400


def address_seen(settings: Settings, owner: User, proxies: int, forwarded: str) -> str:
    """The address that an installation behind so many proxies writes into the trail."""
    app = create_app(settings.model_copy(update={"proxy_count": proxies}))
    with app.app_context():
        chosen = {"language": "en", "timezone": "", "theme": "dark"}
        answer = browser(app, owner).post("/account/", data=chosen, headers={"X-Forwarded-For": forwarded})
        assert answer.status_code == 303
        seen = db.session.scalars(sa.select(AuditEntry.address).order_by(AuditEntry.id.desc()).limit(1)).one()
        db.session.commit()
        db.dispose()
    return seen


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "203.0.113.9", "127.0.0.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "198.51.100.66, 203.0.113.9", "203.0.113.9"),
        (2, "203.0.113.9, 10.0.0.7", "203.0.113.9"),
    ],
)
def test_a_forwarded_address_is_believed_from_as_many_proxies_as_the_setting_says(
    app: Flask, settings: Settings, proxies: int, forwarded: str, seen: str
):
    owner = persona("owner")
    db.session.execute(sa.update(User).values(theme="light"))
    db.session.commit()
    assert address_seen(settings, owner, proxies, forwarded) == seen


@pytest.mark.parametrize(
    ("setting", "method", "path"),
    [
        ("sign_in_limit", "GET", "/sign-in"),
        ("sign_in_limit", "GET", "/oidc/callback"),
        ("hook_limit", "POST", "/hooks/livekit"),
        ("hook_limit", "POST", "/hooks/storage"),
    ],
)
def test_an_address_that_asks_too_often_is_told_to_wait_and_others_are_not(
    app: Flask, change_settings: Callable[..., None], setting: str, method: str, path: str
):
    change_settings(**{setting: "3 per minute"})
    here, there = browser(app), browser(app)
    answers = [here.open(path, method=method).status_code for _ in range(5)]
    assert 429 not in answers[:3] and answers[3:] == [429, 429]
    assert there.open(path, method=method, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code != 429


def test_the_cookie_of_a_sign_in_is_kept_from_scripts_and_other_sites_too(app: Flask):
    answer = browser(app, persona("owner")).post("/account/", data={"language": "en", "timezone": "", "theme": "dark"})
    assert answer.status_code == 303
    answer = browser(app, persona("owner")).post("/logout")
    cookies = answer.headers.getlist("Set-Cookie")
    assert cookies and all("HttpOnly" in cookie and "SameSite=Lax" in cookie for cookie in cookies)
