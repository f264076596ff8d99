"""What the provider says of itself: its endpoints and keys, asked for once and kept for a while."""

import math
import threading
import time
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from webapp.accounts import transport
from webapp.accounts.problems import SignInError
from webapp.core.db import db
from webapp.core.settings import settings

KEEP_SECONDS = 3600
ASKED_AGAIN_EVERY = 10  # seconds, for tokens that anybody may send
EXTENSION = "frontdesk.oidc"


@dataclass
class KnownMetadata:
    """One provider's documents, shared by the threads of a process."""

    documents: dict[str, tuple[float, dict[str, Any]]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    asking: threading.Lock = field(default_factory=threading.Lock)  # on the word of strangers
    asked_again_at: float = -math.inf

    def known(self, url: str) -> tuple[float, dict[str, Any] | None]:
        """What was at the address not long ago, and when; minus infinity and None where it has to be asked for."""
        known = self.documents.get(url)
        return known if known and time.monotonic() - known[0] < KEEP_SECONDS else (-math.inf, None)

    def fetch(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        """The JSON object at the address, from memory unless it is old or a `fresh` one is asked for."""
        known = None if fresh else self.known(url)[1]
        if known is not None:
            return known
        document = _get_json(url)
        with self.lock:
            self.documents[url] = (time.monotonic(), document)
        return document


def address() -> str:
    """Where the provider says what it is (Discovery 1.0, 4)."""
    return settings.oidc_issuer.rstrip("/") + "/.well-known/openid-configuration"


def is_issuer(name: object) -> bool:
    """Whether this is the name of our provider."""
    # providers and administrators disagree about one trailing slash; nothing else may differ (Discovery 1.0, 4.3)
    return str(name).rstrip("/") == settings.oidc_issuer.rstrip("/")


def discover() -> dict[str, Any]:
    """The provider's metadata. Raises SignInError when it does not answer or is another issuer's."""
    document = _known().fetch(address())
    if not is_issuer(document.get("issuer", "")):
        raise SignInError("confused", "issuer")
    missing = [name for name in ("authorization_endpoint", "token_endpoint") if not is_address(document.get(name))]
    if missing:
        raise SignInError("confused", missing[0])
    return document


def signing_keys(*, fresh: bool = False) -> list[dict[str, Any]]:
    """The provider's published keys, as JWK objects."""
    url = discover().get("jwks_uri")
    if not is_address(url):
        raise SignInError("confused", "jwks_uri")
    keys = _known().fetch(str(url), fresh=fresh).get("keys")
    if not isinstance(keys, list):
        raise SignInError("confused", "keys")
    return [key for key in keys if isinstance(key, dict)]


def keys_known_at() -> float:
    """When the keys in memory were told, by the monotonic clock; minus infinity where they have to be asked for."""
    known = _known()
    _asked_at, document = known.known(address())
    return known.known(str(document.get("jwks_uri")))[0] if document is not None else -math.inf


def keys_for_strangers(*, newer_than: float) -> list[dict[str, Any]] | None:
    """Keys that were told after that moment; None where the provider is not to be asked for them now.

    Strangers have it asked at most every few seconds. Who comes meanwhile waits for that answer, though not for long: a
    provider that ends many sessions at once is believed in all of them, and one that is away holds up few threads.
    """
    known = _known()
    if not known.asking.acquire(timeout=settings.oidc_timeout / 2):
        return None
    try:
        if keys_known_at() > newer_than:
            return signing_keys()
        return signing_keys(fresh=True) if _may_ask_again(known) else None
    finally:
        known.asking.release()


def _may_ask_again(known: KnownMetadata) -> bool:
    may = time.monotonic() - known.asked_again_at >= ASKED_AGAIN_EVERY
    if may:
        known.asked_again_at = time.monotonic()
    return may


def forget() -> None:
    """Ask the provider again next time."""
    current_app.extensions.pop(EXTENSION, None)


def _known() -> KnownMetadata:
    known: KnownMetadata = current_app.extensions.setdefault(EXTENSION, KnownMetadata())
    return known


def is_address(value: object) -> bool:
    """Whether it is an http(s) address with a host; anything else could run a script or break a redirect."""
    if not isinstance(value, str) or not value.isprintable() or " " in value:
        return False
    try:
        return value.startswith(("https://", "http://")) and bool(urlsplit(value).hostname)
    except ValueError:  # such as an unfinished IPv6 address
        return False


def _get_json(url: str) -> dict[str, Any]:
    db.refuse_open_transaction()
    answer = transport.get(url, settings.oidc_timeout, Accept="application/json")
    return transport.document(answer, "json")
