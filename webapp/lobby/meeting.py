"""Where a meeting takes place: Frontdesk's own page, or the one of another site that the settings name."""

from urllib.parse import quote, urlsplit

from flask import url_for

from webapp.core.settings import settings
from webapp.rooms.models import Room


def address(room: Room, token: str) -> str:
    """The meeting page; the token stands in the fragment, which no server and no log gets to see, unless set so."""
    own = url_for("lobby.meet", slug=room.slug)
    pattern = settings.meeting_url or own
    pattern = pattern if "{token}" in pattern else pattern + "#token={token}"
    for field, value in {"{room}": room.slug, "{token}": token, "{livekit_url}": settings.livekit_socket}.items():
        pattern = pattern.replace(field, quote(value, safe=""))
    return pattern


def headers() -> dict[str, str]:
    """What the browser may do on Frontdesk's own page: its files, LiveKit, the devices, and nothing else."""
    origins = " ".join(_origin(url) for url in (settings.livekit_socket, settings.livekit_browser_url))
    policy = (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self'",
        f"connect-src {origins}",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=()",
        "Referrer-Policy": "no-referrer",
    }


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
