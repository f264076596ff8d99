"""The queue that makes due work sooner: huey on SQLite inside the web process, or on Redis with `flask worker`."""

import signal
import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
from flask import Flask
from huey import Huey, RedisHuey, SqliteHuey
from huey.consumer import Consumer, Scheduler
from sqlalchemy.engine import make_url

from webapp.core import due
from webapp.core.config import Settings
from webapp.core.db import utcnow
from webapp.jobs import periodic, register, work

log = structlog.get_logger()
EXTENSION = "frontdesk.huey"
REDIS_TIMES = "socket_connect_timeout=2&socket_timeout=5"  # longer than the second for which workers wait for work
TICK_SECONDS = 60
STOP_SECONDS = 8  # what work under way gets; gunicorn and systemd wait longer


def make_huey(settings: Settings) -> Huey:
    """The queue that the settings name; results are not kept, the database knows them."""
    if settings.redis_url:
        glue = "&" if "?" in settings.redis_url else "?"
        return RedisHuey("frontdesk", url=f"{settings.redis_url}{glue}{REDIS_TIMES}", results=False)
    url = make_url(settings.database_url)
    folder = Path(url.database or "").parent if url.drivername.startswith("sqlite") else Path("var")
    folder.mkdir(parents=True, exist_ok=True)
    return SqliteHuey("frontdesk", filename=str(folder / "queue.sqlite3"), results=False, fsync=False)


def init_app(app: Flask, settings: Settings) -> None:
    """Tell the queue of due work after each commit; a queue that is away costs nothing but time."""
    huey = make_huey(settings)

    @huey.task()
    def run_work(work_id: str) -> None:
        with app.app_context():
            work.run(uuid.UUID(work_id), register.HANDLERS)

    @huey.periodic_task(lambda _when: True)
    def tick() -> None:
        with app.app_context():
            periodic.run_all(register.jobs())

    def sooner(work_id: uuid.UUID, due_at: datetime) -> None:
        try:
            delay = max((due_at - utcnow()).total_seconds(), 0)
            run_work.schedule(args=(str(work_id),), delay=delay) if delay else run_work(str(work_id))
        except Exception as error:  # the row is committed: the sweep will find it
            log.warning("queue.unavailable", error=type(error).__name__)

    app.extensions[EXTENSION] = huey
    app.extensions[due.QUEUE] = sooner


class PatientScheduler(Scheduler):
    """A clock that goes on while the queue is away: what it cannot hand over it does itself."""

    def enqueue_periodic_tasks(self, now: datetime | None) -> None:
        """Hand over what the clock brings."""
        for task in self.huey.read_periodic(now):
            try:
                self.huey.enqueue(task)
            except Exception as error:
                log.warning("queue.unavailable", error=type(error).__name__)
                self._do(task)

    def _do(self, task: Any) -> None:
        try:
            task.execute()
        except Exception as error:  # the clock must not stop
            log.error("tick.failed", error=type(error).__name__)


class PacedConsumer(Consumer):
    """A consumer whose clock ticks as often as the sweep needs it, and that lets work under way finish."""

    scheduler_class = PatientScheduler

    def __init__(self, app: Flask, threads: int) -> None:
        self._tick_seconds = min(TICK_SECONDS, app.extensions["frontdesk.settings"].sweep_seconds)
        super().__init__(app.extensions[EXTENSION], workers=threads, periodic=True, shutdown_timeout=STOP_SECONDS)
        self._signal_actions = dict.fromkeys((signal.SIGTERM, signal.SIGINT), (False, True))  # no restart; gracefully

    def _create_scheduler(self) -> Scheduler:
        scheduler = super()._create_scheduler()
        scheduler.periodic_task_seconds = self._tick_seconds
        return scheduler


class QuietConsumer(PacedConsumer):
    """A consumer that leaves the signals to the web server it lives in."""

    def _set_signal_handlers(self) -> None:
        """Leave SIGTERM to the server: it finishes requests first."""


def start_embedded(app: Flask, threads: int = 2) -> Consumer:
    """Run the queue inside this process; call it after the fork. Returns the consumer, for `stop`."""
    consumer = QuietConsumer(app, threads)
    consumer.start()
    return consumer


def stop(consumer: Consumer) -> None:
    """End a consumer; work under way may finish for some seconds."""
    consumer.stop(graceful=True)


def run_worker(app: Flask, threads: int = 4) -> None:
    """Run the queue until SIGTERM or SIGINT: the body of `flask worker`."""
    PacedConsumer(app, threads).run()


def depth(app: Flask) -> dict[str, Any]:
    """How much waits in the queue; unknown (None) while it is away."""
    huey = app.extensions.get(EXTENSION)
    try:
        return {"pending": huey.pending_count(), "scheduled": huey.scheduled_count()} if huey else {}
    except Exception:
        return {"pending": None, "scheduled": None}
