"""Count the questions to the database: the same at two sizes of data, or somebody asks once per row."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from webapp.db import db

Counted = Callable[[], Any]


@pytest.fixture
def count_queries(app: Flask) -> Counted:
    """A context whose value lists the statements sent inside it."""

    @contextmanager
    def counting() -> Iterator[list[str]]:
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

    return counting
