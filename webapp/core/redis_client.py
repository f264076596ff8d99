"""The client library of Redis, loaded where a Redis is named: all other processes spare its six megabytes."""

import importlib
from typing import Any


def library() -> Any:
    """The package `redis`."""
    return importlib.import_module("redis")


def parse(url: str) -> dict[str, Any]:
    """What an address says. Raises ValueError when it is none."""
    told: dict[str, Any] = library().connection.parse_url(url)
    return told
