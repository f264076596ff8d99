"""Count the questions to the database: the same at two sizes of data, or somebody asks once per row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from webapp.core.db import db

Counted = Callable[[], Any]


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements that are sent inside the block."""
    sent: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    for engine in db.engines:
        event.listen(engine, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        for engine in db.engines:
            event.remove(engine, "before_cursor_execute", listen)


@pytest.fixture
def count_queries(app: Flask) -> Counted:
    """A context whose value lists the statements sent inside it."""
    return counted
