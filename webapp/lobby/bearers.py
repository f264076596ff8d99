"""The secret that a guest is known by: random, in a signed cookie per room; the database keeps its hash."""

import hashlib
import hmac
import secrets
import uuid
from collections.abc import Mapping

from flask import current_app
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from webapp.core.settings import settings

PREFIX = "guest-"
LIFETIME = 12 * 3600  # seconds, as long as an admission holds


def new() -> str:
    """A bearer nobody can guess."""
    return secrets.token_urlsafe(32)


def new_nonce() -> str:
    """What a form carries so that it makes one request, however often it is sent; nobody can make one up."""
    return str(_nonces().dumps(secrets.token_urlsafe(16)))


def of_nonce(nonce: str, room_id: uuid.UUID) -> str | None:
    """The bearer that belongs to a form, the same each time; None when the form is none of ours, or too old."""
    try:
        _nonces().loads(nonce, max_age=LIFETIME)
    except BadSignature:
        return None
    key = f"lobby-bearer-of-form {current_app.secret_key!s}"
    return hmac.digest(key.encode(), f"{room_id} {nonce}".encode(), hashlib.sha256).hex()


def hashed(bearer: str) -> str:
    """What is stored of a bearer: it is random, so a plain SHA-256 does."""
    return hashlib.sha256(bearer.encode()).hexdigest()


def write(response: Response, room_id: uuid.UUID, bearer: str) -> None:
    """Let the browser keep the bearer of this room."""
    value = str(_signer().dumps(bearer))
    response.set_cookie(
        _name(room_id), value, max_age=LIFETIME, secure=settings.secure, httponly=True, samesite="Lax", path="/"
    )


def forget(response: Response, room_id: uuid.UUID) -> None:
    """Let the browser drop the bearer of this room."""
    response.delete_cookie(_name(room_id), secure=settings.secure, httponly=True, samesite="Lax", path="/")


def read(cookies: Mapping[str, str]) -> list[str]:
    """The hashes of all bearers that the browser holds and we signed; which room each is for, the database knows.

    The cookie is named by the room and not by its link, so that a guest keeps the place when the link changes.
    """
    held = [value for name, value in cookies.items() if _core(name).startswith(PREFIX)]
    bearers = [_load(value) for value in held[:50]]
    return [hashed(bearer) for bearer in bearers if bearer]


def _load(value: str) -> str | None:
    try:
        bearer = _signer().loads(value)
    except BadSignature:
        return None
    return bearer if isinstance(bearer, str) else None


def _name(room_id: uuid.UUID) -> str:
    # a hash: the room's id is the name of the live room, which is told to those who are inside
    name = PREFIX + hashed(str(room_id))[:16]
    return f"__Host-{name}" if settings.secure else name


def _core(name: str) -> str:
    return name.removeprefix("__Host-")


def _nonces() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="lobby-form")


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.secret_key), salt="lobby-bearer")
