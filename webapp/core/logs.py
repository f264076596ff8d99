"""Logs: one JSON line per event, without anything personal in it."""

import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

# each run of characters is looked at from its beginning alone, so that the time grows with the text and no faster
_NO_DATE = r"(?<![\w.:-])(?!\d{4}-\d\d-\d\d)\+?\d"
PERSONAL = re.compile(
    r"(?<![\w.+-])[\w.+-]++@[\w-]+\.[\w.+-]+"  # e-mail addresses
    r"|(?<![\w-])(?=[\w-]++\.[\w-]++\.)[\w-]*?eyJ[\w-]+\.[\w-]+\.[\w-]*"  # tokens
    rf"|{_NO_DATE}[\d ()-]{{4,}}\d(?![\w:-]|\.\w)"  # phone numbers and PINs
    rf"|(?P<harmless>{_NO_DATE}[\d ()-]{{4,}}[ ()])"  # but for its last word, which may begin an address
)
KEPT = {"timestamp", "level", "status", "ms", "count", "code"}


def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out addresses, numbers and tokens in every text of an entry; also sits in the stdlib chain."""
    for key, value in entry.items():
        if key not in KEPT:
            entry[key] = _blotted(value)
    return entry


def _blotted(value: Any) -> Any:
    """The value with every text in it redacted, however deep; an object shows its kind alone."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dict):
        return {str(key): _blotted(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_blotted(inner) for inner in value]
    if isinstance(value, BaseException):
        return type(value).__name__
    return PERSONAL.sub(lambda found: found["harmless"] or "[redacted]", str(value))


def tell_where(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kind and where it was raised: its text may hold what somebody typed."""
    given = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if given is True else given[1] if isinstance(given, tuple) else given
    if isinstance(error, BaseException):
        entry["exception"] = "".join(_told(error))
    return entry


def _told(error: BaseException) -> list[str]:
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    frames = (
        f"  {frame.filename}:{frame.lineno} in {frame.name}\n" for frame in traceback.extract_tb(error.__traceback__)
    )
    return [*(_told(before) if before else ()), f"{type(error).__name__}\n", *frames]


def init_logging(level: str = "INFO") -> None:
    """Send structlog and stdlib records, warnings and the ends of threads through one chain to standard error."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    tail: list[Any] = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        tell_where,
        redact,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=tail))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def watch_the_process() -> None:
    """Take over what would be written around the chain: gunicorn's own lines, warnings, threads that end badly."""
    server = logging.getLogger("gunicorn.error")
    server.handlers, server.propagate = [], True
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    structlog.get_logger().error("thread.failed", exc_info=ended.exc_value)
