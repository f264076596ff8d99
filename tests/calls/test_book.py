"""The book of calls knows a caller again, and holds nobody's number."""

import json

import pytest
import sqlalchemy as sa

from tests.support.installation import CALLER, Installation
from tests.support.waiting import until
from webapp.calls import book as calls
from webapp.calls.models import Call
from webapp.core.db import db
from webapp.deliveries.models import Delivery
from webapp.live import hooks, reconcile
from webapp.rooms.models import Room

OTHER = "+15559876"


def _calls() -> list[Call]:
    db.session.expire_all()
    found = list(db.session.scalars(sa.select(Call).order_by(Call.came_at, Call.id)))
    db.session.commit()
    return found


def _call(installation: Installation, room: Room, caller: str) -> None:
    known = len(_calls())
    phone = installation.dial(caller=caller, pin=str(room.pin))
    until(lambda: len(_calls()) > known)
    installation.livekit.control("hang-up", id=phone)
    until(lambda: all(call.left_at for call in _calls()))
    installation.livekit.settle()
    until(lambda: _at_rest(room))


def _at_rest(room: Room) -> bool:
    """Nothing of the hooks is under way any more: the next test empties the database."""
    stored = db.session.query(Delivery).filter(Delivery.processed_at.is_(None)).count()
    db.session.refresh(room)
    db.session.commit()
    return not stored and room.reconcile_at is None


@pytest.mark.usefixtures("hooked")
@pytest.mark.parametrize("hidden", [True, False])
def test_two_calls_of_one_number_have_one_pseudonym_and_another_number_has_another(
    installation: Installation, hidden: bool
):
    room = installation.room(hide_phone_number=hidden)
    installation.join(room)
    until(lambda: installation.rule_of(room))
    for caller in (CALLER, CALLER, OTHER):
        _call(installation, room, caller)
    first, again, other = _calls()
    assert first.caller == again.caller != other.caller
    assert (first.ending, other.ending) == (CALLER[-2:], OTHER[-2:])


@pytest.mark.usefixtures("hooked")
def test_neither_the_book_nor_the_stored_hooks_hold_the_number_or_its_digest(installation: Installation):
    room = installation.room(hide_phone_number=False)
    installation.join(room)
    until(lambda: installation.rule_of(room))
    _call(installation, room, CALLER)
    bodies = json.dumps(list(db.session.scalars(sa.select(Delivery.body))))
    db.session.commit()
    book = str([vars(call) for call in _calls()])
    for kept in (bodies, book):
        assert CALLER not in kept and CALLER.lstrip("+") not in kept
        assert _calls()[0].caller in kept, "what stands in the number's place"


def test_a_caller_whose_hook_was_lost_is_known_from_the_list_of_those_inside(installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    reconcile.now(room)
    (call,) = _calls()
    assert call.caller and call.ending == CALLER[-2:]


def test_a_visit_keeps_the_pseudonym_it_came_under(installation: Installation):
    room = installation.room()
    calls.came(room.id, "SCL_1", caller="first", ending="21")
    calls.came(room.id, "SCL_1", caller="second", ending="34")
    (call,) = _calls()
    assert (call.caller, call.ending) == ("first", "21")


def test_a_hook_of_before_that_names_no_pseudonym_is_still_booked(installation: Installation):
    room = installation.room()
    hooks.participant_joined({"participant": {"kind": "SIP", "attributes": {"sip.callID": "SCL_1"}}}, room)
    (call,) = _calls()
    assert (call.caller, call.ending, call.room_id) == ("", "", room.id)
