"""The simulated LiveKit as tests see it: what it holds, what it was asked, and what shall go wrong."""

import base64
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import requests

from simulator.tokens import sign
from tests.support.waiting import PATIENCE


class Refused(Exception):
    """LiveKit, or its control API, answered an error."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


@dataclass
class LiveKit:
    """A LiveKit at `url` with a control API. Every method asks it, nothing is remembered here.

    `worked_off` waits until the app has done what webhooks made it do: it answers them before.
    """

    url: str
    key: str
    secret: str
    session: requests.Session = field(default_factory=requests.Session)
    worked_off: Callable[[], None] = lambda: None

    @contextmanager
    def opened(self) -> Iterator["LiveKit"]:
        """This LiveKit, with its connections closed at the end."""
        with self.session:
            yield self

    def control(self, command: str, **told: Any) -> Any:
        """Do a command of the control API."""
        return self._read(self.session.post(f"{self.url}/control/{command}", json=told, timeout=PATIENCE))

    def reading(self, name: str, **told: str) -> Any:
        """Look at something over the control API."""
        return self._read(self.session.get(f"{self.url}/control/{name}", params=told, timeout=PATIENCE))

    def call(self, service: str, method: str, **request: Any) -> Any:
        """Call a Twirp method from behind: neither counted nor failed on demand."""
        return self.control("call", service=service, method=method, request=request)

    def reset(self) -> None:
        """Forget everything and be well."""
        self.control("reset")

    # people

    def join(self, room: str, identity: str = "web", **told: Any) -> dict[str, Any]:
        """Join as a web participant; `publish=["microphone"]` speaks at once."""
        return dict(self.control("join", room=room, identity=identity, **told))

    def leave(self, room: str, identity: str = "web") -> None:
        """Leave by one's own wish."""
        self.control("leave", room=room, identity=identity)

    def participants(self, room: str) -> dict[str, dict[str, Any]]:
        """Who is in a room, by identity, with whom they hear."""
        found = [each for each in self.reading("state")["rooms"] if each["name"] == room]
        return {person["identity"]: person for each in found for person in each["participants"]}

    def rooms(self) -> list[str]:
        """The names of the rooms stored, ghosts included."""
        return [room["name"] for room in self.reading("state")["rooms"]]

    # phones

    def dial(self, number: str = "+15551234", *, to: str, keys: str = "", **caller: str) -> dict[str, Any]:
        """Call a number, press keys, and answer how the call stands once it waits or is over."""
        call = self.control("dial", **{"from": number, "to": to, **caller})
        call = self._rested(call["id"])
        return self.press(call["id"], keys) if keys else call

    def press(self, phone: str, keys: str) -> dict[str, Any]:
        """Press keys of a phone and answer how the call stands once it waits or is over."""
        self.control("press", id=phone, keys=keys)
        return self._rested(phone)

    def hang_up(self, phone: str) -> dict[str, Any]:
        """Put a receiver down."""
        return dict(self.control("hang-up", id=phone))

    def phone(self, phone: str) -> dict[str, Any]:
        """How a call stands: state, answers, prompts, room, audible, hears."""
        return dict(self.reading("phone", id=phone))

    def store_sip(self, **objects: list[dict[str, Any]]) -> None:
        """Store trunks and rules without LiveKit's checks, as lost races do."""
        self.control("store-sip", **objects)

    def store_twin(self, identifier: str) -> dict[str, Any]:
        """Store a copy of a rule or trunk beside it: a conflicting pair."""
        return dict(self.control("store-twin", id=identifier))

    def _rested(self, phone: str) -> dict[str, Any]:
        return dict(self.control("rest", id=phone))

    # objects

    def trunks(self) -> list[dict[str, Any]]:
        """The inbound trunks stored."""
        return list(self.call("SIP", "ListSIPInboundTrunk")["items"])

    def rules(self) -> list[dict[str, Any]]:
        """The dispatch rules stored."""
        return list(self.call("SIP", "ListSIPDispatchRule")["items"])

    def pin_of(self, rule_id: str | None) -> str | None:
        """The PIN a stored rule asks for."""
        for rule in self.rules():
            if rule["sip_dispatch_rule_id"] == rule_id:
                (kind,) = rule["rule"].values()
                return str(kind["pin"])
        return None

    def egresses(self) -> list[dict[str, Any]]:
        """The egresses stored."""
        return list(self.call("Egress", "ListEgress")["items"])

    # what it was asked

    def calls(self, method: str) -> int:
        """How often a method was called since the last reset."""
        return int(self.reading("counts").get(method, 0))

    def asked(self, method: str) -> list[dict[str, Any]]:
        """The bodies a method was called with, in order."""
        return [asked["body"] for asked in self.reading("requests", method=method)]

    def messages(self, room: str) -> list[dict[str, str]]:
        """The data messages sent into a room."""
        return [each for each in self.reading("messages") if each["room"] == room]

    @property
    def outages(self) -> int:
        """How often the real server's process would have ended."""
        return int(self.reading("state")["outages"])

    # what goes wrong

    def fail(self, method: str = "*", code: str = "unavailable", *, times: int = 1, **told: Any) -> None:
        """Fail the next calls of a method; `applied=True`: after the work is done."""
        self.control("fail", method=method, code=code, times=times, **told)

    def delay(self, method: str, seconds: float, *, times: int = 1, applied: bool = False) -> None:
        """Let the next calls of a method take longer; `applied=True`: their work is done before that."""
        self.control("delay", method=method, seconds=seconds, times=times, applied=applied)

    def html(self, method: str = "*", *, times: int = 1, status: int = 502) -> None:
        """Answer the next calls with a proxy's HTML page."""
        self.control("html", method=method, times=times, status=status)

    def go_away(self, how: str = "refuse") -> None:
        """Be down (refuse), or answer nothing (hang)."""
        self.control("away", how=how)

    def heal(self) -> None:
        """Be well again."""
        self.control("heal")

    def restart(self, *, ghosts: bool = True, rejoin: bool = False) -> None:
        """Crash and come back."""
        self.control("restart", ghosts=ghosts, rejoin=rejoin)

    def switch(self, **switches: bool) -> None:
        """Configure LiveKit: enable_remote_unmute, racy_creates, redis, egress_worker."""
        self.control("switches", **switches)

    # webhooks

    def hooks_to(self, *urls: str) -> None:
        """Send webhooks there from now on."""
        self.control("webhook-urls", urls=list(urls))

    def hook_fault(self, kind: str, **told: Any) -> None:
        """Drop, delay, duplicate or reverse the next webhooks."""
        self.control("hooks", kind=kind, **told)

    def settle(self, seconds: float = PATIENCE) -> None:
        """Wait until every webhook is delivered or given up, and worked off, with what that made LiveKit tell."""
        for _ in range(2):
            assert self.control("settle", seconds=seconds)["idle"], "webhooks are still on their way"
            self.worked_off()

    def deliveries(self, event: str | None = None) -> list[dict[str, Any]]:
        """The webhooks and what became of them."""
        return [each for each in self.reading("deliveries") if event in {None, each["event"]}]

    def signed(self, body: bytes, **claims: Any) -> dict[str, str]:
        """Headers of a webhook with this body, for tests that post one themselves."""
        now = int(time.time())
        digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
        told = {"iss": self.key, "nbf": now, "iat": now, "exp": now + 300, "sha256": digest, **claims}
        return {"Authorization": sign(told, self.secret), "Content-Type": "application/webhook+json"}

    def token(self, video: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """An access token with these grants."""
        now = int(time.time())
        return sign({"iss": self.key, "nbf": now, "exp": now + 600, "video": dict(video or {}), **claims}, self.secret)

    def _read(self, answer: requests.Response) -> Any:
        body = answer.json() if "json" in answer.headers.get("Content-Type", "") else answer.text
        if answer.status_code != 200:
            raise Refused(answer.status_code, body)
        return body
