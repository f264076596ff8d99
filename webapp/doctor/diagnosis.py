"""The last diagnosis, as counts in one row and the worst of each room: pages show it without asking LiveKit again."""

from collections import Counter
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, utcnow
from webapp.core.settings import settings
from webapp.doctor import reading as readings
from webapp.doctor import room_findings
from webapp.doctor.kinds import Severity
from webapp.doctor.models import Diagnosis
from webapp.doctor.reading import Reading
from webapp.livekit.errors import LiveKitUnavailable

DIAGNOSE_JOB = "diagnose"  # its name among the jobs of the clock
ROUNDS = 3
ROW = 1
COUNTS = {severity: f"{severity.value}s" for severity in Severity}


def latest() -> Diagnosis | None:
    """What was found last, and when; None before the first diagnosis."""
    return db.session.get(Diagnosis, ROW)


def is_current(last: Diagnosis) -> bool:
    """It is of the last rounds of its job: what is older tells little of now."""
    return last.read_at > utcnow() - ROUNDS * timedelta(seconds=settings.sweep_seconds)


def of(reading: Reading) -> Diagnosis:
    """What this reading found; nothing is stored."""
    return Diagnosis(read_at=reading.read_at, **_counts(reading))


def _counts(reading: Reading) -> dict[str, int]:
    counted = Counter(COUNTS[finding.severity] for finding in reading.findings)
    return {name: counted[name] for name in COUNTS.values()}


def diagnose() -> None:
    """Read LiveKit and keep what is found; the job of the clock. Commits. Raises LiveKitUnavailable."""
    reading = readings.read()
    if reading.problem:
        raise LiveKitUnavailable(reading.problem)
    values = {"read_at": utcnow(), **_counts(reading)}
    mine = sa.update(Diagnosis).where(Diagnosis.id == ROW).values(values)
    if not db.changed(mine):
        try:
            with db.collision_safe():
                db.session.add(Diagnosis(id=ROW, **values))
        except IntegrityError:
            pass  # another process was first, and saw the same
    room_findings.keep(room_findings.worst(reading))
    db.session.commit()
