"""gunicorn's settings for Frontdesk: threads, because requests wait for the database and for LiveKit."""

import gc
import os
import sys
from typing import Any

import structlog
from gunicorn import glogging
from prometheus_client import multiprocess
from pydantic import ValidationError

from webapp.core import background, logs, revisions
from webapp.core.config import Settings
from webapp.holds import warmup
from webapp.jobs import runner
from webapp.setup.command import explain

worker_class = "gthread"
threads = 8
graceful_timeout = 10
timeout = 60  # for a worker that does nothing at all any more; each request has limits of its own
keepalive = 5
worker_connections = 200  # idle ones too; slow clients are the proxy's: see deploy/nginx.conf
backlog = 512
limit_request_line = 8190
limit_request_fields = 100
limit_request_field_size = 8190
SEVERAL = "one worker for SQLite or without Redis: set FRONTDESK_DATABASE_URL=postgresql://… and FRONTDESK_REDIS_URL"
control_socket_disable = True  # would be opened in the home folder, which a service user may not have


class Logger(glogging.Logger):
    """gunicorn's lines go through our chain, from the first one on; HUP sets this up anew."""

    def setup(self, cfg: Any) -> None:
        """Take gunicorn's own way of writing, then take its handlers away: each line would stand there twice."""
        super().setup(cfg)
        logs.init_logging()
        logs.watch_the_process()


logger_class = Logger


def on_starting(server: Any) -> None:
    """Refuse wrong settings and an older database once: a worker that cannot start would be started for ever."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.exit(explain(error, os.environ))
    logs.init_logging(settings.log_level)
    try:
        revisions.require(settings)
    except revisions.SchemaBehind as refusal:
        sys.exit(str(refusal))
    if server.cfg.workers > 1 and settings.several_processes_lose:
        structlog.get_logger().warning("several_workers", cure=SEVERAL)
    _keep()  # before the fork: workers share the pages of what is never touched


def _keep() -> None:
    """Take what is loaded out of the garbage collector's rounds: it stays as long as the process does."""
    gc.collect()
    gc.freeze()


def post_worker_init(worker: Any) -> None:
    """Be ready for callers, and run the jobs here where no Redis is named; threads do not survive the fork before."""
    _keep()
    with worker.wsgi.app_context():
        background.run(warmup.warm_up, background.AT_ONCE)
    if worker.wsgi.extensions["frontdesk.settings"].embedded:
        worker.runner = runner.of_app(worker.wsgi)
        worker.runner.start()


def child_exit(_server: Any, worker: Any) -> None:
    """Forget what a worker that is gone was busy with; its counts stay."""
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        multiprocess.mark_process_dead(worker.pid)  # type: ignore[no-untyped-call]


def worker_exit(_server: Any, worker: Any) -> None:
    """Let the job under way finish."""
    if hasattr(worker, "runner"):
        worker.runner.stop()
