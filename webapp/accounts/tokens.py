"""Read the provider's signed tokens: by its keys, by our algorithm, and only when they are meant for us."""

import base64
import binascii
import hashlib
import hmac
import json
import math
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import BadSignatureError, JoseError
from joserfc.jwk import Key
from joserfc.jws import JWSRegistry

from webapp.accounts import keys, metadata, transport
from webapp.accounts.problems import SignInError
from webapp.core.settings import settings

Claims = dict[str, Any]
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LONGEST_SUB = 255  # letters (Core, 2); PostgreSQL's index would not take a very long one
LONGEST_LOGOUT = 20_000  # letters: what is sent by anybody is not worth more of our time
LOGOUT_DAY = 24 * 3600  # seconds; one that holds longer would have to be remembered longer


def read_id_token(token: str, *, nonce: str, access_token: str) -> Claims:
    """The claims of an ID token (OpenID Connect Core, 3.1.3.7). Raises SignInError when any check fails."""
    claims = _verified(token)
    _check_issuer_and_audience(claims)
    _check_times(claims, required=("exp", "iat"))
    if not _same(claims.get("nonce"), nonce):
        raise SignInError("bad_token", "nonce")
    sub = claims.get("sub")
    if not isinstance(sub, str) or not 0 < len(sub) <= LONGEST_SUB or "\0" in sub:
        raise SignInError("bad_token", "sub")
    if "at_hash" in claims and not _same(claims["at_hash"], _half_hash(access_token)):
        raise SignInError("bad_token", "at_hash")
    return claims


def read_userinfo(token: str) -> Claims:
    """The claims of a signed userinfo answer: ours if it says for whom it is, and not of another time."""
    claims = _verified(token)
    _check_issuer_and_audience(claims)
    _check_times(claims, required=())
    return claims


def read_logout(token: str) -> Claims:
    """The claims of a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6), except that it was not sent before.

    Raises SignInError when any check fails.
    """
    if len(token) > LONGEST_LOGOUT:
        raise SignInError("bad_token", "length")
    claims = _verified(token, patient=True, kind="logout+jwt")
    _check_issuer_and_audience(claims)
    _check_times(claims, required=("exp", "iat"))
    if claims["exp"] > time.time() + LOGOUT_DAY:
        raise SignInError("bad_token", "exp")
    _check_logout(claims)
    return claims


def _check_logout(claims: Claims) -> None:
    """It says that somebody is signed out, and whom; an ID token, which has a nonce, never passes for it."""
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
        raise SignInError("bad_token", "events")
    if "nonce" in claims:
        raise SignInError("bad_token", "nonce")
    named = {name: claims[name] for name in ("sub", "sid", "jti") if name in claims}
    if not named.keys() & {"sub", "sid"} or "jti" not in named:
        raise SignInError("bad_token", "jti" if "jti" not in named else "sub")
    for name, value in named.items():
        if not isinstance(value, str) or not value or "\0" in value:
            raise SignInError("bad_token", name)


def _verified(token: str, *, patient: bool = False, kind: str = "") -> Claims:
    """The claims when a key of the provider fits; keys are asked for again once, because providers rotate them.

    `patient`: the provider is not asked more often than every few seconds, because anybody may send such a token.
    `kind` is what the token's type must be where it names one that is no plain JWT.
    """
    algorithm = settings.oidc_algorithm  # never the token's own word
    kid = _kid(token, algorithm, kind)
    for fitting in keys.rounds(algorithm, kid, patient=patient):
        for key in fitting:
            claims = _try(token, key, algorithm)
            if claims is not None:
                return claims
    raise SignInError("bad_token", "signature")


def _kid(token: str, algorithm: str, kind: str) -> str | None:
    """The key id the header names. Raises SignInError when the token is unreadable or of another algorithm."""
    try:
        part = token.split(".", maxsplit=1)[0]
        header = transport.parse(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        named, kid, typ = header["alg"], header.get("kid"), header.get("typ", "JWT")
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError) as problem:
        raise SignInError("bad_token", "header") from problem
    if named != algorithm:
        raise SignInError("bad_token", "alg")
    if kind and str(typ).lower().removeprefix("application/") not in {"jwt", kind}:
        raise SignInError("bad_token", "typ")
    return kid if isinstance(kid, str) else None


def _try(token: str, key: Key, algorithm: str) -> Claims | None:
    registry = JWSRegistry(algorithms=[algorithm], strict_check_header=False)
    try:
        claims = jwt.decode(token, key, registry=registry).claims
        return transport.parse(json.dumps(claims))
    except BadSignatureError:
        return None
    except (JoseError, ValueError, TypeError, RecursionError) as problem:
        raise SignInError("bad_token", type(problem).__name__) from problem


def _check_issuer_and_audience(claims: Claims) -> None:
    if not metadata.is_issuer(claims.get("iss", "")):
        raise SignInError("bad_token", "iss")
    audience = claims.get("aud")
    if settings.oidc_client_id not in (audience if isinstance(audience, list) else [audience]):
        raise SignInError("bad_token", "aud")
    if claims.get("azp", settings.oidc_client_id) != settings.oidc_client_id:
        raise SignInError("bad_token", "azp")


def _check_times(claims: Claims, *, required: tuple[str, ...]) -> None:
    """Refuse a token of another time; the leeway forgives seconds between two clocks."""
    times = {name: claims[name] for name in ("exp", "iat", "nbf") if name in claims}
    if set(required) - set(times) or not all(_is_time(value) for value in times.values()):
        raise SignInError("bad_token", "times")
    now, leeway = time.time(), settings.oidc_leeway
    begun = max(times.get("iat", now), times.get("nbf", now))
    if times.get("exp", now) < now - leeway or begun > now + leeway:
        raise SignInError("wrong_clock")


def _is_time(value: object) -> bool:
    """A number that can be compared; JSON as Python reads it has some that cannot."""
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())


def _half_hash(value: str) -> str:
    """The left half of the hash that the algorithm's name tells (OpenID Connect Core, 3.1.3.6)."""
    digest = hashlib.new("sha" + settings.oidc_algorithm[2:], value.encode()).digest()
    return base64.urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()
