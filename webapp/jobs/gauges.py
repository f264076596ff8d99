"""What is told to Prometheus of work by the clock: how much waits, and how long ago each job succeeded."""

from collections.abc import Iterator

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import health
from webapp.core.db import db
from webapp.jobs import work
from webapp.jobs.models import PeriodicJob


class Gauges(Collector):
    """Read from the database, which all processes share; nothing is told while it is away."""

    def collect(self) -> Iterator[Metric]:
        """The gauges as they are now."""
        try:
            backlog, ages = work.backlog(), _ages()
        except SQLAlchemyError:
            db.session.rollback()
            return
        yield _gauge("due_work_open", "Pieces of due work that are neither done nor given up", backlog.open)
        yield _gauge("due_work_due", "Pieces of due work whose time has come", backlog.due)
        yield _gauge("due_work_age_seconds", "For how long the oldest of those has been due", backlog.age)
        yield _gauge("sweep_age_seconds", "Since the last sweep against LiveKit that succeeded", ages.get("rules"))
        since = GaugeMetricFamily("frontdesk_job_age_seconds", "Since a periodic job last succeeded", labels=["job"])
        for name, seconds in ages.items():
            since.add_metric([name], seconds)
        yield since


def _ages() -> dict[str, float]:
    succeeded = sa.select(PeriodicJob.name, PeriodicJob.succeeded_at, db.clock())
    rows = db.session.execute(succeeded)
    return {name: max((now - at).total_seconds(), 0) for name, at, now in rows if at is not None}


def _gauge(name: str, meaning: str, value: float | None) -> Metric:
    family = GaugeMetricFamily(f"frontdesk_{name}", meaning)
    if value is not None:
        family.add_metric([], value)
    return family


def register() -> None:
    """Let them be asked; once per process, however many apps it has."""
    if _GAUGES not in health.COLLECTORS:
        health.COLLECTORS.append(_GAUGES)


_GAUGES = Gauges()
