"""Health for supervisors and proxies: alive, ready, and counted."""

import os
import time
from collections.abc import Callable, Iterator
from ipaddress import ip_address, ip_network

import sqlalchemy as sa
from flask import Blueprint, Flask, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest, multiprocess
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from webapp.core import patience, questions, redis_client, revisions, tls
from webapp.core.db import db
from webapp.core.release import VERSION
from webapp.core.revisions import Schema, SchemaState
from webapp.core.security import bears, csrf, limiter
from webapp.core.settings import settings

bp = Blueprint("health", __name__)
limiter.exempt(bp)
EXTENSION = "frontdesk.health"
KEPT_SECONDS = 5
PATIENCE_SECONDS = 1
TO_SPARE = 0.2  # seconds: the database's answer is there when the questions to all are over


class Build(Collector):
    """Which release answers: Prometheus sees when it changed."""

    def collect(self) -> Iterator[Metric]:
        """A one, with the release beside it."""
        family = GaugeMetricFamily("frontdesk_build_info", "The release that answers", labels=["version"])
        family.add_metric([VERSION], 1)
        yield family


COLLECTORS: list[Collector] = [Build()]  # asked at the time, and the same in all processes


@bp.get("/healthz")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return "ok\n", {"Content-Type": "text/plain"}


@bp.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Say which of the others answer: 503 without the database; without Redis or LiveKit the pages still work.

    Also 503 on a database that was not brought up to this version: pages would fail one by one.
    """
    kept_at, others = current_app.extensions.get(EXTENSION, (-KEPT_SECONDS, {}))  # because anybody may ask us
    asked = {} if time.monotonic() - kept_at < KEPT_SECONDS else _others()
    answers = questions.within(patience.PROBE, _schema, *asked.values())
    if asked:
        others = {name: bool(answer) for name, answer in zip(asked, answers[1:], strict=True)}
        current_app.extensions[EXTENSION] = (time.monotonic(), others)
    schema = answers[0]
    lines = [_line("database", schema is not None)]
    lines += [schema.words] if schema and schema.state is not SchemaState.CURRENT else []
    lines += [_line(name, well) for name, well in others.items()]
    ready = schema is not None and schema.usable
    return "\n".join([*lines, ""]), 200 if ready else 503, {"Content-Type": "text/plain"}


def _line(name: str, well: bool) -> str:
    return f"{name}: {'ok' if well else 'no answer'}"


def _schema() -> Schema | None:
    """What the database has, None when it does not answer; tests make their tables without migrations."""
    try:
        with patience.of(patience.PROBE - TO_SPARE), db.reader.connect() as connection:
            if not current_app.testing:
                return revisions.of(connection)
            connection.execute(sa.text("SELECT 1"))
            return Schema(revisions.newest())
    except SQLAlchemyError:
        return None


def _others() -> dict[str, Callable[[], bool]]:
    """Who else is asked: Redis, where one is named, and LiveKit."""
    redis = {"redis": _redis_answers} if settings.redis_url else {}
    return redis | {"livekit": _livekit_answers}


def _redis_answers() -> bool:
    redis, seconds = redis_client.library(), PATIENCE_SECONDS
    try:
        with redis.Redis.from_url(settings.redis_url, socket_connect_timeout=seconds, socket_timeout=seconds) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False


def _livekit_answers() -> bool:
    """Its front page is its own health check, and needs no token."""
    try:
        return tls.get(settings.livekit_url, lambda: settings.livekit_tls, PATIENCE_SECONDS).status < 500
    except tls.NoAnswer:
        return False


@bp.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Counters, histograms and gauges in Prometheus' text format; labels are never personal.

    Counts are those of this process alone, or, where PROMETHEUS_MULTIPROC_DIR names a folder, of all that share it.
    They tell how busy an installation is, so not everybody may read them.
    """
    if not _may_read_metrics():
        return "Not for this address or token.\n", 403, {"Content-Type": "text/plain"}
    return generate_latest(_registry()) + generate_latest(_gauges()), {"Content-Type": CONTENT_TYPE_LATEST}


def _may_read_metrics() -> bool:
    """Whoever has the token; where there is none, whoever is in one of the networks."""
    if token := settings.metrics_token.get_secret_value():
        return bears(token)
    try:
        address = ip_address(request.remote_addr or "")
    except ValueError:  # a socket in the file system has no address
        return False
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in ip_network(network) for network in settings.metrics_networks)


def _registry() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    shared = CollectorRegistry()
    multiprocess.MultiProcessCollector(shared)  # type: ignore[no-untyped-call]
    return shared


def _gauges() -> CollectorRegistry:
    asked = CollectorRegistry()
    for collector in COLLECTORS:
        asked.register(collector)
    return asked


def init_app(app: Flask) -> None:
    """Register the three addresses."""
    csrf.exempt(bp)
    app.register_blueprint(bp)
