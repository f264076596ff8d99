"""Work off runs, one item after the other: each is looked at again before it is touched, and a failure stops no other.

LiveKit's lists are read once for many items. A process that ends in the middle loses nothing: what has no result yet
waits, and what was done meanwhile is found to be so already.
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Self

import sqlalchemy as sa
import structlog
from prometheus_client import Counter

from webapp.audit.models import ActorKind
from webapp.audit.service import Actor
from webapp.core import due, leases
from webapp.core.db import db, utcnow
from webapp.doctor import reading as readings
from webapp.doctor.kinds import Remedy
from webapp.doctor.reading import Reading
from webapp.livekit.errors import code_of
from webapp.repairs import plan, queries, requests, service
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.repairs.plan import Plan
from webapp.repairs.requests import Follow, Request
from webapp.rules.problems import Problem

log = structlog.get_logger()
REPAIRS = Counter("frontdesk_repairs_total", "Items of repair runs by result", ["result"])
LEASE = "repairs"  # one run at a time, however many workers there are
BATCH = 500  # items per reading of LiveKit's lists
KEPT = timedelta(days=90)
GIVE_UP = 5  # items in a row that LiveKit did not answer: it is away, and the rest waits


class Away(Exception):
    """LiveKit does not answer; the run goes on later."""


def resume(run_id: str) -> None:
    """Due work: see to it that a run comes to its end, however often a process ends before."""
    work_off()
    db.session.commit()
    run = queries.run(uuid.UUID(run_id))
    if run is not None and run.ended_at is None:
        due.add(service.WORK, after=service.BACKSTOP, run_id=run_id)
    db.session.commit()


def work_off() -> None:
    """Work off the open runs, the oldest first; whoever finds another one at it leaves. Commits."""
    with leases.held(LEASE) as mine:
        if not mine:
            return
        for run_id in queries.open_runs():
            db.session.commit()
            _run(run_id)


def _run(run_id: uuid.UUID) -> None:
    problem, course = "", Course.of(run_id)
    try:
        while items := queries.next_items(run_id, BATCH):
            db.session.commit()
            for item in items:  # an update would be tried on every row that the session holds
                db.session.expunge(item)
            if not course.go(items):
                break
    except Away as away:
        problem = str(away)
    _settle(run_id, problem)


def _settle(run_id: uuid.UUID, problem: str) -> None:
    """Say why the run stands still, or end it; what a stopped one has not looked at is skipped.

    What somebody made wait again meanwhile keeps it open: the work that is due for it goes on.
    """
    run = db.session.get_one(RepairRun, run_id, populate_existing=True, with_for_update={"of": RepairRun})
    run.problem = problem
    if run.stopped_at is not None:
        waiting = sa.update(RepairItem).where(RepairItem.run_id == run_id, RepairItem.result == ItemResult.WAITING)
        run.skipped += db.changed(waiting.values(result=ItemResult.SKIPPED, problem="stopped", done_at=utcnow()))
    if run.stopped_at is not None or not (problem or queries.next_items(run_id, 1)):
        run.ended_at, run.problem = utcnow(), ""
    db.session.commit()


def purge() -> int:
    """Forget the runs that ended long ago, with their items; returns how many. The trail stays. Commits."""
    over = RepairRun.ended_at < utcnow() - KEPT
    db.purge(RepairItem, RepairItem.run_id.in_(sa.select(RepairRun.id).where(over)))  # first: a cascade has no pieces
    return db.purge(RepairRun, over)


@dataclass
class Course:
    """A run under way: what it has done since it began here, and how often LiveKit failed to answer in a row."""

    run_id: uuid.UUID
    ticket: str
    actor: Actor  # in whose name each repair is recorded
    unanswered: int = 0
    done: set[Request] = field(default_factory=set)

    @classmethod
    def of(cls, run_id: uuid.UUID) -> Self:
        """The course of a run; its repairs are those of whoever began it, unless that person was deleted."""
        run = db.session.get_one(RepairRun, run_id)
        actor = Actor(ActorKind.USER, run.started_by_id) if run.started_by_id else Actor.system()
        course = cls(run_id, run.ticket, actor)
        db.session.commit()
        return course

    def go(self, items: Iterable[RepairItem]) -> bool:
        """Work off some items on one reading of LiveKit; False when somebody stopped the run. Raises Away."""
        reading = readings.read()
        if reading.problem:
            raise Away(reading.problem)
        for item in items:
            if self._stopped():
                return False
            result, problem = self._repair(item, reading)
            self._note(item, result, problem)
            if self.unanswered >= GIVE_UP:
                raise Away("unavailable")
        return True

    def _stopped(self) -> bool:
        stopped = db.session.scalar(sa.select(RepairRun.stopped_at).where(RepairRun.id == self.run_id))
        db.session.commit()
        return stopped is not None

    def _repair(self, item: RepairItem, reading: Reading) -> tuple[ItemResult, str]:
        """Repair what is still wrong; a run touches nothing but what is ours."""
        finding = reading.finding(item.key)
        if finding is None:
            return ItemResult.ALREADY_SO, ""
        planned = plan.plans(finding, reading) if finding.remedy is Remedy.OURS else []
        ours = next((each for each in planned if each.foreign is None), None)
        if ours is None:
            return ItemResult.SKIPPED, "not_ours"
        follows = any(isinstance(request, Follow) for request in ours.requests)
        if ours.idle and not follows:  # a row may still be put right
            return ItemResult.SKIPPED, "unchanged"
        return self._do(ours, reading)

    def _do(self, planned: Plan, reading: Reading) -> tuple[ItemResult, str]:
        chosen = [request for request in planned.requests if request not in self.done]
        entry = service.repair(planned, ticket=self.ticket, actor=self.actor)
        db.session.commit()
        try:
            problem = requests.do(chosen, reading)
        except Exception as error:  # whatever went wrong with one, the others get their turn
            db.session.rollback()
            problem = Problem("broken")
            log.exception("repair.failed", run=str(self.run_id), finding=planned.finding.key, code=code_of(error))
        self.unanswered = self.unanswered + 1 if problem.is_unavailable else 0
        service.repaired(entry, problem)
        if problem:
            return ItemResult.FAILED, problem.code
        self.done |= set(chosen)
        return ItemResult.DONE, ""

    def _note(self, item: RepairItem, result: ItemResult, problem: str) -> None:
        REPAIRS.labels(result.value).inc()
        here = (RepairItem.run_id == self.run_id, RepairItem.position == item.position)
        values = {"result": result, "problem": problem, "done_at": utcnow()}
        db.session.execute(sa.update(RepairItem).where(*here).values(**values))
        column = getattr(RepairRun, result.value)
        db.session.execute(sa.update(RepairRun).where(RepairRun.id == self.run_id).values({column: column + 1}))
        db.session.commit()
