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
    asked_again_at: float = -math.inf

    def known(self, url: str) -> dict[str, Any] | None:
        """What was at the address not long ago."""
        fetched_at, document = self.documents.get(url, (-math.inf, None))
        return document if time.monotonic() - fetched_at < KEEP_SECONDS else None

    def fetch(self, url: str, *, fresh: bool = False) -> dict[str, Any]:
        """The JSON object at the address, from memory unless it is old or a `fresh` one is asked for."""
        known = None if fresh else self.known(url)
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


def is_known() -> bool:
    """Whether the keys can be told without asking the provider."""
    known, document = _known(), _known().known(address())
    return document is not None and known.known(str(document.get("jwks_uri"))) is not None


def may_ask_again() -> bool:
    """Whether the provider may be asked on a stranger's word; True at most every few seconds."""
    known, now = _known(), time.monotonic()
    with known.lock:
        may = now - known.asked_again_at >= ASKED_AGAIN_EVERY
        if may:
            known.asked_again_at = now
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
