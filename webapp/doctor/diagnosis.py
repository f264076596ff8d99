"""The last diagnosis, as counts in one row: the sidebar says what was found without asking LiveKit again."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, utcnow
from webapp.doctor import picture
from webapp.doctor.kinds import Severity
from webapp.doctor.models import Diagnosis
from webapp.doctor.picture import Picture
from webapp.livekit.errors import LiveKitUnavailable

ROW = 1
COUNTS = {severity: f"{severity.value}s" for severity in Severity}


def latest() -> Diagnosis | None:
    """What was found last, and when; None before the first diagnosis."""
    return db.session.get(Diagnosis, ROW)


def of(seen: Picture) -> Diagnosis:
    """What this reading found; nothing is stored."""
    return Diagnosis(read_at=seen.read_at, **_counts(seen))


def _counts(seen: Picture) -> dict[str, int]:
    counted = Counter(COUNTS[finding.severity] for finding in seen.findings)
    return {name: counted[name] for name in COUNTS.values()}


def diagnose() -> None:
    """Read LiveKit and keep what is found; the job of the clock. Commits. Raises LiveKitUnavailable."""
    seen = picture.read()
    if seen.problem:
        raise LiveKitUnavailable(seen.problem)
    values = {"read_at": utcnow(), **_counts(seen)}
    mine = sa.update(Diagnosis).where(Diagnosis.id == ROW).values(values)
    if not db.session.execute(mine).rowcount:  # type: ignore[attr-defined]
        try:
            with db.collision_safe():
                db.session.add(Diagnosis(id=ROW, **values))
        except IntegrityError:
            pass  # another process was first, and saw the same
    db.session.commit()
