"""Recorded exchanges with a real LiveKit, asked again of the simulator and compared: status, code, message, shape.

Ids and times differ from run to run: ids are mapped as they appear (and must then stay the same), times are only
compared by type.
"""

import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.support.livekit import LiveKit
from tests.support.waiting import PATIENCE

RECORDED = Path(__file__).parent.parent / "simulator" / "recorded"
ID = re.compile(r"^(RM|PA|TR|EV|EG|ST|SDR|SCL)_\w{9,}$")
TOKEN = re.compile(r"eyJ[\w.-]+")
UNSTEADY = {
    *("creation_time", "creation_time_ms", "turn_password", "joined_at", "joined_at_ms", "unix_micro", "cid"),
    *("version", "num_participants", "num_publishers"),
    *("creationTime", "creationTimeMs", "turnPassword", "joinedAt", "joinedAtMs", "unixMicro", "createdAt"),
    *("sip.callID", "sip.callIDFull", "sip.callTag", "sip.ruleID", "sip.trunkID"),
}
EVERY_GRANT = ("roomCreate", "roomList", "roomAdmin", "roomRecord")
Exchange = dict[str, Any]


def recorded(name: str) -> list[Exchange]:
    """The lines of a recording, in order."""
    with gzip.open(RECORDED / f"{name}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


@dataclass
class Replay:
    """One recording being asked again; `ids` maps what LiveKit called things to what the simulator calls them."""

    livekit: LiveKit
    ids: dict[str, str] = field(default_factory=dict)
    headers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def differences(self, exchange: Exchange) -> list[str]:
        """Ask one recorded request and say where the answer is another."""
        request, expected = exchange["request"], exchange["response"]
        answer = self.livekit.session.request(
            request["method"],
            self.livekit.url + request["path"],
            data=self._body(request),
            headers=self._headers(exchange["name"], request),
            timeout=PATIENCE,
        )
        found: Any = answer.json() if answer.headers["Content-Type"] == "application/json" else answer.text
        if answer.headers["Content-Type"] == "application/protobuf":
            return [] if expected["body"].startswith("b64:") and answer.status_code == 200 else ["protobuf"]
        here = [] if answer.status_code == expected["status"] else [f"status {answer.status_code}"]
        if answer.headers["Content-Type"] != expected["content_type"]:
            here.append(f"content type {answer.headers['Content-Type']}")
        return here + self.unlike(expected["body"], found, "body")

    def unlike(self, expected: Any, found: Any, where: str) -> list[str]:
        """Where two bodies differ in shape, or in a value that should stay the same."""
        if isinstance(expected, dict) and isinstance(found, dict):
            if set(expected) != set(found):
                return [f"{where}: keys {set(expected) ^ set(found)}"]
            return [line for key in expected for line in self._unlike_at(key, expected[key], found[key], where)]
        if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
            pairs = zip(_sorted(expected), _sorted(found), strict=True)
            return [
                line for index, (one, two) in enumerate(pairs) for line in self.unlike(one, two, f"{where}[{index}]")
            ]
        if isinstance(expected, str) and isinstance(found, str) and ID.match(expected):
            same = self.ids.setdefault(expected, found) == found and found[:3] == expected[:3]
            return [] if same else [f"{where}: {found} is not {self.ids[expected]}"]
        return [] if _shown(expected) == _shown(found) else [f"{where}: {found!r} is not {expected!r}"]

    def _unlike_at(self, key: str, expected: Any, found: Any, where: str) -> list[str]:
        if key in UNSTEADY and type(expected) is type(found) and not isinstance(expected, dict):
            return []
        return self.unlike(expected, found, f"{where}.{key}")

    def _body(self, request: Exchange) -> bytes:
        body = request["body"]
        text = body if isinstance(body, str) else json.dumps(self._mapped(body))
        return text.encode()

    def _mapped(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._mapped(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._mapped(item) for item in value]
        return self.ids.get(value, value) if isinstance(value, str) else value

    def _headers(self, name: str, request: Exchange) -> dict[str, str | None]:
        content_type = request.get("content_type", "application/json")
        return {"Content-Type": content_type, **self.headers.get(name, self.almighty(request["body"]))}

    def almighty(self, body: Any, **instead: Any) -> dict[str, str]:
        """The headers of one who may do everything to the room the body names, but for what is said `instead`."""
        asked = body if isinstance(body, dict) else {"room": next(iter(re.findall("r-full", str(body))), "")}
        video: dict[str, Any] = dict.fromkeys(EVERY_GRANT, True)
        video |= {"room": asked.get("room", ""), "destinationRoom": asked.get("destination_room", "")}
        told = {"sip": {"admin": True, "call": True}, **instead}
        return {"Authorization": f"Bearer {self.livekit.token(told.pop('video', video), **told)}"}


def _sorted(items: list[Any]) -> list[Any]:
    """Lists come in no order from Redis; by name or identity they can be compared."""
    return sorted(items, key=lambda item: _name(item) if isinstance(item, dict) else "")


def _name(item: Mapping[str, Any]) -> str:
    return str(item.get("identity") or item.get("name") or item.get("mime") or "")


def _shown(value: Any) -> Any:
    """Refused tokens are echoed, and are others each time."""
    return TOKEN.sub("<token>", value) if isinstance(value, str) else value
