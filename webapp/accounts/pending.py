"""Sign-ins begun in this browser: state, nonce and PKCE verifier in the signed cookie, few and short-lived."""

import json
import secrets
import time
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import session

COOKIE_KEY = "pending_sign_ins"
LIFETIME_SECONDS = 600
KEPT = 8  # tabs that may sign in at once; more would let abandoned attempts swell the cookie
ROOM = 2000  # bytes of all of them: browsers drop a cookie over 4 KB, and a third more is its letters


@dataclass(frozen=True)
class SignInAttempt:
    """One attempt; each value is fresh, and useless once the attempt was finished."""

    next: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(36))
    begun_at: int = field(default_factory=lambda: int(time.time()))


def begin(target: str) -> SignInAttempt:
    """Remember a new attempt that will lead to the target."""
    attempt = SignInAttempt(next=target)
    session[COOKIE_KEY] = _fitting([*_alive()[-KEPT + 1 :], asdict(attempt)])
    return attempt


def _fitting(attempts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The attempts, the older ones without their targets where those are too long together: they end on the desk."""
    for attempt in attempts[:-1]:
        if len(zlib.compress(json.dumps(attempts).encode())) <= ROOM:  # much as the cookie will hold them
            break
        attempt["next"] = "/"
    return attempts


def others() -> list[dict[str, Any]]:
    """What other tabs have begun and is not finished: it outlives the sign-in of this one."""
    return _alive()


def take(state: str) -> SignInAttempt | None:
    """The attempt of that state, once: whatever comes of it, it cannot be used again."""
    alive = _alive()
    meant = next((attempt for attempt in alive if same(attempt["state"], state)), None)
    session[COOKIE_KEY] = [attempt for attempt in alive if attempt is not meant]
    return SignInAttempt(**meant) if meant else None


def same(expected: str, given: str) -> bool:
    """Whether two secrets agree, in constant time; what was given may hold any letters."""
    return secrets.compare_digest(expected.encode(), given.encode(errors="replace"))


def _alive() -> list[dict[str, Any]]:
    limit = time.time() - LIFETIME_SECONDS
    return [attempt for attempt in session.get(COOKIE_KEY, []) if attempt["begun_at"] > limit]
