"""Sign-ins begun in this browser: state, nonce and PKCE verifier in the signed cookie, few and short-lived."""

import secrets
import time
from dataclasses import asdict, dataclass, field
from typing import Any

from flask import session

COOKIE_KEY = "pending_sign_ins"
LIFETIME_SECONDS = 600
KEPT = 4  # tabs that may sign in at once; more would let abandoned attempts swell the cookie


@dataclass(frozen=True)
class Pending:
    """One attempt; each value is fresh, and useless once the attempt was finished."""

    next: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(18))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(36))
    begun_at: int = field(default_factory=lambda: int(time.time()))


def begin(target: str) -> Pending:
    """Remember a new attempt that will lead to the target."""
    attempt = Pending(next=target)
    session[COOKIE_KEY] = [*_alive()[-KEPT + 1 :], asdict(attempt)]
    return attempt


def take(state: str) -> Pending | None:
    """The attempt of that state, once: whatever comes of it, it cannot be used again."""
    alive = _alive()
    found = next((attempt for attempt in alive if same(attempt["state"], state)), None)
    session[COOKIE_KEY] = [attempt for attempt in alive if attempt is not found]
    return Pending(**found) if found else None


def same(expected: str, given: str) -> bool:
    """Whether two secrets agree, in constant time; what was given may hold any letters."""
    return secrets.compare_digest(expected.encode(), given.encode(errors="replace"))


def _alive() -> list[dict[str, Any]]:
    limit = time.time() - LIFETIME_SECONDS
    return [attempt for attempt in session.get(COOKIE_KEY, []) if attempt["begun_at"] > limit]
