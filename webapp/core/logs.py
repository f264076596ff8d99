"""Logs: one JSON line per event, without anything personal in it."""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import MutableMapping
from datetime import UTC, datetime
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
KEPT = {"timestamp", "level", "status", "ms", "count", "request"}
OURS = "webapp"  # what its loggers are named below: the level that is asked for is theirs
QUIET = ("Error handling request", "Invalid request")  # gunicorn goes on with the address, where names may stand
_lines = logging.getLogger("webapp.lines")


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


class _Formatter(structlog.stdlib.ProcessorFormatter):
    """Runs an entry through the chain, but for one that was written by `line`."""

    def format(self, record: logging.LogRecord) -> str:
        """The entry as JSON."""
        fields = getattr(record, "fields", None)
        if fields is None:
            return super().format(record)
        at = datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z")
        return json.dumps({**fields, "event": record.msg, "level": record.levelname.lower(), "timestamp": at})


def line(level: int, event: str, **fields: str | float) -> None:
    """Log words and numbers of our own code, in which nothing can be blotted out.

    The chain costs four times as much, which is nothing for an event and much for each request.
    """
    if _lines.isEnabledFor(level):
        record = logging.LogRecord(_lines.name, level, "", 0, event, None, None)
        record.fields = fields
        _lines.handle(record)


def init_logging(level: str = "INFO") -> None:
    """Send structlog and stdlib records, warnings and the ends of threads through one chain to standard error.

    Others than we stay at INFO where more is asked for.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
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
    handler.setFormatter(_Formatter(foreign_pre_chain=shared, processors=tail))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(max(logging.INFO, logging.getLevelNamesMapping()[level.upper()]))
    logging.getLogger(OURS).setLevel(level.upper())


def watch_the_process() -> None:
    """Take over what would be written around the chain: gunicorn's own lines, warnings, whatever ends badly.

    Done again it changes nothing.
    """
    server = logging.getLogger("gunicorn.error")
    server.handlers, server.propagate = [], True
    server.filters = [_without_addresses]
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    sys.excepthook = _process_ended
    sys.unraisablehook = _not_raised


def _without_addresses(record: logging.LogRecord) -> bool:
    """Cut off what gunicorn says of a request that it could not handle."""
    for begins in QUIET:
        if str(record.msg).startswith(begins):
            record.msg, record.args = begins, ()
    return True


def _process_ended(kind: type[BaseException], error: BaseException, _traceback: object) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    structlog.get_logger(OURS).critical("process.failed", exc_info=error)


def _not_raised(failed: "sys.UnraisableHookArgs") -> None:
    structlog.get_logger(OURS).error("not_raised", exc_info=failed.exc_value)


def _thread_ended(ended: threading.ExceptHookArgs) -> None:
    name = ended.thread.name if ended.thread is not None else ""
    structlog.get_logger(OURS).error("thread.failed", thread=name, exc_info=ended.exc_value)
