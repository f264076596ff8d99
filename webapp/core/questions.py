"""Several questions to others at once: together they take as long as the slowest, not as long as all of them."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Any

import structlog
from flask import Flask

from webapp.core import request_log
from webapp.core.app import this_app

log = structlog.get_logger()


def ask(*questions: Callable[[], Any]) -> list[Any]:
    """The answers, in order of the questions, each asked in an app context of its own.

    Raises the first failure, once all are answered: each question bounds its own waiting.
    """
    app, request_id = this_app(), request_log.current()
    with ThreadPoolExecutor(len(questions), thread_name_prefix="question") as pool:
        return [asked.result() for asked in [pool.submit(_inside, app, request_id, question) for question in questions]]


def within(seconds: float, *questions: Callable[[], Any]) -> list[Any]:
    """The answers that came in time, in order; None for those that failed or are still on their way."""
    app, request_id = this_app(), request_log.current()
    pool = ThreadPoolExecutor(len(questions), thread_name_prefix="question")
    asked = [pool.submit(_inside, app, request_id, question) for question in questions]
    wait(asked, seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    return [_result(each) for each in asked]


def _result(asked: Future[Any]) -> Any:
    if not asked.done() or asked.cancelled():
        return None
    if (error := asked.exception()) is not None:
        log.warning("question.failed", code=type(error).__name__)
        return None
    return asked.result()


def _inside(app: Flask, request_id: str, question: Callable[[], Any]) -> Any:
    with app.app_context(), request_log.belonging_to(request_id):
        return question()
