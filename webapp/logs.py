"""Logs: one JSON line per event, without anything personal in it."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

PERSONAL = re.compile(
    r"[\w.+-]+@[\w-]+\.[\w.-]+"  # e-mail addresses
    r"|eyJ[\w-]+\.[\w-]+\.[\w-]*"  # tokens
    r"|(?<![\w.:-])\+?\d[\d ()-]{4,}\d(?![\w.:-])"  # phone numbers and PINs
)
KEPT = {"timestamp", "level", "status", "ms", "count", "code"}


def redact(_logger: Any, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Blot out addresses, numbers and tokens in every text of an entry; also sits in the stdlib chain."""
    for key, value in entry.items():
        if isinstance(value, str) and key not in KEPT:
            entry[key] = PERSONAL.sub("[redacted]", value)
    return entry


def init_logging(level: str = "INFO") -> None:
    """Send structlog and stdlib records through one redacting chain to standard error."""
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
        structlog.processors.format_exc_info,
        redact,
        structlog.processors.JSONRenderer(),
    ]
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=tail))
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
