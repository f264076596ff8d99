"""A LiveKit server as the contract sees it: Twirp over HTTP with a token of the grants a call needs."""

import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests
from livekit.api import AccessToken, SIPGrants, VideoGrants

from tests.support.waiting import PATIENCE

Info = dict[str, Any]
NAMES = "frontdesk-contract-"
PSRPC = "twirp error unknown: "  # before errors that crossed LiveKit's message bus: v1.13.5 has it, v1.13.11 has not
# What makes an object, the field that names it in the answer, and the request that takes it away again.
MADE = {
    "livekit.RoomService/CreateRoom": ("name", "DeleteRoom", "room"),
    "livekit.SIP/CreateSIPInboundTrunk": ("sip_trunk_id", "DeleteSIPTrunk", "sip_trunk_id"),
    "livekit.SIP/CreateSIPOutboundTrunk": ("sip_trunk_id", "DeleteSIPTrunk", "sip_trunk_id"),
    "livekit.SIP/CreateSIPDispatchRule": ("sip_dispatch_rule_id", "DeleteSIPDispatchRule", "sip_dispatch_rule_id"),
}


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
        """Twirp's error message, in the words that older and newer servers have in common."""
        return str(self.body["msg"]).removeprefix(PSRPC)


@dataclass(frozen=True)
class Server:
    """A server and the key that signs tokens for it; `made` is what we made there and must take away again."""

    url: str
    api_key: str
    api_secret: str
    made: list[tuple[str, dict[str, str]]] = field(default_factory=list)

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
        answer = requests.request(verb, f"{self.url}/twirp/{path}", headers=headers, timeout=PATIENCE, **body)
        content_type = answer.headers["Content-Type"].partition(";")[0]
        found = Answer(answer.status_code, answer.json() if "json" in content_type else answer.text, content_type)
        self._remember(path, found)
        return found

    def clean(self) -> list[str]:
        """Take away what we made, the last first, whatever became of it; what could not be taken away is named."""
        left = []
        while self.made:
            method, body = self.made.pop()
            try:
                answer = self.rooms(method, body) if method == "DeleteRoom" else self.sip(method, body)
                gone = answer.status in {200, 404}
            except requests.RequestException:
                gone = False
            if not gone:
                left.append(f"{method} {body}")
        return left

    def _remember(self, path: str, answer: Answer) -> None:
        # A create that was to be refused and was not is remembered like any other.
        if path in MADE and answer.status == 200 and isinstance(answer.body, dict):
            name, method, argument = MADE[path]
            if method != "DeleteRoom" or answer.body[name].startswith(NAMES):
                self.made.append((method, {argument: answer.body[name]}))


def unique_name() -> str:
    """A room name that nobody else on a shared server uses."""
    return f"{NAMES}{secrets.token_hex(6)}"


def unique_number() -> str:
    """A number that nobody else on a shared server uses: +999 is assigned to no country."""
    return f"+999{secrets.randbelow(10**11):011d}"


def nobodys_track(room: str, person: Info) -> Info:
    """The request to unmute a track of the person that does not exist."""
    return {"room": room, "identity": person["identity"], "track_sid": "TR_frontdesk_probe", "muted": False}


def rule_on(trunk: Info, *, pin: str = "", room: str = "contract", **fields: Any) -> Info:
    """A Direct rule on a trunk."""
    direct = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
    return {"name": "frontdesk contract", "trunk_ids": [trunk["sip_trunk_id"]], "rule": direct, **fields}
