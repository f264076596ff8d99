"""How soon a caller is silenced: from the hook that tells of the voice to the mute, both by LiveKit's clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import sqlalchemy as sa

from bench.livekit import Simulator
from bench.load import LoadFailed
from bench.world import World
from webapp.core.db import db
from webapp.rooms.models import AccessLevel, Room

KEY = "hold"
AIM_MS = 50.0
ROOMS = 10
NUMBER = "+15550100"
PAUSE = 0.1  # seconds between two calls
PATIENCE = 60


@dataclass(frozen=True)
class Held:
    """What the callers' rooms heard of them: nothing after this long, in milliseconds."""

    key: ClassVar[str] = KEY
    p50_ms: float
    p95_ms: float
    calls: int

    @property
    def meets_the_aim(self) -> bool:
        """Half of the callers are silent in time."""
        return self.p50_ms <= AIM_MS

    def text(self) -> str:
        """One line for the report."""
        verdict = "" if self.meets_the_aim else ": missed"
        took = f"median {self.p50_ms:.1f} ms, p95 {self.p95_ms:.1f} ms, {self.calls} calls"
        return f"hold: from the hook to the mute {took} (median at most {AIM_MS:.0f} ms{verdict})"


def measure(world: World, simulator: Simulator, url: str, count: int) -> Held:
    """Let phones call rooms where they must wait, and see when each is muted. Raises LoadFailed when one is not."""
    with _told(simulator, url):
        trunk_id = simulator.trunk(NUMBER)
        for number, room_id in enumerate(waiting_rooms(world)):
            simulator.let_in(trunk_id, room_id, pin(number))
        for number in range(count):
            caller = {"from": f"+1555{20_000 + number}", "to": NUMBER, "keys": f"{pin(number % ROOMS)}#"}
            simulator.control("dial", **caller)
            time.sleep(PAUSE)
        took = sorted(_took(simulator, count))
    return Held(round(took[len(took) // 2], 1), round(took[len(took) * 95 // 100], 1), len(took))


def waiting_rooms(world: World) -> list[str]:
    """Some rooms in which callers must wait."""
    some = world.rooms(ROOMS)
    closed = sa.update(Room).where(Room.id.in_(some)).values(access_level=AccessLevel.RESTRICTED)
    db.session.execute(closed)
    db.session.commit()
    return [str(room_id) for room_id in some]


def pin(number: int) -> str:
    """The PIN of so many."""
    return str(4711000 + number)


@contextmanager
def _told(simulator: Simulator, url: str) -> Iterator[None]:
    """Frontdesk hears of what happens, and LiveKit gives back what was muted."""
    simulator.control("switches", enable_remote_unmute=True)
    simulator.control("webhook-urls", urls=[f"{url}/hooks/livekit"])
    try:
        yield
    finally:
        simulator.control("webhook-urls", urls=[])


def _took(simulator: Simulator, count: int) -> list[float]:
    """Milliseconds of each caller, once all are muted."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        told = {hook["body"]["track"]["sid"]: hook["sent_at"] for hook in _published(simulator)}
        muted = muted_at(simulator)
        if len(told) == count == len(muted.keys() & told.keys()):
            return [(muted[sid] - sent_at) * 1000 for sid, sent_at in told.items()]
        time.sleep(0.5)
    raise LoadFailed(f"hold: {len(muted)} of {count} callers were muted")


def muted_at(simulator: Simulator) -> dict[str, float]:
    """When LiveKit was first asked to mute each track, in Unix time."""
    asked = reversed(simulator.reading("requests", method="MutePublishedTrack"))
    return {each["body"]["track_sid"]: each["at"] for each in asked if each["body"]["muted"]}


def _published(simulator: Simulator) -> list[dict[str, Any]]:
    return [hook for hook in simulator.reading("deliveries") if hook["event"] == "track_published" and hook["sent_at"]]
