"""What people change by repairs: one finding at once, or many in a run that goes on by itself."""

import uuid
from collections.abc import Iterable
from datetime import timedelta

import sqlalchemy as sa

from webapp import audit
from webapp.audit import Actor, intents
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.doctor.finding import Finding
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.repairs.plan import Plan
from webapp.rules.problems import Problem

WORK = "telephony.repair"
BACKSTOP = timedelta(seconds=30)  # a run goes on right after the answer; this is for a process that ended meanwhile


def repair(plan: Plan, *, ticket: str, actor: Actor) -> AuditEntry:
    """Record that a finding is to be repaired; LiveKit is asked after the commit, and then `repaired` is called.

    Whoever dies in between leaves it to the next reading to show whether the finding is still there; the sweep closes
    the entry as one that nobody confirmed.
    """
    return intents.record("rule.repair", target(plan.finding), actor, sought="", reason=ticket, **_told(plan))


def repaired(entry: AuditEntry, problem: Problem) -> None:
    """Record what became of a repair; of a problem the code alone, a foreign rule's name may follow it."""
    intents.settle(entry, DeedOutcome.FAILED if problem else DeedOutcome.DONE, problem.code)


def repair_all(found: Iterable[Finding], *, scope: str, ticket: str, actor: Actor) -> RepairRun:
    """Begin a run over the findings, in their order; whoever commits has it worked off."""
    run = RepairRun(scope=scope, ticket=ticket, started_by_id=actor.user_id)
    db.session.add(run)
    db.session.flush()
    rows = [
        {
            "run_id": run.id,
            "position": position,
            "key": finding.key,
            "fact": fact(finding),
            "result": ItemResult.WAITING,
        }
        for position, finding in enumerate(found, 1)
    ]
    db.session.execute(sa.insert(RepairItem), rows)
    run.total = len(rows)
    audit.record("telephony.repair_all", str(run.id), actor, reason=ticket, scope=scope, count=run.total)
    due.add(WORK, after=BACKSTOP, run_id=str(run.id))
    return run


def stop(run: RepairRun, *, actor: Actor) -> None:
    """Let a run end after the item it is at."""
    run.stopped_at = utcnow()
    left = run.total - run.looked_at
    audit.record("telephony.stop_repairs", str(run.id), actor, reason=run.ticket, count=left)


def retry(run: RepairRun, *, actor: Actor) -> None:
    """Make the failed items of a run wait again, also while it runs."""
    db.session.refresh(run, with_for_update={"of": RepairRun})  # or it might be ended between the items and the run
    failed = sa.update(RepairItem).where(RepairItem.run_id == run.id, RepairItem.result == ItemResult.FAILED)
    again = failed.values(result=ItemResult.WAITING, problem="", done_at=None)
    count = db.changed(again)
    run.failed, run.ended_at, run.stopped_at, run.problem = 0, None, None, ""
    audit.record("telephony.retry_repairs", str(run.id), actor, reason=run.ticket, count=count)
    due.add(WORK, after=BACKSTOP, run_id=str(run.id))


def fact(finding: Finding) -> dict[str, str | list[str]]:
    """What a finding is about, in ids."""
    told = {
        "kind": finding.kind.value,
        "room": str(finding.room.id) if finding.room else "",
        "trunk": finding.trunk_id,
        "rules": [rule.id for rule in finding.rules],
    }
    return {name: value for name, value in told.items() if value}


def target(finding: Finding) -> str:
    """The id that the trail files the repair under: a rule's, a room's or a trunk's."""
    if finding.rules:
        return finding.rules[0].id
    return str(finding.room.id) if finding.room else finding.trunk_id


def _told(plan: Plan) -> dict[str, str | uuid.UUID | list[str] | None]:
    """What the trail keeps of a plan: which rules go, change and come, by id."""
    fates = ("goes", "changed")
    gone, changed = ([each.before.id for each in plan.changes if each.before and each.fate == fate] for fate in fates)
    room = plan.finding.room.id if plan.finding.room else None
    told = {"what": plan.finding.kind.value, "how": plan.choice.partition("~")[0], "deleted": gone, "changed": changed}
    return {**told, "room_id": room}
