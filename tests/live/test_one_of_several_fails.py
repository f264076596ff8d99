"""Where LiveKit fails at one of a room's rules, the others are seen to, and the next sweep sees to that one."""

from datetime import timedelta

from tests.support.installation import Installation
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.doctor import reading
from webapp.jobs import register, work
from webapp.live import reconcile
from webapp.repairs import requests
from webapp.repairs.requests import Delete
from webapp.rooms.models import Room
from webapp.rules import problems, wanted

DELETE = "DeleteSIPDispatchRule"


def _doubles(installation: Installation, room: Room, *pins: str) -> list[str]:
    """Rules of the room that no row knows."""
    told = {"name": wanted.rule_name(room.id), "trunk_ids": [room.trunk_id], "hide_phone_number": True}
    direct = [{"dispatch_rule_direct": {"room_name": str(room.id), "pin": pin}} for pin in pins]
    return installation.store(*[{**told, "rule": rule} for rule in direct])


def _ids(installation: Installation) -> set[str]:
    return {rule["sip_dispatch_rule_id"] for rule in installation.livekit.rules()}


def test_of_the_doubles_that_a_sweep_deletes_one_that_stays_keeps_no_other_from_going(installation: Installation):
    room = installation.live()
    doubles = set(_doubles(installation, room, "31", "32", "33"))
    installation.livekit.fail(DELETE)
    assert installation.sweep().failures == ["unavailable"]
    assert len(doubles & _ids(installation)) <= 1, "the reconciling of the room may have seen to that one already"
    assert room.sip_dispatch_rule_id in _ids(installation)
    assert installation.sweep().failures == []
    assert not doubles & _ids(installation)


def test_of_the_doubles_in_a_rules_way_one_that_stays_keeps_no_other_from_going(installation: Installation):
    room = installation.room()
    doubles = set(_doubles(installation, room, str(room.pin), "32", "33"))
    installation.join(room)
    installation.livekit.fail(DELETE)
    reconcile.now(room)
    left = doubles & _ids(installation)
    assert len(left) == 2
    assert room.sip_dispatch_rule_id in left
    installation.sweep()
    assert doubles & _ids(installation) == {room.sip_dispatch_rule_id}


def test_the_rule_of_an_old_pin_that_cannot_be_deleted_does_not_keep_the_new_one_out(installation: Installation):
    room = installation.live()
    old = str(room.sip_dispatch_rule_id)
    room.old_sip_dispatch_rule_id, room.old_rule_fingerprint = old, room.rule_fingerprint
    room.sip_dispatch_rule_id, room.rule_fingerprint = None, ""
    room.old_pin, room.old_pin_until = room.pin, utcnow() - timedelta(seconds=1)
    installation.give_pin(room, "4711")
    installation.livekit.fail(DELETE)
    reconcile.now(room)
    assert installation.livekit.pin_of(room.sip_dispatch_rule_id) == "4711"
    assert (room.old_sip_dispatch_rule_id, room.rule_problem) == (old, "unavailable\tunavailable")
    assert room.reconcile_at is not None, "it is tried again"
    installation.sweep()
    assert old not in _ids(installation)
    db.session.refresh(room)
    assert (room.old_sip_dispatch_rule_id, room.rule_problem) == (None, "")


def test_of_the_rules_that_a_repair_deletes_one_that_stays_keeps_no_other_from_going(installation: Installation):
    first, second = installation.foreign(pin="31"), installation.foreign(pin="32")
    installation.livekit.fail(DELETE)
    now = reading.read()
    db.session.commit()
    assert requests.do([Delete(first), Delete(second)], now).code == "unavailable"
    assert _ids(installation) == {first}
    assert requests.do([Delete(first), Delete(second)], now) == problems.NONE
    assert _ids(installation) == set()


def test_work_that_waits_for_a_room_says_what_keeps_the_room(installation: Installation):
    room = installation.room()
    foreign = installation.foreign(pin=str(room.pin))
    installation.join(room)
    assert _followed(room) == "conflict"
    installation.livekit.call("SIP", DELETE, sip_dispatch_rule_id=foreign)
    installation.livekit.go_away()
    assert _followed(room) == "unavailable"
    installation.livekit.heal()
    assert _followed(room) == ""


def _followed(room: Room) -> str:
    """What the due work of following the room says after one try."""
    piece = due.add("telephony.follow", room_id=str(room.id))
    db.session.commit()
    work.run(piece.id, register.HANDLERS)
    told = db.session.get_one(DueWork, piece.id, populate_existing=True)
    db.session.commit()
    return told.problem
