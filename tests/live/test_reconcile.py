"""A room has exactly one rule in LiveKit while its phone is on, it has a PIN and somebody is there by web."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from tests.support.installation import NUMBER, Installation, said
from tests.support.waiting import PATIENCE, until
from webapp.core import heartbeat, leases
from webapp.core.db import db, utcnow
from webapp.live import jobs, reconcile
from webapp.rooms.models import Room, TrunkRow
from webapp.rules import problems, wanted


def test_the_first_person_by_web_brings_the_rule(installation: Installation):
    room = installation.room()
    installation.join(room)
    reconcile.now(room)
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["sip_dispatch_rule_id"] == room.sip_dispatch_rule_id
    assert rule["rule"] == {"dispatch_rule_direct": {"room_name": str(room.id), "pin": room.pin}}
    assert (rule["trunk_ids"], rule["hide_phone_number"]) == ([installation.trunk_id], True)
    assert (room.web_count, room.phone_count, room.rule_problem, room.reconcile_at) == (1, 0, "", None)
    assert room.live_since is not None
    assert room.rule_changed_at is not None


def test_the_last_person_by_web_takes_the_rule_along_and_phones_stay(installation: Installation):
    room = installation.live()
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    installation.leave(room)
    reconcile.now(room)
    assert installation.rule_of(room) is None
    assert (room.sip_dispatch_rule_id, room.web_count, room.phone_count) == (None, 0, 1)
    assert room.live


def test_an_empty_room_is_no_longer_live(installation: Installation):
    room = installation.live()
    installation.leave(room)
    reconcile.now(room)
    assert (room.live_since, room.live_sid, room.web_count) == (None, "", 0)


@pytest.mark.parametrize(
    "without", [{"phone_enabled": False}, {"pin": None}, {"trunk_id": "", "pin": None}, {"deleted_at": utcnow()}]
)
def test_a_room_that_no_phone_may_reach_gets_no_rule(installation: Installation, without: dict[str, Any]):
    room = installation.room(**without)
    installation.join(room)
    reconcile.now(room)
    assert installation.livekit.rules() == []


@pytest.mark.parametrize("kind", ["sip", "egress", "agent"])
def test_machines_and_callers_alone_bring_no_rule(installation: Installation, kind: str):
    room = installation.room()
    installation.join(room, kind=kind)
    reconcile.now(room)
    assert installation.livekit.rules() == []


def test_a_room_without_a_trunk_says_why_no_phone_reaches_it(installation: Installation):
    room = installation.room(trunk_id="", pin="4711471147")
    installation.join(room)
    reconcile.now(room)
    assert installation.livekit.rules() == []
    assert "no trunk" in said(room)


def test_asking_again_changes_nothing(installation: Installation):
    room = installation.live()
    before = installation.changes()
    reconcile.now(room)
    reconcile.now(room)
    assert installation.changes() == before


def test_a_new_pin_replaces_the_rule_in_place(installation: Installation):
    room = installation.live()
    rule_id = room.sip_dispatch_rule_id
    installation.give_pin(room, "8080808081")
    reconcile.now(room)
    assert room.sip_dispatch_rule_id == rule_id
    assert installation.livekit.pin_of(rule_id) == "8080808081"


def test_a_switch_of_number_hiding_reaches_the_rule(installation: Installation):
    room = installation.live(hide_phone_number=False)
    assert installation.guards() == []
    room.hide_phone_number = True
    db.session.commit()
    reconcile.now(room)
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["hide_phone_number"] is True
    assert len(installation.guards()) == 1


def test_a_room_that_moves_to_another_trunk_takes_its_rule_along(installation: Installation):
    room = installation.live()
    other = installation.trunk("+15550002")
    room.pin = None
    room.trunk_id = other
    installation.give_pin(room, "9191919190")
    reconcile.now(room)
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["trunk_ids"] == [other]


def test_a_room_that_moves_to_a_trunk_where_its_pin_is_taken_stores_no_conflict(installation: Installation):
    room = installation.live()
    other = installation.trunk("+15550002")
    foreign = installation.foreign(pin="9191919190", name="Night line", trunk_ids=[other])
    room.pin = None
    room.trunk_id = other
    installation.give_pin(room, "9191919190")
    reconcile.now(room)
    assert foreign in said(room)
    rule = installation.rule_of(room)  # LiveKit would have taken the move, and refused every call from then on
    assert rule is not None
    assert rule["trunk_ids"] == [installation.trunk_id]
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=foreign)
    installation.sweep()
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["trunk_ids"] == [other]


def test_a_rule_left_behind_on_the_old_trunk_goes_with_the_sweep(installation: Installation):
    room = installation.live()
    other = installation.trunk("+15550002")
    room.pin = None
    room.trunk_id = other
    installation.give_pin(room, "9191919190")
    installation.livekit.fail("DeleteSIPDispatchRule")
    reconcile.now(room)
    assert room.rule_problem == ""
    installation.sweep()
    rule = installation.rule_of(room)
    assert rule is not None
    assert rule["trunk_ids"] == [other]


def test_a_deleted_room_lets_no_phone_in(installation: Installation):
    room = installation.live()
    room.deleted_at = utcnow()
    db.session.commit()
    reconcile.now(room)
    assert installation.rule_of(room) is None


def test_rules_are_created_so_that_conflicts_on_other_trunks_do_not_matter(installation: Installation):
    other = installation.trunk("+15550002")
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}
    installation.store(*[{"rule": direct, "trunk_ids": [other]}] * 2)
    room = installation.live()
    assert installation.rule_of(room) is not None


# LiveKit fails


def _heals(installation: Installation, room: Room) -> None:
    installation.livekit.heal()
    installation.sweep()
    db.session.refresh(room)
    assert (room.rule_problem, room.reconcile_at) == ("", None)
    assert installation.rule_of(room) is not None


@pytest.mark.parametrize("method", ["ListParticipants", "CreateSIPDispatchRule"])
@pytest.mark.parametrize("how", ["fail", "html", "html_200", "slow"])
def test_a_livekit_that_fails_leaves_the_row_and_the_sweep_heals(
    installation: Installation, change_settings: Callable[..., None], method: str, how: str
):
    room = installation.room()
    installation.join(room)
    if how == "slow":
        change_settings(livekit_timeout=0.2)
        installation.livekit.delay(method, 10)
    elif how == "fail":
        installation.livekit.fail(method)
    else:
        installation.livekit.html(method, status=200 if how == "html_200" else 502)
    reconcile.now(room)
    assert room.sip_dispatch_rule_id is None
    assert "didn't answer" in said(room)
    assert room.reconcile_at is not None
    _heals(installation, room)


def test_a_livekit_that_is_down_keeps_the_count_and_the_rule_as_they_were(installation: Installation):
    room = installation.live()
    rule_id = room.sip_dispatch_rule_id
    installation.livekit.go_away()
    reconcile.now(room)
    assert (room.sip_dispatch_rule_id, room.web_count) == (rule_id, 1)
    assert room.rule_problem
    _heals(installation, room)


def test_a_rule_whose_creation_answered_an_error_is_adopted(installation: Installation):
    room = installation.room(hide_phone_number=False)
    installation.join(room)
    installation.livekit.fail("CreateSIPDispatchRule", applied=True)
    reconcile.now(room)
    assert room.sip_dispatch_rule_id is None
    reconcile.now(room)
    rule = installation.rule_of(room)
    assert rule is not None
    assert room.sip_dispatch_rule_id == rule["sip_dispatch_rule_id"]
    assert room.rule_problem == ""


def test_a_rule_that_is_gone_already_counts_as_taken_away(installation: Installation):
    room = installation.live()
    rule_id = room.sip_dispatch_rule_id
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=rule_id)
    installation.leave(room)
    reconcile.now(room)
    assert (room.sip_dispatch_rule_id, room.rule_problem) == (None, "")


# conflicts


def test_a_number_in_the_name_of_a_foreign_rule_is_not_told(installation: Installation):
    room = installation.room()
    installation.foreign(pin=str(room.pin), name="Line of +1 555 123 4567")
    installation.join(room)
    reconcile.now(room)
    assert "“Line of ••67”" in said(room)
    assert "555" not in room.rule_problem.replace(str(room.id), "")


def test_a_foreign_rule_with_the_pin_is_left_alone_and_named(installation: Installation):
    room = installation.room()
    foreign = installation.foreign(pin=str(room.pin), name="Night line")
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is None
    assert foreign in said(room)
    assert "Night line" in said(room)
    assert [rule["name"] for rule in installation.livekit.rules() if rule["sip_dispatch_rule_id"] == foreign]
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=foreign)
    _heals(installation, room)


def test_a_pin_that_another_room_of_ours_still_has_in_livekit_waits(installation: Installation):
    first, second = installation.live(), installation.room()
    stale = str(first.pin)
    first.pin = None
    db.session.commit()
    installation.give_pin(first, "5656565650")
    db.session.query(Room).filter_by(id=second.id).update({"pin": stale})
    db.session.commit()
    installation.join(second)
    reconcile.now(second)
    assert second.rule_problem == str(problems.waits_for(str(first.sip_dispatch_rule_id)))
    reconcile.now(first)
    _heals(installation, second)


def test_doubles_of_ours_are_removed_when_they_stop_a_creation(installation: Installation):
    double = installation.live(hide_phone_number=False)
    rule = {"rule": {"dispatch_rule_direct": {"room_name": str(double.id), "pin": double.pin}}}
    installation.store({**rule, "name": wanted.rule_name(double.id), "trunk_ids": [installation.trunk_id]})
    room = installation.room(hide_phone_number=False)
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is not None
    kept = installation.rule_of(double)
    assert kept is not None
    assert kept["sip_dispatch_rule_id"] == double.sip_dispatch_rule_id


@pytest.mark.parametrize("hide", [True, False])
def test_a_foreign_pair_that_stops_the_trunk_is_named(installation: Installation, hide: bool):
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "1"}}
    pair = installation.store(*[{"rule": direct, "trunk_ids": [installation.trunk_id]}] * 2)
    room = installation.room(hide_phone_number=hide)
    installation.join(room)
    reconcile.now(room)
    assert all(rule_id in said(room) for rule_id in pair)
    assert "refuses every call" in said(room)


# two at once


def test_who_finds_the_lease_taken_leaves_and_the_sweep_looks_again(installation: Installation):
    room = installation.room()
    installation.join(room)
    with leases.held(f"room:{room.id}"):
        reconcile.now(room)
        assert installation.livekit.rules() == []
    installation.sweep()
    assert installation.rule_of(room) is not None


def test_who_slept_while_another_took_the_lease_changes_nothing_more(
    app: Flask, installation: Installation, monkeypatch: pytest.MonkeyPatch
):
    room = installation.room()
    installation.join(room)
    installation.livekit.delay("ListParticipants", 0.5)
    working = threading.Thread(target=_in_context, args=(app, room))
    working.start()
    until(lambda: installation.livekit.calls("ListParticipants") == 1)
    taken = db.session.query(leases.Lease).filter_by(name=f"room:{room.id}")
    taken.update({"holder": "another"})
    db.session.commit()
    monkeypatch.setattr(heartbeat, "time", SimpleNamespace(monotonic=lambda: time.monotonic() + 60, sleep=time.sleep))
    working.join(PATIENCE)
    assert installation.livekit.rules() == []
    db.session.refresh(room)
    assert room.reconcile_at is not None
    taken.update({"until": utcnow() - timedelta(seconds=1)})
    db.session.commit()
    installation.sweep()
    assert installation.rule_of(room) is not None


def test_a_change_while_somebody_works_is_not_forgotten(app: Flask, installation: Installation):
    room = installation.room()
    installation.livekit.delay("ListParticipants", 0.5)
    working = threading.Thread(target=_in_context, args=(app, room))
    working.start()
    until(lambda: installation.livekit.calls("ListParticipants") == 1)
    installation.join(room)
    reconcile.now(room)  # returns at once: the other holds the lease
    working.join(PATIENCE)
    assert installation.rule_of(room) is not None


def _in_context(app: Flask, room: Room) -> None:
    with app.app_context():
        reconcile.now(db.session.get_one(Room, room.id))


def test_many_rooms_of_one_trunk_at_once_never_store_a_conflicting_pair(app: Flask, installation: Installation):
    installation.livekit.switch(racy_creates=True)
    made = [installation.room() for _ in range(6)]
    for room in made:
        installation.join(room)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda room: _in_context(app, room), made * 2))
    assert all(installation.rule_of(room) for room in made)
    assert len(installation.guards()) == 1
    assert len(installation.livekit.rules()) == 7


# the guard


def test_the_guard_stands_before_the_first_rule_that_hides_numbers(installation: Installation):
    room = installation.live()
    first, second = installation.livekit.asked("CreateSIPDispatchRule")
    assert (first["name"], second["name"]) == (wanted.GUARD_RULE + installation.trunk_id, wanted.rule_name(room.id))
    (guard,) = installation.guards()
    assert guard["inbound_numbers"] == [""]
    assert guard["rule"]["dispatch_rule_individual"]["room_prefix"] == "no-caller-id"
    assert guard["hide_phone_number"] is False
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_rule_id == guard["sip_dispatch_rule_id"]


def test_no_rule_that_hides_numbers_stands_without_its_guard(installation: Installation):
    room = installation.room()
    installation.join(room)
    installation.livekit.fail("CreateSIPDispatchRule")
    reconcile.now(room)
    assert installation.livekit.rules() == []
    assert room.rule_problem


@pytest.mark.parametrize("done", ["deleted", "made hiding"])
def test_a_guard_that_somebody_spoilt_while_the_trunk_was_quiet_is_back_before_the_next_hiding_rule(
    installation: Installation, done: str
):
    room = installation.live()
    installation.leave(room)
    reconcile.now(room)
    (guard,) = installation.guards()
    told = {"sip_dispatch_rule_id": guard["sip_dispatch_rule_id"]}
    if done == "deleted":
        installation.livekit.call("SIP", "DeleteSIPDispatchRule", **told)
    else:
        spoilt = {name: guard[name] for name in ("rule", "name", "trunk_ids", "inbound_numbers")}
        told["replace"] = {**spoilt, "hide_phone_number": True}
        installation.livekit.call("SIP", "UpdateSIPDispatchRule", **told)
    installation.join(room)
    installation.livekit.fail("CreateSIPDispatchRule" if done == "deleted" else "UpdateSIPDispatchRule")
    reconcile.now(room)
    assert installation.rule_of(room) is None  # no guard, no rule
    _heals(installation, room)
    (guard,) = installation.guards()
    assert (guard["hide_phone_number"], guard["inbound_numbers"]) == (False, [""])


def test_beside_a_foreign_open_rule_the_guard_names_the_trunks_numbers(installation: Installation):
    installation.foreign()
    room = installation.live()
    (guard,) = installation.guards()
    assert (guard["numbers"], guard["inbound_numbers"]) == ([NUMBER], [""])
    assert db.session.get_one(TrunkRow, installation.trunk_id).guard_problem == str(problems.GUARD_NARROW)
    assert installation.rule_of(room) is not None


def test_where_no_guard_can_stand_no_rule_hides_numbers(installation: Installation):
    installation.trunk_id = installation.trunk("", auth_username="pbx", auth_password="secret")
    foreign = installation.foreign()
    room = installation.room()
    installation.join(room)
    reconcile.now(room)
    assert installation.rule_of(room) is None
    assert room.rule_problem == str(problems.guard_refused(foreign))


def test_a_call_without_a_number_never_reaches_a_rule_that_hides_numbers(installation: Installation):
    room = installation.live()
    phone = installation.dial(caller="")
    until(lambda: installation.phone(phone)["room"])
    assert installation.phone(phone)["room"].startswith(wanted.GUARD_PREFIX)
    assert installation.livekit.outages == 0
    named = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(named)["room"] == str(room.id))


def test_a_mark_that_nobody_took_away_is_followed_within_seconds(installation: Installation):
    room = installation.room()
    installation.join(room)
    reconcile.mark(room)
    jobs.follow_marked()
    assert installation.rule_of(room) is None, "whoever made the mark may be at it"
    room.reconcile_at = utcnow() - jobs.LEFT_AFTER
    db.session.commit()
    jobs.follow_marked()
    assert installation.rule_of(room) is not None


def test_marked_rooms_wait_while_livekit_answers_none_of_several(installation: Installation):
    rooms = [installation.room() for _ in range(jobs.GIVE_UP + 3)]
    for room in rooms:
        room.reconcile_at = utcnow() - timedelta(minutes=1)
    db.session.commit()
    installation.livekit.fail("ListParticipants", "unavailable", times=100)
    jobs.follow_marked()
    assert installation.livekit.calls("ListParticipants") == jobs.GIVE_UP
    installation.livekit.heal()
