"""Each request has an id, which is in its answer and in every line that is logged for it; it is one line, and counted.

The words are those of our own code: an endpoint's name and never an address, which may hold a name or a number.
"""

import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import structlog
from flask import Flask, request
from prometheus_client import Counter, Histogram

from webapp.core import logs

REQUESTS = Counter("frontdesk_requests_total", "Requests, by what answered and how", ["endpoint", "method", "status"])
SECONDS = Histogram(
    "frontdesk_request_seconds",
    "From a request to its answer's first byte, by what answered",
    ["endpoint"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
HEADER = "X-Request-ID"
FIELD = "request"
GIVEN = re.compile(r"(?=[0-9-]*[A-Za-z])[A-Za-z0-9-]{8,64}")  # with a letter in it: no telephone number, no PIN
METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
UNKNOWN = "unknown"  # no page of ours, or a method of the sender's own making
PROBES = {"health.healthz", "health.readyz", "health.metrics"}  # asked every few seconds: lines at level debug

ENDPOINT = "frontdesk.endpoint"
Answer = Iterable[bytes]


def current() -> str:
    """The id of the request that is answered here; empty outside of one."""
    return str(structlog.contextvars.get_contextvars().get(FIELD, ""))


@contextmanager
def belonging_to(request_id: str) -> Iterator[None]:
    """What is logged inside the block names the request: for threads that go on with its work."""
    with structlog.contextvars.bound_contextvars(**({FIELD: request_id} if request_id else {})):
        yield


class _Observed:
    """Stands around the whole app, so that no answer is missed: not that of a failure either."""

    def __init__(self, app: Callable[..., Answer], behind_proxy: bool) -> None:
        self._app = app
        self._behind_proxy = behind_proxy

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Answer:
        began = time.perf_counter()
        request_id = self._id(environ)
        status = "500"

        def start(line: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, [*headers, (HEADER, request_id)], *error)

        bound = structlog.contextvars.bind_contextvars(**{FIELD: request_id})
        try:
            return self._app(environ, start)
        finally:
            structlog.contextvars.reset_contextvars(**bound)
            _note(environ, request_id, status, time.perf_counter() - began)

    def _id(self, environ: dict[str, Any]) -> str:
        given: str = environ.get("HTTP_X_REQUEST_ID", "") if self._behind_proxy else ""
        return given if GIVEN.fullmatch(given) else secrets.token_hex(8)


def _note(environ: dict[str, Any], request_id: str, status: str, seconds: float) -> None:
    endpoint = environ.get(ENDPOINT) or UNKNOWN
    method = environ["REQUEST_METHOD"]
    method = method if method in METHODS else UNKNOWN
    count, histogram = _metrics(endpoint, method, f"{status[0]}xx")
    count.inc()
    histogram.observe(seconds)
    level = logging.DEBUG if endpoint in PROBES else logging.INFO
    said = {"method": method, "endpoint": endpoint, "status": int(status), "seconds": round(seconds, 4)}
    logs.line(level, "request", **said, **{FIELD: request_id})


@cache  # endpoints, methods and classes are few; to look them up each time costs as much as to count
def _metrics(endpoint: str, method: str, status: str) -> tuple[Counter, Histogram]:
    return REQUESTS.labels(endpoint, method, status), SECONDS.labels(endpoint)


def _tell_endpoint() -> None:
    request.environ[ENDPOINT] = request.endpoint


def init_app(app: Flask, behind_proxy: bool) -> None:
    """Observe the app's requests; the last to be put around it, so that nothing answers outside."""
    app.before_request(_tell_endpoint)
    app.wsgi_app = _Observed(app.wsgi_app, behind_proxy)  # type: ignore[method-assign]
