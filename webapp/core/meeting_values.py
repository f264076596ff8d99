"""The settings of the meeting page: whose it is, and where it finds LiveKit."""

from pydantic import Field
from pydantic_settings import BaseSettings

from webapp.core.values import MeetingUrl, OptionalLiveKitUrl


class MeetingSettings(BaseSettings):
    """Those of the settings that a meeting needs."""

    livekit_public_url: OptionalLiveKitUrl = Field(
        "", description="LiveKit's address as browsers reach it; empty: the same as FRONTDESK_LIVEKIT_URL"
    )
    meeting_url: MeetingUrl = Field(
        "",
        description="another site's meeting page: {room} becomes the slug, {token} the token, {livekit_url} LiveKit's "
        "wss:// address; without {token}, #token= is appended; empty: Frontdesk's own page",
    )

    @property
    def token_in_query(self) -> bool:
        """The meeting page gets its token where servers, proxies and histories write it down."""
        return "{token}" in self.meeting_url.split("#", 1)[0]
