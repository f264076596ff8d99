"""The outer wall: sign-in by default, CSRF, headers, body size, rate limits."""

import hmac
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, g, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import current_user
from flask_wtf.csrf import CSRFProtect
from werkzeug.datastructures import Headers
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from webapp.core import htmx
from webapp.core.config import Settings

csrf = CSRFProtect()
# A Redis that hangs must not hang the requests: they are counted in memory until it is back.
REDIS_TIMES = {"socket_connect_timeout": 1, "socket_timeout": 1}
limiter = Limiter(get_remote_address, headers_enabled=False)

# Endpoints that anonymous people may reach; everything else sends them to sign in. A test walks the url_map against it.
PUBLIC = {
    "static",
    "accounts.login",
    "accounts.sign_in",
    "accounts.callback",
    "accounts.signed_out",
    "accounts.provider_logout",
    "lobby.join",
    "lobby.join_typed",
    "lobby.ask",
    "lobby.wait",
    "lobby.leave",
    "lobby.meet",
    "invitations.stop",
    "mails.turn_off",
    "hooks.livekit",
    "hooks.storage",
    "recordings.media_auth",
    "health.healthz",
    "health.readyz",
    "health.metrics",
    "rooms.creation_callback",
    "i18n.set_language",
}

LONGEST_TARGET = 500  # it is kept in the cookie while somebody signs in, and browsers drop cookies over 4 KB

CSP = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'{form_targets}",
    )
)

WALL = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


class StaffOnly(Forbidden):
    """Refused whatever the room: its owners may do no more here."""


def require(policy: Callable[[Any], bool]) -> None:
    """Refuse with 403 the signed-in person whom the policy does not allow."""
    if not policy(current_user):
        raise StaffOnly


def local_url(target: str | None) -> str | None:
    """The target when it is a path on this site, else None: no open redirect.

    Browsers read a backslash as a slash and drop tabs and newlines (WHATWG URL), so any of them refuses the target.
    """
    if not target or not target.startswith("/") or target.startswith("//") or len(target) > LONGEST_TARGET:
        return None
    return None if any(ord(c) <= 32 or c == "\\" for c in target) else target


def _refuse_nul() -> None:
    """Refuse the one letter that PostgreSQL cannot hold, wherever a request may carry text into a query."""
    if "\0" in request.path:
        abort(404)
    fields = (request.args, request.form)
    if any("\0" in text for values in fields for name, text in values.items(multi=True) for text in (name, text)):
        abort(400)


def _ask_sign_in() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in PUBLIC or current_user.is_authenticated:
        return None
    if request.path.startswith("/api/"):
        abort(401)
    # what an unsafe request would have done cannot be replayed by a redirect: come back to the desk instead
    target = request.full_path.rstrip("?") if request.method in {"GET", "HEAD"} and not htmx.is_swap() else None
    return (
        htmx.go(url_for("accounts.login", next=target))
        if htmx.is_swap()
        else redirect(url_for("accounts.login", next=target))
    )


def bears(token: str) -> bool:
    """The request carries the token (RFC 6750 section 2.1); compared in constant time, and an empty one is nobody's."""
    scheme, _, said = request.headers.get("Authorization", "").partition(" ")
    same = hmac.compare_digest(said.strip().encode(errors="replace"), token.encode())
    return same and bool(token) and scheme.lower() == "bearer"


def _write_headers(response: Response) -> Response:
    file = request.endpoint == "static" and response.status_code < 400
    put_wall(response.headers, g.get("form_targets", ()), is_secure=request.is_secure, kept=file)
    return response


def put_wall(headers: Headers, form_targets: Iterable[str] = (), *, is_secure: bool, kept: bool = False) -> None:
    """Add the headers of every answer that are not there yet; `kept`: browsers may keep it."""
    targets = "".join(f" {origin}" for origin in form_targets)
    there = {name.lower() for name in headers.keys()}  # noqa: SIM118 - a Headers yields pairs
    for name, value in WALL.items():
        if name.lower() not in there:
            headers.add(name, value.format(form_targets=targets) if name == "Content-Security-Policy" else value)
    if not kept:
        headers.setdefault("Cache-Control", "no-store")
    if is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")


def allow_form_target(url: str) -> None:
    """Let a form of this answer end on another origin: Chromium holds form-action against redirects too."""
    parts = urlsplit(url)
    g.form_targets = [*g.get("form_targets", []), f"{parts.scheme}://{parts.netloc}"]


def init_app(app: Flask, settings: Settings) -> None:
    """Put the wall around the app."""
    app.config.update(
        MAX_CONTENT_LENGTH=settings.max_body_bytes,
        MAX_FORM_MEMORY_SIZE=settings.max_body_bytes,
        SESSION_COOKIE_NAME="__Host-frontdesk" if settings.secure else "frontdesk",
        SESSION_COOKIE_SECURE=settings.secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch still works: the token dies with the session
        WTF_CSRF_SSL_STRICT=True,
        RATELIMIT_STORAGE_URI=settings.limits_url,
        RATELIMIT_STORAGE_OPTIONS=REDIS_TIMES if settings.redis_url else {},
        RATELIMIT_IN_MEMORY_FALLBACK_ENABLED=bool(settings.redis_url),
        RATELIMIT_ENABLED=True,
    )
    csrf.init_app(app)
    limiter.init_app(app)
    app.before_request(_ask_sign_in)
    app.before_request(_refuse_nul)
    app.after_request(_write_headers)
