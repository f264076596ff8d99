"""A database of the version before, with meetings under way, is taken over: no rule is deleted, no caller is lost."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import until
from webapp.calls.models import Call, Hold
from webapp.core import schema
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.hooks import processing
from webapp.jobs import register, work
from webapp.live import sweep
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.matching import parse_rules
from webapp.recordings import deletions
from webapp.recordings.models import Recording
from webapp.rooms.models import PhonePin, Room
from webapp.rules import installation, owners

Before = Any


@pytest.fixture
def rules(before: Before) -> set[str]:
    """The rules that LiveKit had."""
    return {rule["sip_dispatch_rule_id"] for rule in before.told["rules"]}


def rule_ids(livekit: LiveKit) -> set[str]:
    return {rule["sip_dispatch_rule_id"] for rule in livekit.rules()}


def unmarked(rule: dict[str, Any]) -> dict[str, Any]:
    """The rule without what it says of who made it."""
    return {**rule, "metadata": ""}


def room_ids() -> dict[str, tuple[str | None, str | None]]:
    """The rules that our rooms have, and those of their PINs before."""
    db.session.rollback()
    rooms = db.session.scalars(sa.select(Room).where(Room.name != "Lost rule"))
    return {room.name: (room.sip_dispatch_rule_id, room.old_sip_dispatch_rule_id) for room in rooms}


def holds(before: Before) -> dict[str, Hold | None]:
    """How those callers stand in our book who have not left it."""
    inside = dict(db.session.execute(sa.select(Call.sip_call_id, Call.hold).where(Call.left_at.is_(None))).all())
    db.session.rollback()  # or SQLite's only lock would keep those away who are waited for
    return {name: inside[call_id] for name, call_id in before.calls.items() if call_id in inside}


STAND = {"held": Hold.HELD, "admitted": Hold.ADMITTED, "free": Hold.FREE}


def speak_and_hear(before: Before, livekit: LiveKit) -> set[str]:
    """The callers who are in the conversation."""
    phones = {name: livekit.phone(phone) for name, phone in before.phones.items()}
    return {name for name, stands in phones.items() if stands["audible"] and stands["hears"]}


def do_due_work() -> list[DueWork]:
    """Let everything that was put off be due, and do it; returns what is left."""
    past = utcnow() - timedelta(seconds=1)
    db.session.execute(sa.update(Room).where(Room.old_pin_until.is_not(None)).values(old_pin_until=past))
    for _ in range(3):
        db.session.execute(sa.update(DueWork).where(DueWork.done_at.is_(None)).values(due_at=utcnow()))
        db.session.commit()
        work.run_due(register.HANDLERS)
    db.session.rollback()
    return list(db.session.scalars(sa.select(DueWork).where(DueWork.done_at.is_(None))))


def test_the_database_is_of_today(app: Flask) -> None:
    schema.check()


def test_the_sweep_deletes_no_rule_and_makes_the_one_that_was_lost(
    before: Before, app: Flask, livekit: LiveKit, rules: set[str]
) -> None:
    known, stored = room_ids(), livekit.rules()
    assert known["Housing committee"] != (None, None)
    for _ in range(2):
        processing.sweep()
        sweep.run()
    kept = [rule for rule in livekit.rules() if rule["sip_dispatch_rule_id"] in rules]
    assert list(map(unmarked, kept)) == stored, "each is as it was, but for the id that it got"
    ours = [rule for rule in parse_rules(livekit.rules()) if rule.name.startswith("frontdesk")]
    assert {owners.bears_our_id(rule, installation.identity()) for rule in ours} == {True}
    (made,) = [rule for rule in livekit.rules() if rule["sip_dispatch_rule_id"] not in rules]
    lost = db.session.scalars(sa.select(Room).where(Room.name == "Lost rule")).one()
    assert (made["name"], made["sip_dispatch_rule_id"]) == (f"frontdesk:{lost.id}", lost.sip_dispatch_rule_id)
    assert room_ids() == known
    assert db.session.scalars(sa.select(Room.rule_problem).where(Room.rule_problem != "")).all() == []


def test_callers_stay_in_the_book_and_stand_as_they_stood(before: Before, app: Flask, livekit: LiveKit) -> None:
    assert holds(before) == STAND
    assert speak_and_hear(before, livekit) == {"admitted", "free"}
    for _ in range(2):
        processing.sweep()
        sweep.run()
    assert holds(before) == STAND
    assert speak_and_hear(before, livekit) == {"admitted", "free"}
    waiting = db.session.scalars(sa.select(Entry.kind).where(Entry.status == Status.WAITING))
    assert sorted(kind.value for kind in waiting) == [EntryKind.PHONE.value, EntryKind.WEB.value]


def test_the_caller_who_waits_is_admitted_by_a_host(
    before: Before, app: Flask, hooked: LiveKit, client_as: Callable[[str], Browser]
) -> None:
    sweep.run()
    entry = db.session.scalars(sa.select(Entry).where(Entry.sip_call_id == before.calls["held"])).one()
    assert client_as("owner").post(f"/lobby/{entry.id}/admit").status_code == 303
    until(lambda: speak_and_hear(before, hooked) == {"held", "admitted", "free"})
    hooked.settle()
    assert holds(before) == {**STAND, "held": Hold.ADMITTED}


def test_a_caller_who_hangs_up_now_leaves_the_book(before: Before, app: Flask, hooked: LiveKit) -> None:
    hooked.hang_up(before.phones["admitted"])
    hooked.settle()
    until(lambda: holds(before) == {"held": Hold.HELD, "free": Hold.FREE})


def test_a_new_caller_is_held_at_the_door(before: Before, app: Flask, hooked: LiveKit) -> None:
    room = db.session.scalars(sa.select(Room).where(Room.name == "Housing committee")).one()
    newest = sa.select(Call.hold).where(Call.room_id == room.id, Call.sip_call_id.not_in(before.calls.values()))
    pin = room.pin
    db.session.commit()
    phone = hooked.dial("+15557777", to="+15550001", keys=f"{pin}#")["id"]

    def held() -> bool:
        hold = db.session.scalars(newest).one_or_none()
        db.session.rollback()
        return hold is Hold.HELD

    until(held)
    hooked.settle()
    stands = hooked.phone(phone)
    assert not stands["audible"] and not stands["hears"]


def test_work_of_every_kind_that_was_put_off_is_done(
    before: Before, app: Flask, livekit: LiveKit, rules: set[str]
) -> None:
    asked = set(db.session.scalars(sa.select(DueWork.kind).where(DueWork.done_at.is_(None))))
    assert asked >= {"lobby.announce", "recordings.delete", "telephony.end_old_pin", "telephony.follow"}
    assert asked >= {"telephony.move_rooms", "telephony.repair"}
    (old,) = {ids[1] for ids in room_ids().values()} - {None}
    nobody_undoes = {"deleting_at": utcnow() - deletions.HELD}
    db.session.execute(sa.update(Recording).where(Recording.deleting_at.is_not(None)).values(nobody_undoes))
    db.session.commit()
    assert [(left.kind, left.problem) for left in do_due_work()] == []
    assert rules - rule_ids(livekit) == {old}, "the PIN before has had its time, and no other rule went"
    moved = db.session.scalars(sa.select(Room).where(Room.name == "Budget hearing")).one()
    assert moved.trunk_id == before.told["trunks"][0]["sip_trunk_id"]
    assert len(livekit.messages(str(before.told["phones"][0]["room"]))) >= 1


def test_the_pin_before_works_for_its_time(before: Before, app: Flask, livekit: LiveKit) -> None:
    sweep.run()
    room = db.session.scalars(sa.select(Room).where(Room.name == "Housing committee")).one()
    assert room.old_pin is not None and room.old_pin_until is not None
    assert timedelta() < room.old_pin_until - utcnow() < timedelta(minutes=15)
    assert livekit.pin_of(room.old_sip_dispatch_rule_id) == room.old_pin
    kept = db.session.scalars(sa.select(PhonePin.pin).where(PhonePin.room_id == room.id))
    assert set(kept) == {room.pin, room.old_pin}
