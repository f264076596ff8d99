"""How long the chain of a long audit log takes to follow, and what one entry more costs a transaction."""

import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from typing import ClassVar

import sqlalchemy as sa

from bench.load import LoadFailed
from bench.servers import ROOT
from bench.world import World
from webapp import audit
from webapp.audit import Actor, sealing
from webapp.audit.chain_models import AuditSeal
from webapp.audit.models import ActorKind, AuditEntry, Origin
from webapp.core import patience
from webapp.core.db import db, new_id, utcnow
from webapp.rooms.models import Room
from webapp.seed.bulk import Row, load

KEY = "audit_trail"
TRIES = 400
MOST_S, MOST_MS = 60.0, 1.0


@dataclass(frozen=True)
class Followed:
    """`flask audit verify` over so many seals, and the median of what an entry adds."""

    key: ClassVar[str] = KEY
    seals: int
    verify_s: float
    verify_cpu_s: float  # without the database's
    append_ms: float
    append_cpu_ms: float

    @property
    def meets_the_aim(self) -> bool:
        """Nobody waits for either."""
        return self.verify_s <= MOST_S and self.append_ms <= MOST_MS

    def text(self) -> str:
        """One line for the report."""
        verify = f"{self.seals} seals followed in {self.verify_s:.1f} s ({self.verify_cpu_s:.1f} s of CPU)"
        append = f"an entry adds {self.append_ms:.2f} ms ({self.append_cpu_ms:.2f} ms of CPU)"
        most = f"at most {MOST_S:.0f} s and {MOST_MS:.0f} ms{'' if self.meets_the_aim else ': missed'}"
        return f"audit trail: {verify}; {append} ({most})"


def measure(world: World, environment: Mapping[str, str]) -> Followed:
    """Let the log be that long and sealed, and follow it by the command."""
    append = _append(world.busy_room())
    fill(world)
    before, begun = getrusage(RUSAGE_CHILDREN), time.monotonic()
    command = [sys.executable, "-m", "flask", "--app", "wsgi", "audit", "verify"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    took, after = time.monotonic() - begun, getrusage(RUSAGE_CHILDREN)
    if done.returncode != 3:  # it agrees with itself, and nobody signed it
        raise LoadFailed(f"audit verify ended with {done.returncode}:\n{done.stdout}{done.stderr[-800:]}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Followed(int(done.stdout.split()[1]), round(took, 1), round(cpu, 1), *append)


def fill(world: World) -> None:
    """Let there be so many entries, all of them sealed."""
    there = db.session.scalar(sa.select(sa.func.count()).select_from(AuditEntry)) or 0
    rooms = world.rooms(1000)
    db.session.commit()
    with db.at_length() as connection:
        load(connection, AuditEntry, _entries(max(world.size.trail - there, 0), rooms))
    with patience.of(None):
        world.analyse()
        sealing.seal_all()
    world.analyse()
    if not db.session.scalar(sa.select(sa.func.max(AuditSeal.seq))):
        raise LoadFailed("nothing was sealed")
    db.session.commit()


def _entries(count: int, rooms: Sequence[object]) -> Iterator[Row]:
    now = utcnow()
    for number in range(count):
        room = rooms[number % len(rooms)]
        about = {"target_kind": "room", "target_id": str(room), "room_id": room, "action": "room.edit"}
        details = {"details": {"fields": ["name", "access_level"]}, "reason": "", "request_id": new_id().hex}
        who = {"actor": ActorKind.USER, "user_id": new_id(), "address": "192.0.2.7", "origin": Origin.PAGE}
        yield {"at": now - timedelta(seconds=count - number), **about, **details, **who}


def _append(room: Room) -> tuple[float, float]:
    """Milliseconds, and those of CPU here, that an entry adds to a transaction with a change; one after the other."""
    pairs = [(_transaction(room, records=True), _transaction(room, records=False)) for _ in range(TRIES)]
    added = [(recorded[0] - plain[0], recorded[1] - plain[1]) for recorded, plain in pairs]
    wall, cpu = (median(each) * 1000 for each in zip(*added, strict=True))
    return round(wall, 3), round(cpu, 3)


def _transaction(room: Room, *, records: bool) -> tuple[float, float]:
    begun, cpu = time.monotonic(), time.process_time()
    room.version += 1
    if records:
        audit.record("room.edit", room, Actor.system(), reason="", fields=["name", "access_level"])
    db.session.commit()
    return time.monotonic() - begun, time.process_time() - cpu
