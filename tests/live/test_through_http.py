"""LiveKit knocks over HTTP, Frontdesk answers over HTTP: rules and guards whatever becomes of the hooks."""

from collections.abc import Callable

import pytest

from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from tests.support.waiting import seconds_until, until
from webapp.calls import book
from webapp.calls.models import Call, Outcome
from webapp.core.db import db
from webapp.deliveries.models import Delivery
from webapp.rooms.models import Room
from webapp.rules import wanted

As = Callable[[str], Browser]
RULES = "/telephony/rules/read"


@pytest.fixture
def knocking(hooked: LiveKit, installation: Installation) -> Installation:
    """An installation whose LiveKit sends its webhooks to the served app."""
    return installation


def _again(room: Room) -> Room:
    db.session.refresh(room)
    db.session.commit()
    return room


def _rule_stands(installation: Installation, room: Room, stands: bool = True) -> Callable[[], bool]:
    return lambda: (installation.rule_of(room) is not None) is stands


def test_the_rule_comes_within_a_second_of_the_first_by_web_and_goes_within_a_second_of_the_last(
    knocking: Installation,
):
    came, went = [], []
    for room in [knocking.room() for _ in range(3)]:
        knocking.join(room)
        came.append(seconds_until(_rule_stands(knocking, room)))
        knocking.join(room, "second")
        knocking.leave(room)
        knocking.livekit.settle()
        assert knocking.rule_of(room) is not None
        knocking.leave(room, "second")
        went.append(seconds_until(_rule_stands(knocking, room, stands=False)))
        until(lambda room=room: not _again(room).live)
    assert min(came) < 1  # a busy machine may be late now and then; a product that polls would always be
    assert min(went) < 1


def test_a_caller_reaches_the_room_only_while_somebody_is_there_by_web(knocking: Installation):
    room = knocking.room()
    assert _verdict(knocking, room) == ""
    knocking.join(room)
    until(_rule_stands(knocking, room))
    assert _verdict(knocking, room) == str(room.id)
    knocking.leave(room)
    until(_rule_stands(knocking, room, stands=False))
    assert _verdict(knocking, room, caller="+15559999") == ""


def _verdict(installation: Installation, room: Room, caller: str = "+15551234") -> str:
    """The live room that a call with the room's PIN ends in; empty when nobody lets it in."""
    keys = f"{room.pin}#"
    call = installation.livekit.dial(caller, to="+15550001")
    if call["prompts"]:
        call = installation.livekit.press(call["id"], keys)
    return str(call["room"] or "")


@pytest.mark.parametrize("kind", ["drop", "delay", "duplicate", "reverse"])
def test_whatever_becomes_of_the_hooks_one_sweep_later_the_rules_are_right(knocking: Installation, kind: str):
    stays, left = knocking.room(), knocking.room()
    told = {"seconds": 0.4} if kind == "delay" else {}
    knocking.livekit.hook_fault(kind, times=8, **told)
    for room in (stays, left):
        knocking.join(room)
        knocking.join(room, "second")
        knocking.leave(room)
    knocking.leave(left, "second")
    if kind != "delay":  # then the sweep comes in the middle of what is late
        knocking.livekit.settle()
    knocking.sweep()
    until(_rule_stands(knocking, stays))
    until(_rule_stands(knocking, left, stands=False))
    knocking.livekit.heal()
    knocking.livekit.settle()
    until(lambda: not _stored())
    assert (_again(stays).web_count, stays.rule_problem) == (1, "")
    assert (_again(left).live, left.rule_problem) == (False, "")
    assert len(knocking.livekit.rules()) == 2  # with the guard


def _stored() -> int:
    found = db.session.query(Delivery).filter(Delivery.processed_at.is_(None)).count()
    db.session.commit()
    return found


def test_hooks_that_come_after_the_sweep_do_not_bring_back_what_it_took(knocking: Installation):
    room = knocking.room()
    knocking.livekit.hook_fault("delay", times=8, seconds=1)
    knocking.join(room)
    knocking.leave(room)
    knocking.sweep()
    assert knocking.rule_of(room) is None
    knocking.livekit.settle()
    until(lambda: db.session.query(Delivery).count() >= 3 and not _stored())
    assert knocking.rule_of(room) is None
    assert not _again(room).live


def test_the_guard_is_there_before_the_first_rule_that_hides_numbers(knocking: Installation):
    room = knocking.room()
    knocking.join(room)
    until(_rule_stands(knocking, room))
    first, second = knocking.livekit.asked("CreateSIPDispatchRule")
    assert first["name"].startswith(wanted.GUARD_RULE)
    assert second["name"] == wanted.rule_name(room.id)


def test_a_caller_without_a_number_is_thrown_out_by_its_hook_and_counted_once(knocking: Installation):
    before = book.REFUSED.labels("no_caller_number")._value.get()
    room = knocking.room()
    knocking.join(room)
    until(_rule_stands(knocking, room))
    knocking.livekit.hook_fault("duplicate", times=4)
    phone = knocking.dial(caller="")
    until(lambda: knocking.phone(phone)["state"] == "ended")
    knocking.livekit.settle()
    knocking.sweep()
    until(lambda: _outcomes() == [(Outcome.NO_CALLER_NUMBER, None, knocking.trunk_id)])
    assert book.REFUSED.labels("no_caller_number")._value.get() == before + 1
    assert (_again(room).phone_count, knocking.rule_of(room) is not None) == (0, True)


def _outcomes() -> list[tuple[Outcome, object, str]]:
    found = db.session.query(Call.outcome, Call.room_id, Call.trunk_id).all()
    db.session.commit()
    return [(outcome, room_id, trunk_id) for outcome, room_id, trunk_id in found]


def test_a_conflicting_pair_is_said_on_every_page_and_the_rule_comes_by_itself_when_it_is_gone(
    knocking: Installation, client_as: As
):
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}
    pair = knocking.store(*[{"rule": direct, "trunk_ids": [knocking.trunk_id], "name": "Night line"}] * 2)
    room = knocking.room()
    knocking.join(room)
    until(lambda: _again(room).rule_problem)
    support = client_as("support")
    found = support.get(RULES).text
    assert "LiveKit refuses every call there" in found
    page = support.get(f"/rooms/{room.slug}/support").text
    assert all(rule_id in found and rule_id in page for rule_id in pair)
    knocking.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=pair[1])
    knocking.sweep()
    until(_rule_stands(knocking, room))  # a hook's own look may still be under way
    until(lambda: _again(room).rule_problem == "")
    assert "LiveKit refuses every call there" not in support.get(RULES).text


@pytest.mark.parametrize("trouble", ["down", "slow", "html", "html that says 200"])
def test_a_livekit_in_trouble_loses_no_hook_and_one_sweep_later_the_rules_are_right(
    knocking: Installation, change_settings: Callable[..., None], trouble: str
):
    change_settings(livekit_timeout=0.5)
    joined, left = knocking.room(), knocking.room()
    knocking.join(left)
    until(_rule_stands(knocking, left))
    knocking.livekit.settle()
    methods = ("ListParticipants", "CreateSIPDispatchRule", "DeleteSIPDispatchRule")
    for method in methods:
        if trouble == "down":
            knocking.livekit.fail(method, times=50)
        elif trouble == "slow":
            knocking.livekit.delay(method, 10, times=50)
        else:
            knocking.livekit.html(method, times=50, status=200 if "200" in trouble else 502)
    knocking.join(joined)
    knocking.leave(left)
    knocking.livekit.settle()
    until(lambda: not _stored())
    until(lambda: "unavailable" in _again(joined).rule_problem)
    until(lambda: "unavailable" in _again(left).rule_problem)
    knocking.livekit.heal()
    knocking.sweep()
    until(_rule_stands(knocking, joined))
    until(_rule_stands(knocking, left, stands=False))
    assert (_again(joined).rule_problem, _again(left).rule_problem) == ("", "")


def test_a_livekit_that_forgot_its_rules_gets_them_back(knocking: Installation):
    room = knocking.room()
    knocking.join(room)
    until(_rule_stands(knocking, room))
    knocking.livekit.settle()
    until(lambda: not _stored())
    for rule in knocking.livekit.rules():
        knocking.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule["sip_dispatch_rule_id"])
    knocking.sweep()
    until(_rule_stands(knocking, room))
    assert len(knocking.guards()) == 1
