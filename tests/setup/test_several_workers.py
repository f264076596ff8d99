"""gunicorn says so when it is started with more workers than the settings serve."""

import json
from pathlib import Path

import pytest

from tests.support.installed import Installation, installed
from tests.support.waiting import until
from webapp.core.config import Settings


def warned(site: Installation) -> list[dict[str, str]]:
    """The warnings that the server wrote, and that it wrote them as all of its lines."""
    lines = [line for line in site.written().splitlines() if "several_workers" in line]
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize(("options", "environment"), [(("--workers", "2"), {}), ((), {"WEB_CONCURRENCY": "3"})])
def test_several_workers_on_sqlite_are_warned_of_once_with_the_cure_and_serve(
    tmp_path: Path, options: tuple[str, ...], environment: dict[str, str]
):
    with installed(tmp_path) as site:
        site.settings |= environment
        site.serve(*options)
        (line,) = until(lambda: warned(site))
    assert line["level"] == "warning"
    assert "FRONTDESK_DATABASE_URL=postgresql://" in line["cure"] and "FRONTDESK_REDIS_URL" in line["cure"]


def test_one_worker_is_not_warned_of(tmp_path: Path):
    with installed(tmp_path) as site:
        site.serve()
        assert warned(site) == []


@pytest.mark.parametrize(
    ("database", "redis", "lose"),
    [
        ("sqlite:///x", "", True),
        ("sqlite:///x", "redis://localhost", True),
        ("postgresql://desk/x", "", True),
        ("postgresql://desk/x", "redis://localhost", False),
    ],
)
def test_several_processes_need_both_postgresql_and_redis(database: str, redis: str, lose: bool):
    told = Settings(environment="testing", database_url=database, redis_url=redis)
    assert told.several_processes_lose is lose
