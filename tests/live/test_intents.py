"""Removing somebody and ending a meeting: the intent is committed, then LiveKit is asked, then the outcome kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from tests.support.installation import Installation, until
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser, persona
from tests.support.waiting import PATIENCE
from webapp.audit.models import AuditEntry, DeedOutcome, Intent
from webapp.calls.models import Call
from webapp.core.db import db, utcnow
from webapp.core.leases import Lease
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]
UNKNOWN = "deadline_exceeded"  # LiveKit may have done it or not


@pytest.fixture
def room(installation: Installation) -> Room:
    """A meeting of the owner's, with somebody inside."""
    room = installation.live()
    db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    return room


@pytest.fixture
def impatient(app: Flask) -> Iterator[None]:
    """The app waits for a busy database for a second only."""
    on_sqlite = db.engine.dialect.name == "sqlite"  # asked here: heartbeats have no app

    def hurry(connection: Any, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout = 1000" if on_sqlite else "SET lock_timeout = 1000")
        if not on_sqlite:
            connection.commit()

    event.listen(db.engine, "checkout", hurry)
    yield
    event.remove(db.engine, "checkout", hurry)
    db.session.rollback()
    db.dispose()


@contextmanager
def busy_from(livekit: LiveKit, method: str) -> Iterator[None]:
    """Somebody else takes the database's lock while LiveKit thinks about `method`, and keeps it to the block's end."""
    livekit.delay(method, 1.5, applied=True)
    before, over = livekit.calls(method), threading.Event()
    engine = sa.create_engine(db.engine.url)

    def lock() -> None:
        until(lambda: livekit.calls(method) > before)
        with engine.connect() as other:
            if engine.dialect.name == "sqlite":
                other.connection.execute("BEGIN IMMEDIATE")  # type: ignore[attr-defined]
            else:
                other.execute(sa.text("LOCK TABLE audit_entries IN ACCESS EXCLUSIVE MODE"))
            over.wait(PATIENCE)
            other.rollback()

    thread = threading.Thread(target=lock)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        engine.dispose()


def end(client_as: As, room: Room) -> Any:
    return client_as("owner").post(f"/rooms/{room.slug}/end", headers=SWAP)


def remove(client_as: As, room: Room, sid: str) -> Any:
    return client_as("owner").post(f"/rooms/{room.slug}/inside/remove", data={"sid": sid}, headers=SWAP)


def entry() -> AuditEntry:
    """The one deed, as it is stored."""
    db.session.rollback()
    found = db.session.scalars(sa.select(AuditEntry)).one()
    db.session.refresh(found)
    db.session.commit()
    return found


def activity(client_as: As, room: Room) -> str:
    return client_as("owner").get(f"/rooms/{room.slug}/activity").text


def sweep_after(installation: Installation, age: timedelta = timedelta(0)) -> None:
    """The sweep that comes so long after the deed; leases of the dead are over by then."""
    db.session.execute(sa.update(Lease).values(until=utcnow() - timedelta(seconds=1)))
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - age))
    db.session.commit()
    assert installation.sweep().failures == []


def caller(installation: Installation, room: Room) -> tuple[str, str]:
    """Somebody phones in; their phone and their sid."""
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    return phone, str(installation.phone(phone)["sid"])


@pytest.mark.usefixtures("impatient")
def test_with_the_database_busy_the_meeting_goes_on_and_the_page_says_truly_that_nothing_was_changed(
    installation: Installation, client_as: As, room: Room
):
    with busy_from(installation.livekit, "ListRooms"):
        answer = end(client_as, room)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (503, True)
    assert installation.livekit.calls("DeleteRoom") == 0
    assert installation.livekit.rooms() == [str(room.id)]
    assert db.session.query(AuditEntry).count() == 0


@pytest.mark.usefixtures("impatient")
def test_with_the_database_busy_nobody_is_removed(installation: Installation, client_as: As, room: Room):
    _phone, sid = caller(installation, room)
    with busy_from(installation.livekit, "ListParticipants"):
        answer = remove(client_as, room, sid)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (503, True)
    assert installation.livekit.calls("RemoveParticipant") == 0
    assert db.session.query(AuditEntry).count() == 0


@pytest.mark.usefixtures("impatient")
def test_a_database_that_is_busy_after_the_end_of_a_meeting_makes_nobody_say_that_nothing_was_changed(
    installation: Installation, client_as: As, room: Room
):
    with busy_from(installation.livekit, "DeleteRoom"):
        answer = end(client_as, room)
    assert answer.status_code == 503
    assert "Nothing was changed" not in answer.text
    assert "isn&#39;t confirmed" in answer.text
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED
    assert installation.livekit.rooms() == []
    sweep_after(installation)
    assert entry().outcome is DeedOutcome.DONE
    assert installation.livekit.calls("DeleteRoom") == 1


def test_when_livekit_is_away_nothing_is_recorded_and_the_page_does_not_speak_of_what_was_saved(
    installation: Installation, client_as: As, room: Room
):
    installation.livekit.go_away()
    answer = end(client_as, room)
    installation.livekit.heal()
    assert (answer.status_code, "Nothing was changed" in answer.text) == (502, True)
    assert db.session.query(AuditEntry).count() == 0


def test_an_end_that_livekit_does_not_confirm_is_shown_as_such_and_asked_for_again(
    installation: Installation, client_as: As, room: Room
):
    installation.livekit.fail("DeleteRoom", UNKNOWN)
    answer = end(client_as, room)
    assert (answer.status_code, "isn&#39;t confirmed" in answer.text) == (502, True)
    assert "Not confirmed yet" in activity(client_as, room)
    assert "Not confirmed yet" in client_as("admin").get("/audit/log").text
    assert "Not confirmed yet" in client_as("admin").get("/audit/log.csv").text
    sweep_after(installation)
    assert installation.livekit.rooms() == []
    assert (entry().outcome, db.session.query(Intent).count()) == (DeedOutcome.DONE, 0)
    assert "Not confirmed yet" not in activity(client_as, room)


def test_the_next_meeting_is_not_ended_for_the_one_before(installation: Installation, client_as: As, room: Room):
    installation.livekit.fail("DeleteRoom", UNKNOWN, applied=True)
    end(client_as, room)
    installation.join(room, "another")
    sweep_after(installation)
    assert installation.livekit.rooms() == [str(room.id)]
    assert entry().outcome is DeedOutcome.DONE


def test_a_wish_that_could_not_be_fulfilled_for_long_is_given_up(installation: Installation, client_as: As, room: Room):
    installation.livekit.fail("DeleteRoom", UNKNOWN)
    end(client_as, room)
    sweep_after(installation, timedelta(minutes=6))
    assert installation.livekit.rooms() == [str(room.id)]
    assert (entry().outcome, entry().problem) == (DeedOutcome.FAILED, "too_late")
    assert "Failed:" in activity(client_as, room)


def test_a_refusal_is_recorded_as_failed_and_not_tried_again(installation: Installation, client_as: As, room: Room):
    installation.livekit.fail("DeleteRoom", "permission_denied")
    answer = end(client_as, room)
    assert (answer.status_code, "Nothing was changed" in answer.text) == (502, True)
    assert (entry().outcome, entry().problem) == (DeedOutcome.FAILED, "permission_denied")
    assert "permission_denied" in activity(client_as, room)
    sweep_after(installation)
    assert installation.livekit.calls("DeleteRoom") == 1


@pytest.mark.parametrize("applied", [True, False])
def test_a_caller_whose_removal_was_not_confirmed_is_gone_after_the_sweep_as_one_who_was_removed(
    installation: Installation, client_as: As, room: Room, applied: bool
):
    phone, sid = caller(installation, room)
    installation.sweep()
    installation.livekit.fail("RemoveParticipant", UNKNOWN, applied=applied)
    assert remove(client_as, room, sid).status_code == 502
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED
    sweep_after(installation)
    until(lambda: installation.phone(phone)["state"] == "ended")
    assert entry().outcome is DeedOutcome.DONE
    assert db.session.scalars(sa.select(Call.end_reason)).one() == "participant_removed"


def test_what_is_under_way_is_left_alone_by_the_sweep(installation: Installation, client_as: As, room: Room):
    installation.livekit.fail("DeleteRoom", UNKNOWN)
    end(client_as, room)
    until_later = {"until": utcnow() + timedelta(minutes=1), "holder": "another"}
    db.session.execute(sa.update(Lease).where(Lease.name == f"intents.room:{room.id}").values(**until_later))
    db.session.commit()
    installation.sweep()
    assert entry().outcome is DeedOutcome.NOT_CONFIRMED
    assert installation.livekit.calls("DeleteRoom") == 1
