"""The runner: sleeps until the first row is due, or until it is told that another one is, and begins what is due.

The rows are looked at every few seconds in any case, so a word that is lost costs that much and nothing else.
"""

import enum
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from webapp.core import due
from webapp.core.config import Settings
from webapp.core.due import DueWork
from webapp.jobs import periodic, register, work
from webapp.jobs.periodic import Job, Pool
from webapp.jobs.work import Handler
from webapp.livekit.errors import code_of

if TYPE_CHECKING:
    from webapp.jobs.wakeups import Wakeups

log = structlog.get_logger()
LOOK = 5.0  # seconds after which the rows are looked at again, whatever was told
REST = 0.02  # seconds between two looks
STOP_SECONDS = 8  # what work under way gets; gunicorn and systemd wait longer
STOPPING = {signal.SIGTERM, signal.SIGINT}
LONG_PLACES = MAIL_PLACES = 2


class Work(enum.Enum):
    """Due work that takes long, and mail, have places of their own."""

    SHORT = "short"
    LONG = "long"
    MAIL = "mail"

    @property
    def kinds(self) -> sa.ColumnElement[bool]:
        """Which kinds those are, as a condition."""
        own = {Work.LONG: register.LONG, Work.MAIL: register.MAIL}
        if self in own:
            return DueWork.kind.in_(own[self])
        return DueWork.kind.not_in([*register.LONG, *register.MAIL])


class Places:
    """So much at the same time, each in a thread of its own; what finds no place stays in the database."""

    def __init__(self, name: str, count: int, ended: Callable[[], None]) -> None:
        self.busy: set[object] = set()
        self._name = name
        self.count = count
        self._ended = ended

    @property
    def free(self) -> int:
        """How many more may begin."""
        return self.count - len(self.busy)

    def begin(self, app: Flask, key: object, do: Callable[[], object]) -> None:
        """Do it, unless that is being done or there is no place."""
        if key in self.busy or self.free <= 0:
            return
        self.busy.add(key)
        threading.Thread(target=self._do, args=(app, key, do), name=f"{self._name}-{key}", daemon=True).start()

    def _do(self, app: Flask, key: object, do: Callable[[], object]) -> None:
        try:
            with app.app_context():
                do()
        except Exception as error:  # such as a database that is away: the next look begins it again
            self.busy.discard(key)
            log.error("runner.failed", work=str(key), code=code_of(error))
        else:
            self.busy.discard(key)
            self._ended()


class Runner:
    """The runner of this process; until it is started it only tells others."""

    def __init__(
        self,
        app: Flask,
        redis_url: str = "",
        jobs: Callable[[], list[Job]] = register.jobs,
        handlers: Mapping[str, Handler] = register.HANDLERS,
        look: float = LOOK,
    ) -> None:
        self._app = app
        self._jobs = jobs
        self._handlers = handlers
        self._look = look
        self._wakeups = _wakeups_over(redis_url) if redis_url else None
        self._changed = threading.Condition()
        self._told = False
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._places: dict[Pool | Work, Places] = {}
        self._looked_at = time.monotonic()

    def look_soon(self) -> None:
        """Look at the rows, here and elsewhere; returns at once."""
        self._wake()
        if self._wakeups is not None:
            self._wakeups.tell()

    def run_soon(self, job: str) -> None:
        """Let the job be due now. Commits."""
        periodic.wake(next(each for each in self._jobs() if each.name == job))
        self.look_soon()

    def answers(self) -> bool | None:
        """The way to other processes is open; None where there is none."""
        return self._wakeups.answers() if self._wakeups is not None else None

    def start(self, threads: int = 2) -> None:
        """Begin to do what is due, so many pieces of short work at once; after a fork, which threads do not survive."""
        self.furnish(threads)
        self._begin("runner", self._run)
        if self._wakeups is not None:
            self._begin("wake-ups", partial(self._wakeups.hear, self._wake, self._stopping))
        log.info("runner.started", threads=threads)

    def furnish(self, threads: int) -> None:
        """Make places: one for each job that must not wait for another."""
        with self._app.app_context():
            counts: Counter[Pool | Work] = Counter(job.pool for job in self._jobs())
        counts[Pool.CLEANING], counts[Work.SHORT], counts[Work.LONG] = 1, threads, LONG_PLACES
        counts[Work.MAIL] = MAIL_PLACES
        self._places = {kind: Places(kind.value, count, self._wake) for kind, count in counts.items()}

    def stop(self) -> None:
        """Begin nothing more; what is under way may finish for some seconds, and the rest stays due."""
        self._stopping.set()
        self._wake()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0, deadline - time.monotonic()))
        while self.is_busy and time.monotonic() < deadline:
            time.sleep(0.05)
        log.info("runner.stopped", left=sum(len(places.busy) for places in self._places.values()))

    def quiet_for(self) -> float | None:
        """Seconds since the rows were last looked at, or could not be; None when nobody looks any more."""
        goes_on = any(thread.name == "runner" and thread.is_alive() for thread in self._threads)
        if self._stopping.is_set() or not goes_on:
            return None
        return time.monotonic() - self._looked_at

    @property
    def is_busy(self) -> bool:
        """Something is under way."""
        return any(places.busy for places in self._places.values())

    def look(self) -> float:
        """Begin what is due and has a place; returns the seconds after which to look again."""
        waits = [self._look_at_jobs(), *map(self._look_at_work, Work)]
        return min([self._look, *chain(*waits)])

    def _look_at_jobs(self) -> list[float]:
        waits = []
        for job, wait in periodic.next_ones(self._jobs()):
            if wait > 0:
                waits.append(wait)
            else:
                self._places[job.pool].begin(self._app, job.name, partial(periodic.run_due, job))
        return waits

    def _look_at_work(self, kind: Work) -> list[float]:
        places, waits = self._places[kind], []
        for work_id, wait in work.next_ones(kind.kinds, 2 * places.count):  # those begun just now may come first
            if wait > 0:
                waits.append(wait)
            else:
                places.begin(self._app, work_id, partial(work.run, work_id, self._handlers))
        return waits

    def _wake(self) -> None:
        with self._changed:
            self._told = True
            self._changed.notify_all()

    def _begin(self, name: str, run: Callable[[], None]) -> None:
        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _run(self) -> None:
        while not self._stopping.wait(REST):
            self._told = False
            wait = self._tried()
            self._looked_at = time.monotonic()
            with self._changed:
                self._changed.wait_for(lambda: self._told or self._stopping.is_set(), wait)

    def _tried(self) -> float:
        try:
            with self._app.app_context():
                return self.look()
        except Exception as error:  # the clock must not stop while the database is away
            log.error("runner.failed", code=code_of(error))
            return self._look


def init_app(app: Flask, settings: Settings) -> None:
    """Give the app its runner; a web process with Redis only tells the workers."""
    app.extensions[due.RUNNER] = Runner(app, settings.redis_url)


def _wakeups_over(redis_url: str) -> "Wakeups":
    from webapp.jobs.wakeups import Wakeups  # noqa: PLC0415 - with redis, which few need: see webapp.core.redis_client

    return Wakeups(redis_url)


def of_app(app: Flask) -> Runner:
    """The app's runner."""
    runner: Runner = app.extensions[due.RUNNER]
    return runner


def current() -> Runner:
    """The current app's."""
    return of_app(current_app)


def leave_signals_to_this_thread() -> None:
    """Before any other is begun: those that end the process are waited for by this one."""
    signal.pthread_sigmask(signal.SIG_BLOCK, STOPPING)


def run_until_stopped(app: Flask, threads: int) -> None:
    """Do what is due until SIGTERM or SIGINT: the body of `flask worker`."""
    runner = of_app(app)
    runner.start(threads)
    signal.sigwait(STOPPING)
    runner.stop()
