"""Times are said as people say them, in the reader's zone."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from flask_babel import get_timezone

from webapp.core import times
from webapp.core.db import utcnow


@pytest.fixture(autouse=True)
def _reader(app: Flask) -> Iterator[None]:
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        yield


@pytest.mark.parametrize(("days", "start"), [(0, "Today, "), (1, "Tomorrow, ")])
def test_a_near_day_is_called_by_its_name_with_the_time(days: int, start: str):
    near = utcnow() + timedelta(days=days)
    assert times.day(near).startswith(start) and times.until(near) == times.day(near)


def test_a_day_of_another_year_says_the_year_instead_of_the_time():
    far = utcnow() + timedelta(days=400)
    assert times.day(far).endswith(str(far.year)) and times.until(far) == times.day(far)


def test_an_end_within_a_week_says_how_many_days_are_left():
    assert times.until(utcnow() + timedelta(days=5)).startswith("In 5 days, ")
    assert times.until(utcnow() + timedelta(days=9)).endswith(str((utcnow() + timedelta(days=9)).year))


def test_the_exact_time_is_at_hand():
    now = utcnow()
    assert times.exact(now) in times.on(now) and f'datetime="{now.isoformat(timespec="seconds")}"' in times.on(now)


def test_a_narrow_place_shows_the_hour_of_today_and_the_day_of_any_other():
    now = utcnow()
    assert times.short(now) == f"{now.astimezone(get_timezone()):%H:%M}"
    assert ":" not in times.short(now - timedelta(days=2))
    assert times.short(now - timedelta(days=400)).endswith(str((now - timedelta(days=400)).year))
    assert times.exact(now) in times.stamp(now)


def test_a_time_to_come_is_said_to_come():
    assert times.ago(utcnow() + timedelta(seconds=50)).startswith("in ")
    assert times.ago(utcnow() - timedelta(seconds=50)) == "just now"
