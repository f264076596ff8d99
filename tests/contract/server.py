"""A LiveKit server as the contract sees it: Twirp over HTTP with a token of the grants a call needs."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import requests
from livekit.api import AccessToken, SIPGrants, VideoGrants


@dataclass(frozen=True)
class Answer:
    """What came back: the HTTP status, and the JSON body."""

    status: int
    body: Any
    content_type: str

    @property
    def code(self) -> str:
        """Twirp's error code."""
        return str(self.body["code"])

    @property
    def msg(self) -> str:
        """Twirp's error message."""
        return str(self.body["msg"])


@dataclass(frozen=True)
class Server:
    """A server and the key that signs tokens for it."""

    url: str
    api_key: str
    api_secret: str

    def token(self, *, sip: SIPGrants | None = None, video: VideoGrants | None = None) -> str:
        """A token of five minutes with these grants."""
        token = AccessToken(self.api_key, self.api_secret).with_ttl(timedelta(minutes=5))
        token = token.with_sip_grants(sip) if sip else token
        return (token.with_grants(video) if video else token).to_jwt()

    def sip(self, method: str, body: dict[str, Any]) -> Answer:
        """Call the SIP service as its administrator."""
        return self.post(f"livekit.SIP/{method}", body, self.token(sip=SIPGrants(admin=True, call=True)))

    def rooms(self, method: str, body: dict[str, Any]) -> Answer:
        """Call the RoomService as one who may do everything, in the room the request names."""
        grants = VideoGrants(room_create=True, room_list=True, room_admin=True, room=body.get("room", ""))
        return self.post(f"livekit.RoomService/{method}", body, self.token(video=grants))

    def egress(self, method: str, body: dict[str, Any]) -> Answer:
        """Call the Egress service as one who may record."""
        return self.post(f"livekit.Egress/{method}", body, self.token(video=VideoGrants(room_record=True)))

    def post(self, path: str, body: dict[str, Any], token: str | None) -> Answer:
        """Call any Twirp method with any token, or none."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return self.send("POST", path, headers, json=body)

    def send(self, verb: str, path: str, headers: dict[str, str], **body: Any) -> Answer:
        """Send any request, however odd, below /twirp/."""
        answer = requests.request(verb, f"{self.url}/twirp/{path}", headers=headers, timeout=30, **body)
        content_type = answer.headers["Content-Type"].partition(";")[0]
        return Answer(answer.status_code, answer.json() if "json" in content_type else answer.text, content_type)


def unique_name() -> str:
    """A room name that nobody else on a shared server uses."""
    return f"frontdesk-contract-{secrets.token_hex(6)}"


def unique_number() -> str:
    """A number that nobody else on a shared server uses: +999 is assigned to no country."""
    return f"+999{secrets.randbelow(10**11):011d}"
