"""Verify LiveKit's webhooks: the Authorization header is a bare JWT that carries the SHA-256 of the raw body."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import jwt

from webapp.core import strict_json
from webapp.core.settings import settings
from webapp.livekit.rooms import Participant

REASONS: dict[type[Exception], str] = {
    jwt.InvalidIssuerError: "other_key",  # the key's name
    jwt.MissingRequiredClaimError: "other_key",
    jwt.InvalidSignatureError: "other_secret",
    jwt.ExpiredSignatureError: "clock",
    jwt.ImmatureSignatureError: "clock",
}
TEXTS = {  # what LiveKit writes as text (livekit/protocol webhook), by where it stands in the event
    "": ("event", "id"),
    "room": ("name", "sid"),
    "participant": ("sid", "identity", "name", "kind"),
    "track": ("sid",),
    "egressInfo": ("egressId", "roomName", "status", "error"),
}


class SignatureRefused(Exception):
    """The hook is not from our LiveKit, or its body is not what was signed; `reason` says in a word what is wrong."""

    def __init__(self, reason: str, words: str) -> None:
        super().__init__(words)
        self.reason = reason


class BodyUnreadable(Exception):
    """The hook is signed, and its body is no JSON object."""


def verify(authorization: str | None, raw: bytes) -> dict[str, Any]:
    """The event in LiveKit's camelCase JSON (zero values are left out).

    Raises SignatureRefused unless the token is signed with our secret, of our key, in its time (60 s of leeway) and for
    exactly these bytes; raises BodyUnreadable when they are no JSON object.
    """
    claimed = _claimed_digest(authorization or "")
    if not hmac.compare_digest(claimed, hashlib.sha256(raw).digest()):
        raise SignatureRefused("body_changed", "the body is not what was signed")
    return _object(raw)


def phone_of(event: Mapping[str, Any]) -> Participant | None:
    """The caller whom an event tells of, as one who hears and may be heard; None when it is about somebody else."""
    told = event.get("participant")
    if not isinstance(told, Mapping) or told.get("kind") != "SIP":
        return None
    attributes = told.get("attributes")
    return Participant(
        sid=str(told.get("sid", "")),
        identity=str(told.get("identity", "")),
        name=str(told.get("name", "")),
        kind="sip",
        joined_at=datetime.now(UTC),
        attributes={str(key): str(value) for key, value in attributes.items()}
        if isinstance(attributes, Mapping)
        else {},
    )


def _claimed_digest(token: str) -> bytes:
    if not token.strip():
        raise SignatureRefused("unsigned", "the token is not one of our LiveKit's")
    from livekit.api import TokenVerifier  # noqa: PLC0415 - as in client: aiohttp comes with it

    verifier = TokenVerifier(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
    try:
        claims = verifier.verify(token.strip())
        return base64.b64decode(claims.sha256 or "", validate=True)
    except Exception as error:  # the library passes on whatever PyJWT, base64 or a claim of a wrong type raises
        reason = next((reason for kind, reason in REASONS.items() if isinstance(error, kind)), "unreadable_token")
        raise SignatureRefused(reason, "the token is not one of our LiveKit's") from None


def _object(raw: bytes) -> dict[str, Any]:
    try:
        event = strict_json.parse(raw)
    except ValueError:
        raise BodyUnreadable("not JSON") from None
    if not isinstance(event, dict):
        raise BodyUnreadable("not a JSON object")
    for place, names in TEXTS.items():
        part = event.get(place, {}) if place else event
        if isinstance(part, Mapping) and not all(isinstance(part.get(name, ""), str) for name in names):
            raise BodyUnreadable(f"not text where LiveKit has text: {place or 'event'}")
    participant = event.get("participant")
    attributes = participant.get("attributes") if isinstance(participant, Mapping) else None
    if isinstance(attributes, Mapping) and not all(isinstance(value, str) for value in attributes.values()):
        raise BodyUnreadable("not text where LiveKit has text: attributes")
    return event
