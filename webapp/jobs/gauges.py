"""What Prometheus is told of how things are: who waits, what is live, wrong or left to do, and how long ago jobs ended.

All is read from the database, which every process shares, and nothing is asked of LiveKit. A question is answered from
an index of the rows that it is about, of which it counts no more than MOST: what is asked every few seconds by many
must cost the same on every day.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.engine import Connection
from sqlalchemy.exc import SQLAlchemyError

from webapp.audit import outlets, streaming
from webapp.audit.chain_models import AuditSeal, HeadOutlet
from webapp.core import health
from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.core.settings import settings
from webapp.deliveries.models import UNHANDLED_ROWS, Delivery
from webapp.doctor import diagnosis
from webapp.doctor.kinds import Severity
from webapp.doctor.models import Diagnosis
from webapp.hooks import processing
from webapp.jobs import work
from webapp.jobs.models import PeriodicJob
from webapp.live.sweep import SWEEP_JOB
from webapp.lobby.models import Entry, EntryKind
from webapp.rooms.models import Room

MOST = 10_000
WAITING = sa.text("lobby_entries.status = 'waiting'")  # as its index says it: a bound value finds none


class Gauges(Collector):
    """As they are now; while the database is away there are none."""

    def collect(self) -> Iterator[Metric]:
        """Ask for all of them over one connection."""
        try:
            with db.reader.connect() as connection:
                metrics = [*_people(connection), *_findings(connection), *_backlog(connection)]
                metrics += [*_jobs(connection), *_audit(connection)]
        except SQLAlchemyError:
            return
        yield from metrics


def _people(connection: Connection) -> Iterator[Metric]:
    entries = sa.select(Entry.kind).where(WAITING).limit(MOST).subquery()
    counted = sa.select(entries.c.kind, sa.func.count()).group_by(entries.c.kind)
    waiting = {row[0]: row[1] for row in connection.execute(counted)}
    meaning = "Guests on the web, and callers on hold, who wait to be let in"
    yield _by("lobby_waiting", meaning, "kind", {kind.value: waiting.get(kind, 0) for kind in EntryKind})
    live = sa.select(sa.literal(1)).where(Room.live_since.is_not(None)).limit(MOST).subquery()
    yield _one("rooms_live", "Rooms with somebody in them", connection.scalar(sa.select(sa.func.count(live.c[0]))))


def _findings(connection: Connection) -> Iterator[Metric]:
    last = sa.select(Diagnosis.__table__, db.clock().label("now")).where(Diagnosis.id == diagnosis.ROW)
    row = connection.execute(last).mappings().one_or_none()
    counts = {severity.value: row[diagnosis.COUNTS[severity]] for severity in Severity} if row is not None else {}
    yield _by("findings", "Findings of the doctor's last reading, by severity", "severity", counts)
    age = _seconds(row["read_at"], row["now"]) if row is not None else None
    yield _one("findings_age_seconds", "Since that reading", age)


def _backlog(connection: Connection) -> Iterator[Metric]:
    first = sa.select(DueWork.due_at.label("at"), (DueWork.due_at <= db.clock()).label("is_due")).where(work.OPEN)
    count, due, oldest, now = _counted(connection, first.order_by(DueWork.due_at))
    yield _one("due_work_open", "Pieces of due work that are neither done nor given up", count)
    yield _one("due_work_due", "Pieces of due work whose time has come", due)
    yield _one("due_work_age_seconds", "For how long the oldest of those has been due", _seconds(oldest, now))
    hooks = sa.select(Delivery.received_at.label("at"), sa.true().label("is_due"))
    hooks = hooks.where(sa.text(UNHANDLED_ROWS), Delivery.attempts < processing.TRIES)
    count, _due, oldest, now = _counted(connection, hooks.order_by(Delivery.id))
    yield _one("hooks_open", "Hooks that were stored and are neither worked off nor given up", count)
    yield _one("hooks_open_age_seconds", "Since the oldest of those came", _seconds(oldest, now))


def _counted(connection: Connection, rows: sa.Select[datetime, bool]) -> tuple[int, int, datetime | None, datetime]:
    """How many rows, how many of them are due, when the oldest was, and what time it is."""
    some = rows.limit(MOST).subquery()
    due = sa.func.count(sa.case((some.c.is_due, 1)))
    counted = connection.execute(sa.select(sa.func.count(), due, sa.func.min(some.c.at), db.clock()).select_from(some))
    count, is_due, oldest, now = counted.one()
    return count, is_due, oldest, now


def _jobs(connection: Connection) -> Iterator[Metric]:
    rows = connection.execute(sa.select(PeriodicJob.name, PeriodicJob.succeeded_at, db.clock()))
    ages = {name: _seconds(at, now) for name, at, now in rows if at is not None}
    yield _one("sweep_age_seconds", "Since the last sweep against LiveKit that succeeded", ages.get(SWEEP_JOB))
    yield _by("job_age_seconds", "Since a periodic job last succeeded", "job", ages)


def _audit(connection: Connection) -> Iterator[Metric]:
    kept = sa.select(HeadOutlet.name, HeadOutlet.seq, HeadOutlet.failing_since, db.clock())
    rows = {name: (seq, _seconds(since, now)) for name, seq, since, now in connection.execute(kept)}
    places = {name: name for name in outlets.configured()}
    waiting = None
    if settings.audit_stream_url:
        places["stream"] = streaming.name()
        end = connection.scalar(sa.select(sa.func.max(AuditSeal.seq))) or 0
        waiting = max(end - rows.get(streaming.name(), (0, 0))[0], 0)
    yield _one("audit_stream_waiting", "Seals of the audit log that are not streamed yet", waiting)
    failing = {place: rows.get(name, (0, 0))[1] for place, name in places.items()}
    meaning = "Since when a place that gets the audit log's heads or entries fails; 0 when it does not"
    yield _by("audit_outlet_failing_seconds", meaning, "outlet", failing)


def _seconds(since: datetime | None, now: datetime) -> float:
    return max((now - since).total_seconds(), 0) if since is not None else 0


def _one(name: str, meaning: str, value: float | None) -> Metric:
    return GaugeMetricFamily(f"frontdesk_{name}", meaning, value=value) if value is not None else _by(name, meaning)


def _by(name: str, meaning: str, label: str = "", values: Mapping[str, float] | None = None) -> Metric:
    family = GaugeMetricFamily(f"frontdesk_{name}", meaning, labels=[label] if label else [])
    for key, value in (values or {}).items():
        family.add_metric([key], value)
    return family


def register() -> None:
    """Let them be asked; once per process, however many apps it has."""
    if _GAUGES not in health.COLLECTORS:
        health.COLLECTORS.append(_GAUGES)


_GAUGES = Gauges()
