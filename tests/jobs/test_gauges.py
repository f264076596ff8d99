"""What Prometheus is told of how things are comes from indexes, from no question to LiveKit, and never late."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.queries import Counted
from tests.support import plans
from tests.support.database import LOCKED, failing
from tests.support.factories import make_room
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp.core import due
from webapp.core.db import db, new_id, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.doctor.diagnosis import ROW
from webapp.doctor.models import Diagnosis
from webapp.hooks import processing
from webapp.jobs import gauges
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.rooms.models import Room

INDEXES = {
    "lobby_entries": "ix_lobby_entries_waiting",
    "rooms": "ix_rooms_live",
    "due_work": "ix_due_work_open",
    "deliveries": "ix_deliveries_stored",
}


def told(client: Browser) -> dict[str, float]:
    """Each sample of ours, by its name with its labels."""
    found = re.findall(r"^(frontdesk_\S+) (\S+)$", client.get("/metrics").text, re.MULTILINE)
    return {name: float(value) for name, value in found}


def waits(room: Room, kind: EntryKind = EntryKind.WEB, status: Status = Status.WAITING) -> None:
    db.session.add(Entry(room_id=room.id, bearer_hash=str(new_id()), identity="x", name="x", kind=kind, status=status))


def hook(result: Result, seconds: float = 0, attempts: int = 0) -> None:
    came = utcnow() - timedelta(seconds=seconds)
    one = Delivery(event_id=str(new_id()), event="room_started", body={}, created_at=came, received_at=came)
    one.result, one.attempts = result, attempts
    db.session.add(one)


def test_prometheus_is_told_who_waits_and_how_many_rooms_are_live(client: Browser, room: Room):
    assert told(client).items() >= {'frontdesk_lobby_waiting{kind="phone"}': 0, "frontdesk_rooms_live": 0}.items()
    for kind, status in (
        (EntryKind.WEB, Status.WAITING),
        (EntryKind.WEB, Status.WAITING),
        (EntryKind.PHONE, Status.WAITING),
        (EntryKind.WEB, Status.DENIED),
    ):
        waits(room, kind, status)
    room.live_since = utcnow()
    make_room("owner", slug="another-one")
    db.session.commit()
    found = told(client)
    assert found['frontdesk_lobby_waiting{kind="web"}'] == 2
    assert found['frontdesk_lobby_waiting{kind="phone"}'] == 1
    assert found["frontdesk_rooms_live"] == 1


def test_prometheus_is_told_what_the_doctor_found_last_and_when_that_was(client: Browser):
    assert not any(name.startswith("frontdesk_findings") for name in told(client)), "it has not looked yet"
    read_at = utcnow() - timedelta(seconds=90)
    db.session.add(Diagnosis(id=ROW, read_at=read_at, outages=1, errors=2, warnings=3, notes=4))
    db.session.commit()
    found = told(client)
    severities = {name: found[f'frontdesk_findings{{severity="{name}"}}'] for name in ("outage", "error", "warning")}
    assert severities == {"outage": 1, "error": 2, "warning": 3}
    assert 90 <= found["frontdesk_findings_age_seconds"] < 150


def test_prometheus_is_told_how_many_hooks_are_left_and_since_when(client: Browser):
    assert told(client).items() >= {"frontdesk_hooks_open": 0, "frontdesk_hooks_open_age_seconds": 0}.items()
    hook(Result.STORED, 30)
    hook(Result.FAILED, 120, attempts=1)
    hook(Result.FAILED, 9000, attempts=processing.TRIES)
    hook(Result.PROCESSED, 9000)
    db.session.commit()
    found = told(client)
    assert found["frontdesk_hooks_open"] == 2
    assert 120 <= found["frontdesk_hooks_open_age_seconds"] < 180


def test_prometheus_is_told_which_release_answers(client: Browser):
    assert told(client)['frontdesk_build_info{version="0.1.0"}'] == 1


def test_the_gauges_cost_the_same_on_every_day(client: Browser, room: Room, count_queries: Counted):
    with count_queries() as few:
        told(client)
    for _ in range(20):
        waits(room)
        hook(Result.STORED)
        due.add("lobby.announce")
    db.session.commit()
    with count_queries() as many:
        told(client)
    assert len(few) == len(many) < 12
    counting = [statement for statement in many if any(f"FROM {table}" in statement for table in INDEXES)]
    assert len(counting) == len(INDEXES) and all("LIMIT" in statement for statement in counting)


@pytest.mark.parametrize("table", INDEXES)
def test_each_gauge_is_read_from_an_index_of_the_rows_that_it_is_about(app: Flask, count_queries: Counted, table: str):
    with count_queries() as sent:
        list(gauges.Gauges().collect())
    (statement,) = [each for each in sent if f"FROM {table}" in each]
    with db.engine.connect() as connection:
        postgresql = connection.dialect.name == "postgresql"
        if postgresql:  # tables are empty here, and cheap to read whole
            connection.execute(sa.text("SET LOCAL enable_seqscan = off"))
        bare = re.sub(r"%\(\w+\)s(::\w+)?|\?", "9", statement)
        plan = plans.explain(connection, bare)
    assert INDEXES[table] in plan


def test_no_gauge_asks_livekit(client: Browser, livekit: LiveKit):
    livekit.go_away("hang")
    assert "frontdesk_rooms_live" in told(client)
    livekit.heal()


def test_without_the_database_what_is_in_memory_is_told_and_no_gauge(client: Browser, room: Room):
    with failing("periodic_jobs", LOCKED):
        found = told(client)
    assert 'frontdesk_build_info{version="0.1.0"}' in found
    assert any(name.startswith("frontdesk_requests_total") for name in found)
    assert not any(
        name.startswith(("frontdesk_rooms", "frontdesk_due_work_open", "frontdesk_job_age")) for name in found
    )
    assert "frontdesk_rooms_live" in told(client)
