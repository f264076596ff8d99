"""How long the doctor takes for everything at once: LiveKit's lists, our rows, the findings and their page."""

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar

import requests
import sqlalchemy as sa

from bench.livekit import Simulator
from bench.load import LoadFailed
from bench.world import World
from webapp.accounts.models import Staff
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.deliveries.models import Delivery
from webapp.jobs.models import PeriodicJob
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import wanted as rules

KEY = "doctor"
PAGE = "/telephony/rules/read"
WRONG = 20  # every so many rules, one asks for another PIN
TIMES = 3
UNUSED: dict[Any, Any] = {  # what a room says of LiveKit when nobody was ever inside
    Room.live_since: None,
    Room.live_sid: "",
    Room.web_count: 0,
    Room.phone_count: 0,
    Room.sip_dispatch_rule_id: None,
    Room.rule_fingerprint: "",
    Room.rule_changed_at: None,
    Room.rule_problem: "",
    Room.reconcile_at: None,
}
MOST_S = 5.0


@dataclass(frozen=True)
class Diagnosed:
    """The median of a few readings, and of how much it was."""

    key: ClassVar[str] = KEY
    seconds: float
    rules: int
    rooms: int
    queries: int

    @property
    def meets_the_aim(self) -> bool:
        """Nobody waits for it too long."""
        return self.seconds <= MOST_S

    def text(self) -> str:
        """One line for the report."""
        of = f"{self.rules} rules and {self.rooms} rooms, {self.queries} queries"
        verdict = "" if self.meets_the_aim else ": missed"
        return f"doctor: {self.seconds:.2f} s for {of} (at most {MOST_S:.0f} s{verdict})"


def diagnose(world: World, url: str, count: int) -> Diagnosed:
    """Ask for the page of rules, of which there are that many. Raises LoadFailed when it finds other faults."""
    headers = world.browser(_support(world)) | {"HX-Request": "true"}
    answers = [_ask(url + PAGE, headers) for _ in range(TIMES)]
    expected = f"<small>{len(range(0, count, WRONG))}</small>"
    if expected not in answers[0][1].text:
        raise LoadFailed(f"not {expected} findings in the answer:\n{answers[0][1].text[:1500]}")
    took = sorted(seconds for seconds, _ in answers)[TIMES // 2]
    return Diagnosed(round(took, 2), count, world.size.rooms, int(answers[0][1].headers["X-Queries"]))


def _ask(url: str, headers: dict[str, str]) -> tuple[float, requests.Response]:
    begun = time.monotonic()
    answer = requests.get(url, headers=headers, timeout=120)
    if answer.status_code != 200:
        raise LoadFailed(f"{url}: {answer.status_code}")
    return time.monotonic() - begun, answer


def _support(world: World) -> Any:
    user = world.owner_of_few()
    user.staff = Staff.SUPPORT
    db.session.commit()
    return user


def fill(world: World, simulator: Simulator) -> int:
    """Let many rooms be live, as far as they have PINs, each with its rule, some of them wrong; returns how many.

    No Frontdesk may run meanwhile: what it still has to do would put the rooms right.
    """
    _forget(simulator)
    chosen = sa.select(Room.id).where(Room.pin.is_not(None), Room.trunk_id != "").order_by(Room.id)
    chosen = chosen.limit(world.size.rules)
    live = {"live_since": utcnow(), "web_count": 1, "hide_phone_number": True}
    db.session.execute(sa.update(Room).where(Room.id.in_(chosen)).values(live))
    db.session.commit()
    rooms = db.session.scalars(sa.select(Room).where(Room.live_since.is_not(None)).order_by(Room.id)).all()
    for room in rooms:
        room.sip_dispatch_rule_id = _rule_id(room)
    db.session.flush()
    trunks = list(db.session.scalars(sa.select(TrunkRow.sip_trunk_id)))
    wanted = [_rule(room, place) for place, room in enumerate(rooms)]
    guards = [rules.guard(trunk_id) for trunk_id in trunks]
    told = [
        {"sip_trunk_id": trunk_id, "name": trunk_id, "numbers": [f"+1555{place:06}"]}
        for place, trunk_id in enumerate(trunks)
    ]
    simulator.store(trunks=told, rules=[*guards, *wanted])
    simulator.rules = len(wanted)
    simulator.open_rooms([str(room.id) for room in rooms])
    db.session.commit()
    world.analyse()
    return len(rooms)


def _forget(simulator: Simulator) -> None:
    """Leave nothing on either side of what was measured before: only what is made wrong here shall be found."""
    for job in ("rules", "diagnose"):  # a sweep would find nobody inside and put right what shall be found
        db.session.merge(PeriodicJob(name=job, next_at=utcnow() + timedelta(days=1)))
    db.session.execute(sa.delete(DueWork))
    db.session.execute(sa.delete(Delivery))
    simulator.control("reset")
    db.session.execute(
        sa.update(Room).values(UNUSED).where(sa.or_(*(column.is_distinct_from(UNUSED[column]) for column in UNUSED)))
    )
    db.session.execute(sa.delete(TrunkRow).where(TrunkRow.sip_trunk_id.not_in(sa.select(Room.trunk_id))))
    db.session.execute(sa.update(TrunkRow).values(gone_at=None, guard_rule_id=None, guard_problem=""))
    db.session.commit()


def _rule_id(room: Room) -> str:
    return f"SDR_{room.id.hex}"


def _rule(room: Room, place: int) -> dict[str, Any]:
    """The rule that the room wants; now and then it asks for another PIN."""
    wish = rules.desired(room, 1) or {}
    if place % WRONG == 0:
        wish["rule"] = {"dispatch_rule_direct": {"room_name": str(room.id), "pin": f"99{place:06}"}}
    return {**wish, "sip_dispatch_rule_id": _rule_id(room)}
