"""Tokens that let people into a live room."""

from datetime import timedelta
from typing import Any

from webapp.core.settings import settings

GUEST_SOURCES = ["camera", "microphone", "screen_share", "screen_share_audio"]
TTL = timedelta(minutes=10)  # only joining needs it: LiveKit renews the token of those inside


def guest_token(room: str, identity: str, name: str, ttl: timedelta = TTL) -> str:
    """Lets a guest into one room, to see, hear, speak and write; nothing else."""
    grants = {"can_publish_sources": GUEST_SOURCES, "can_update_own_metadata": False}
    return _token(room, identity, name, ttl, grants)


def member_token(room: str, identity: str, name: str, ttl: timedelta = TTL) -> str:
    """Lets somebody with a role into one room; they may also change their own name and raise a hand there."""
    return _token(room, identity, name, ttl, {"can_update_own_metadata": True})


def _token(room: str, identity: str, name: str, ttl: timedelta, rights: dict[str, Any]) -> str:
    from livekit.api import AccessToken, VideoGrants  # noqa: PLC0415 - as in client: aiohttp comes with it

    grants = VideoGrants(room_join=True, room=room, **rights)
    token = AccessToken(settings.livekit_api_key, settings.livekit_api_secret.get_secret_value())
    signed: str = token.with_identity(identity).with_name(name).with_grants(grants).with_ttl(ttl).to_jwt()
    return signed
