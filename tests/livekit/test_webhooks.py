"""Only our LiveKit's hooks are believed, and only for exactly the bytes it signed."""

import base64
import hashlib
import json
import time
from typing import Any

import jwt
import pytest
from flask import Flask

from webapp.core.settings import settings
from webapp.livekit.tokens import guest_token, member_token
from webapp.livekit.webhooks import BodyUnreadable, SignatureRefused, verify

BODY = b'{"event":"room_started","id":"EV_1","room":{"name":"caf\xc3\xa9"}}'


def _token(body: bytes = BODY, secret: str = "", **claims: Any) -> str:
    now = int(time.time())
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    wanted = {"iss": settings.livekit_api_key, "exp": now + 300, "nbf": now, "iat": now, "sha256": digest, **claims}
    key = secret or settings.livekit_api_secret.get_secret_value()
    return jwt.encode({k: v for k, v in wanted.items() if v is not None}, key, algorithm="HS256")


def test_a_hook_of_our_livekit_is_read(app: Flask):
    assert verify(_token(), BODY) == {"event": "room_started", "id": "EV_1", "room": {"name": "café"}}


def test_a_changed_body_is_refused(app: Flask):
    with pytest.raises(SignatureRefused):
        verify(_token(), BODY + b" ")


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "another-key"},
        {"secret": "another-secret-of-at-least-32-characters"},
        {"exp": -120},
        {"exp": None},
        {"nbf": 120},
        {"sha256": None},
        {"sha256": ""},
        {"sha256": "not base64!"},
        {"sha256": 5},
    ],
)
def test_a_token_that_is_not_ours_or_not_of_now_is_refused(app: Flask, claims: dict[str, Any]):
    now = int(time.time())
    for moment in {"exp", "nbf"} & set(claims):
        claims = claims | {moment: claims[moment] and now + claims[moment]}
    with pytest.raises(SignatureRefused):
        verify(_token(**claims), BODY)


@pytest.mark.parametrize("header", [None, "", "Bearer", "eyJ.eyJ.c2ln"])
def test_a_header_that_is_no_token_is_refused(app: Flask, header: str | None):
    with pytest.raises(SignatureRefused):
        verify(header, BODY)


def test_a_clock_that_is_half_a_minute_off_is_forgiven(app: Flask):
    now = int(time.time())
    assert verify(_token(nbf=now + 30, exp=now + 300), BODY)
    assert verify(_token(nbf=now - 400, exp=now - 30), BODY)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_signed_body_that_is_no_object_is_unreadable(app: Flask, body: bytes):
    with pytest.raises(BodyUnreadable):
        verify(_token(body), body)


def test_a_guest_may_join_one_room_and_nothing_more(app: Flask):
    secret = settings.livekit_api_secret.get_secret_value()
    claims = jwt.decode(guest_token("room-1", "guest-1", "Lotte"), secret, algorithms=["HS256"])
    video = claims["video"]
    assert (claims["sub"], claims["name"], video["room"], video["roomJoin"]) == ("guest-1", "Lotte", "room-1", True)
    assert video["canUpdateOwnMetadata"] is False
    allowed = {"canPublish", "canSubscribe", "canPublishData", "canPublishSources", "canUpdateOwnMetadata"}
    assert set(video) == {"room", "roomJoin"} | allowed
    assert claims["exp"] - time.time() <= 601


def test_a_member_may_also_change_their_own_metadata(app: Flask):
    secret = settings.livekit_api_secret.get_secret_value()
    claims = jwt.decode(member_token("room-1", "m", "M"), secret, algorithms=["HS256"])
    assert claims["video"]["canUpdateOwnMetadata"] is True
    assert "roomAdmin" not in claims["video"]
    assert json.dumps(claims).isascii()
