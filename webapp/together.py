"""Several questions to others at once: together they take as long as the slowest, not as long as all of them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from flask import Flask, current_app


def ask(*questions: Callable[[], Any]) -> list[Any]:
    """The answers, in order of the questions, each asked in an app context of its own.

    Raises the first failure, once all are answered: each question bounds its own waiting.
    """
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]

    def inside(question: Callable[[], Any]) -> Any:
        with app.app_context():
            return question()

    with ThreadPoolExecutor(len(questions), thread_name_prefix="together") as pool:
        return [asked.result() for asked in [pool.submit(inside, question) for question in questions]]
