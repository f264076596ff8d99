"""Many callers within one second: how soon each is silenced, from LiveKit's hook to its mute."""

import json
import os
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import urlsplit

from bench.hold import ROOMS, muted_at, pin, waiting_rooms
from bench.livekit import NOWHERE, Simulator
from bench.load import LoadFailed, raw
from bench.world import World, signed

KEY = "hold_burst"
AIM_MS = 100.0
WITHIN = 1.0  # seconds
VOICE_AFTER = 0.033  # seconds from the hook that tells of a caller to the one that tells of the voice
NUMBER = "+15550101"
FIRST = 500  # of the PINs and callers; those before are of the other figure
PATIENCE = 60
EVENTS = ("participant_joined", "track_published")


@dataclass(frozen=True)
class Silenced:
    """Milliseconds from the hook that tells of a caller to the mute, of so many who came within `seconds`.

    `load` is that of the machine, over the last minute: beside other work the figures are of that work, too.
    """

    key: ClassVar[str] = KEY
    p50_ms: float
    p95_ms: float
    worst_ms: float
    calls: int
    seconds: float
    load: float

    @property
    def meets_the_aim(self) -> bool:
        """Nearly all of the callers are silent in time."""
        return self.p95_ms <= AIM_MS

    def text(self) -> str:
        """One line for the report."""
        verdict = "" if self.meets_the_aim else ": missed"
        took = f"median {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, worst {self.worst_ms:.1f} ms"
        came = f"{self.calls} calls within {self.seconds:.1f} s at a load of {self.load:.1f}"
        return f"hold_burst: from the hook to the mute {took}, {came} (p95 at most {AIM_MS:.0f} ms{verdict})"


def measure(world: World, simulator: Simulator, url: str, count: int) -> Silenced:
    """Tell of callers who are inside already, all at once, and see when each is muted. Raises LoadFailed."""
    callers = _called(world, simulator, count)
    requests = [[_request(caller[event]) for event in EVENTS] for caller in callers]
    voices = [str(caller["track_published"]["track"]["sid"]) for caller in callers]
    with ThreadPoolExecutor(count) as pool:
        begun = time.monotonic() + 0.2  # when all threads are there
        sent = list(pool.map(lambda place: _tell(url, requests[place], begun + WITHIN * place / count), range(count)))
    told = dict(zip(voices, sent, strict=True))
    seconds = max(sent) - min(sent)
    took = [round(each, 1) for each in sorted(_took(simulator, told))]
    load = round(os.getloadavg()[0], 1)
    return Silenced(took[len(took) // 2], took[len(took) * 95 // 100], took[-1], len(took), round(seconds, 2), load)


def _called(world: World, simulator: Simulator, count: int) -> list[dict[str, dict[str, Any]]]:
    """Phones in rooms where they must wait, of whom nobody was told; gives what LiveKit has to tell of each."""
    simulator.control("switches", enable_remote_unmute=True)
    simulator.control("webhook-urls", urls=[NOWHERE])
    trunk_id = simulator.trunk(NUMBER)
    for number, room_id in enumerate(waiting_rooms(world)):
        simulator.let_in(trunk_id, room_id, pin(FIRST + number))
    before = {hook["body"]["id"] for hook in simulator.reading("deliveries")}
    for number in range(count):
        caller = {"from": f"+1555{30_000 + number}", "to": NUMBER, "keys": f"{pin(FIRST + number % ROOMS)}#"}
        simulator.control("dial", **caller)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        hooks = [hook["body"] for hook in simulator.reading("deliveries") if hook["body"]["id"] not in before]
        callers: dict[str, dict[str, dict[str, Any]]] = {}
        for body in hooks:
            if body["event"] in EVENTS:
                callers.setdefault(body["participant"]["sid"], {})[body["event"]] = body
        whole = [caller for caller in callers.values() if len(caller) == len(EVENTS)]
        if len(whole) == count:
            simulator.control("webhook-urls", urls=[])
            return whole
        time.sleep(0.5)
    raise LoadFailed(f"hold_burst: {len(whole)} of {count} callers came in")


def _tell(url: str, requests: list[bytes], at: float) -> float:
    """Send both hooks of a caller, each at its time; gives when the first one was sent."""
    sent_at = 0.0
    for request, due in zip(requests, (at, at + VOICE_AFTER), strict=True):
        time.sleep(max(0.0, due - time.monotonic()))
        sent_at = sent_at or time.time()
        status = _send(url, request)
        if status != 200:
            raise LoadFailed(f"hold_burst: a hook was answered {status}")
    return sent_at


def _request(body: dict[str, Any]) -> bytes:
    content = json.dumps(body).encode()
    return raw("POST", "/hooks/livekit", {**signed(content), "Connection": "close"}, content)


def _send(url: str, request: bytes) -> int:
    """Send it over a connection of its own, and wait for the answer; returns its status."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=PATIENCE) as connection:
        connection.sendall(request)
        answer = connection.makefile("rb").read()
    return int(answer.split(b" ", 2)[1])


def _took(simulator: Simulator, told: dict[str, float]) -> Iterator[float]:
    """Milliseconds of each caller, once all are muted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        muted = muted_at(simulator)
        if muted.keys() >= told.keys():
            return ((muted[sid] - sent_at) * 1000 for sid, sent_at in told.items())
        time.sleep(0.5)
    raise LoadFailed(f"hold_burst: {len(muted.keys() & told.keys())} of {len(told)} callers were muted")
