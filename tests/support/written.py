"""What is logged, as production writes it."""

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import structlog

from webapp.core import logs

Lines = Callable[[], list[dict[str, Any]]]


def log_plainly() -> None:
    """Log as structlog does by itself, but for tracebacks: those that rich draws take twenty seconds each."""
    structlog.reset_defaults()
    *others, _renderer = structlog.get_config()["processors"]
    plain = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*others, plain])


@contextmanager
def written(level: str = "info") -> Iterator[Lines]:
    """Gives what reads the lines that are logged inside the block; fails on one that is no JSON."""
    root, ours = logging.getLogger(), logging.getLogger(logs.OURS)
    handlers, levels = list(root.handlers), (root.level, ours.level)
    logs.init_logging(level)
    stream = StringIO()
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    try:
        yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    finally:
        root.handlers = handlers
        root.setLevel(levels[0])
        ours.setLevel(levels[1])
        log_plainly()
