"""Two PINs for a while: the new one works at once, the old one until its time is over, and no moment is without one."""

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.factories import stored, trail
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register, work
from webapp.live import reconcile, sweep
from webapp.rooms import jobs as room_jobs
from webapp.rooms.models import PhonePin, Room
from webapp.rules import wanted

As = Callable[[str], Browser]


@pytest.fixture
def live(room: Room, livekit: LiveKit, change_settings: Callable[..., None]) -> Room:
    """The room, on a trunk, with somebody inside and its rule in LiveKit."""
    change_settings(livekit_url=livekit.url)
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "Harbour", "numbers": ["+15550001"]})
    db.session.add(PhonePin(trunk_id=trunk["sip_trunk_id"], pin=room.pin, room_id=room.id))
    db.session.flush()
    room.trunk_id = trunk["sip_trunk_id"]
    db.session.commit()
    livekit.join(str(room.id), "web")
    reconcile.now(room)
    return stored(room)


def rotate(browser: Browser, room: Room, minutes: int = 15) -> None:
    answer = browser.post(f"/rooms/{room.slug}/pin", data={"overlap": str(minutes)}, headers=SWAP)
    assert answer.status_code == 200, answer.text


def pins(livekit: LiveKit) -> dict[str, str]:
    """The PINs that let phones in now, by the names of their rules."""
    found = {}
    for rule in livekit.rules():
        if direct := rule["rule"].get("dispatch_rule_direct"):
            assert rule["name"] not in found, "two rules of one name"
            found[rule["name"]] = direct["pin"]
    return found


def both(room: Room, old: str | None) -> dict[str, str | None]:
    """What LiveKit has while both PINs of a room work."""
    return {wanted.rule_name(room.id): room.pin, f"{wanted.OLD_RULE}{room.id}": old}


def later(room: Room, minutes: int) -> None:
    """So much time passes for the old PIN."""
    past = stored(room)
    if past.old_pin_until is not None:
        past.old_pin_until -= timedelta(minutes=minutes)
    db.session.execute(sa.update(DueWork).values(due_at=DueWork.created_at))
    db.session.commit()


def test_both_pins_work_until_the_time_is_over_and_then_only_the_new_one(client_as: As, live: Room, livekit: LiveKit):
    before = live.pin
    rotate(client_as("owner"), live)
    room = stored(live)
    assert pins(livekit) == both(room, before)
    later(room, 14)
    work.run_due(register.HANDLERS)
    assert pins(livekit) == both(stored(room), before), "its time is not over"
    later(room, 2)
    db.session.execute(sa.update(DueWork).values(done_at=None))
    db.session.commit()
    work.run_due(register.HANDLERS)
    assert pins(livekit) == {wanted.rule_name(room.id): stored(room).pin}
    assert (stored(room).old_pin, stored(room).old_sip_dispatch_rule_id) == (None, None)


def test_the_old_pin_ends_at_once_where_it_leaked(client_as: As, live: Room, livekit: LiveKit):
    rotate(client_as("owner"), live, minutes=0)
    assert pins(livekit) == {wanted.rule_name(live.id): stored(live).pin}
    assert stored(live).old_pin is None


def test_a_quarter_of_an_hour_is_what_the_old_pin_has_when_nothing_is_chosen(client_as: As, live: Room):
    before = live.pin
    client_as("owner").post(f"/rooms/{live.slug}/pin", headers=SWAP)
    assert stored(live).old_pin == before and trail("room.rotate_pin")[0].details == {"overlap": 15}


@pytest.mark.parametrize("minutes", ["7", "-5", "999999", "x"])
def test_another_time_than_those_offered_is_refused(client_as: As, live: Room, livekit: LiveKit, minutes: str):
    before = live.pin
    answer = client_as("owner").post(f"/rooms/{live.slug}/pin", data={"overlap": minutes}, headers=SWAP)
    assert answer.status_code == 422
    assert stored(live).pin == before


def test_callers_who_are_inside_stay_and_either_pin_lets_more_in(client_as: As, live: Room, livekit: LiveKit):
    before = str(live.pin)
    first = livekit.dial("+15551111", to="+15550001", keys=f"{before}#")
    rotate(client_as("owner"), live)
    assert livekit.phone(first["id"])["room"] == str(live.id)
    for number, pin in (("+15552222", before), ("+15553333", str(stored(live).pin))):
        assert livekit.dial(number, to="+15550001", keys=f"{pin}#")["room"] == str(live.id)


def test_there_is_no_moment_without_a_working_pin(client_as: As, live: Room, livekit: LiveKit):
    before = str(live.pin)
    for method in ("CreateSIPDispatchRule", "UpdateSIPDispatchRule", "DeleteSIPDispatchRule"):
        livekit.fail(method, times=50)
    rotate(client_as("owner"), live)
    assert before in pins(livekit).values(), "LiveKit fails at the first step"
    livekit.control("heal")
    livekit.fail("CreateSIPDispatchRule", times=50)
    sweep.sweep()
    assert before in pins(livekit).values(), "LiveKit fails at the second step"
    livekit.control("heal")
    _due(live)
    sweep.sweep()
    assert pins(livekit) == both(stored(live), before)


def _due(room: Room) -> None:
    stored(room).reconcile_at = utcnow()
    db.session.commit()


@pytest.mark.parametrize("method", ["CreateSIPDispatchRule", "UpdateSIPDispatchRule", "ListSIPDispatchRule"])
@pytest.mark.parametrize("applied", [True, False])
@pytest.mark.parametrize("again", [True, False])
def test_a_failure_between_any_two_steps_is_healed_by_the_sweep(
    client_as: As, live: Room, livekit: LiveKit, method: str, applied: bool, again: bool
):
    if again:
        rotate(client_as("owner"), live)
    before = live.pin if not again else stored(live).pin
    livekit.fail(method, times=50, applied=applied)
    rotate(client_as("owner"), live)
    livekit.control("heal")
    for _ in range(2):
        _due(live)
        sweep.sweep()
    room = stored(live)
    assert pins(livekit) == both(room, before)
    assert room.rule_problem == ""


def test_rotating_again_ends_the_older_pin_and_keeps_the_one_just_replaced(client_as: As, live: Room, livekit: LiveKit):
    oldest = live.pin
    rotate(client_as("owner"), live, 60)
    middle = stored(live).pin
    rotate(client_as("owner"), live, 5)
    assert pins(livekit) == both(stored(live), middle)
    assert oldest not in pins(livekit).values()
    rotate(client_as("owner"), live, 0)
    assert pins(livekit) == {wanted.rule_name(live.id): stored(live).pin}


def test_who_rotates_again_is_told_that_the_older_pin_stops_before_its_time(client_as: As, live: Room):
    owner, address = client_as("owner"), f"/rooms/{live.slug}/"
    assert "stops immediately" not in owner.get(address).text
    oldest = str(live.pin)
    rotate(owner, live, 60)
    assert f"The previous PIN ending in {oldest[-2:]}, which was to work until" in owner.get(address).text


def test_the_quarantine_counts_from_when_the_pin_stops(client_as: As, live: Room, change_settings: Callable[..., None]):
    change_settings(pin_quarantine_days=2)
    before, begun = live.pin, utcnow()
    rotate(client_as("owner"), live, 60)
    blocked = db.session.get_one(PhonePin, (live.trunk_id, before)).blocked_until
    assert timedelta(0) <= blocked - (begun + timedelta(days=2, hours=1)) < timedelta(minutes=1)
    stopped = utcnow()
    assert client_as("owner").post(f"/rooms/{live.slug}/pin/old", headers=SWAP).status_code == 200
    db.session.expire_all()
    blocked = db.session.get_one(PhonePin, (live.trunk_id, before)).blocked_until
    assert timedelta(0) <= blocked - (stopped + timedelta(days=2)) < timedelta(minutes=1)
    assert room_jobs.purge_pins() == 0


def test_a_host_may_stop_it_early_and_the_trail_says_so(client_as: As, live: Room, livekit: LiveKit):
    rotate(client_as("owner"), live)
    page = client_as("owner").get(f"/rooms/{live.slug}/").text
    assert "End it now" in page and "works until" in page
    assert client_as("member").post(f"/rooms/{live.slug}/pin/old").status_code == 403
    assert "End it now" not in client_as("member").get(f"/rooms/{live.slug}/").text
    answer = client_as("administrator").post(f"/rooms/{live.slug}/pin/old")
    assert (answer.status_code, answer.location) == (303, f"/rooms/{live.slug}/")
    assert pins(livekit) == {wanted.rule_name(live.id): stored(live).pin}
    assert len(trail("room.stop_old_pin")) == 1
    client_as("owner").post(f"/rooms/{live.slug}/pin/old")
    assert len(trail("room.stop_old_pin")) == 1, "there was nothing left to stop"


def test_a_page_of_an_earlier_overlap_does_not_stop_the_later_one(client_as: As, live: Room):
    owner, url = client_as("owner"), f"/rooms/{live.slug}/pin/old"
    rotate(owner, live)
    (seen,) = re.findall(r'name="seen" value="([^"]+)">\s*<button type="submit">.*End it now', page(owner, live))
    rotate(owner, live)
    old = stored(live).old_pin
    late = owner.post(url, data={"seen": seen}, headers=SWAP)
    assert (late.status_code, "Not ended: the PIN was changed" in late.text) == (409, True)
    assert stored(live).old_pin == old and trail("room.stop_old_pin") == []
    assert owner.post(url, headers=SWAP).status_code == 200
    assert stored(live).old_pin is None


def page(browser: Browser, room: Room) -> str:
    return html.unescape(browser.get(f"/rooms/{room.slug}/pin", headers=SWAP).text)


def test_the_page_shows_two_digits_of_the_old_pin_and_the_trail_only_its_minutes(client_as: As, live: Room):
    before = str(live.pin)
    rotate(client_as("owner"), live)
    page = client_as("owner").get(f"/rooms/{live.slug}/").text
    assert f"Previous PIN ending in </span>{before[-2:]}" in page and before not in page
    (entry,) = trail("room.rotate_pin")
    assert entry.details == {"overlap": 15}


def test_both_rules_go_with_the_last_person_and_come_back_with_the_next(client_as: As, live: Room, livekit: LiveKit):
    before = live.pin
    rotate(client_as("owner"), live)
    livekit.leave(str(live.id), "web")
    reconcile.now(stored(live))
    assert pins(livekit) == {}
    livekit.join(str(live.id), "web")
    reconcile.now(stored(live))
    assert pins(livekit) == both(stored(live), before)


def test_a_room_that_nobody_is_in_keeps_its_old_pin_for_whoever_comes(client_as: As, live: Room, livekit: LiveKit):
    livekit.leave(str(live.id), "web")
    reconcile.now(live)
    before = live.pin
    rotate(client_as("owner"), live)
    livekit.join(str(live.id), "web")
    reconcile.now(stored(live))
    assert pins(livekit) == both(stored(live), before)


def test_switching_phones_off_ends_both(client_as: As, live: Room, livekit: LiveKit):
    rotate(client_as("owner"), live)
    client_as("owner").post(f"/rooms/{live.slug}/phone", data={"hide_phone_number": "y"})
    assert pins(livekit) == {} and stored(live).old_pin is None


def test_deleting_the_room_ends_both(client_as: As, live: Room, livekit: LiveKit):
    rotate(client_as("owner"), live)
    client_as("owner").post(f"/rooms/{live.slug}/delete")
    assert pins(livekit) == {} and stored(live).old_pin is None


def test_hiding_numbers_changes_both(client_as: As, live: Room, livekit: LiveKit):
    rotate(client_as("owner"), live)
    client_as("owner").post(f"/rooms/{live.slug}/phone", data={"phone_enabled": "y"})
    found = [rule for rule in livekit.rules() if "dispatch_rule_direct" in rule["rule"]]
    assert [rule["hide_phone_number"] for rule in found] == [False, False]


def test_a_second_old_rule_is_a_double_and_an_expired_one_goes_by_the_sweep_alone(
    client_as: As, live: Room, livekit: LiveKit
):
    rotate(client_as("owner"), live)
    direct = {"dispatch_rule_direct": {"room_name": str(live.id), "pin": "8812"}}
    double = {"name": f"{wanted.OLD_RULE}{live.id}", "trunk_ids": [live.trunk_id], "rule": direct}
    livekit.store_sip(rules=[double])
    sweep.sweep()
    assert sorted(pins(livekit)) == sorted(both(stored(live), None))
    assert "8812" not in pins(livekit).values()
    later(live, 20)
    sweep.sweep()
    assert pins(livekit) == {wanted.rule_name(live.id): stored(live).pin}


def test_an_old_rule_that_somebody_deleted_in_livekit_comes_back(client_as: As, live: Room, livekit: LiveKit):
    before = live.pin
    rotate(client_as("owner"), live)
    gone = stored(live).old_sip_dispatch_rule_id
    livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=gone)
    sweep.sweep()
    assert pins(livekit) == both(stored(live), before)


def test_a_foreign_rule_in_the_old_pins_place_does_not_keep_the_new_pin_from_working(
    client_as: As, live: Room, livekit: LiveKit
):
    livekit.leave(str(live.id), "web")
    reconcile.now(live)
    direct = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": live.pin}}
    livekit.store_sip(rules=[{"name": "theirs", "trunk_ids": [live.trunk_id], "rule": direct}])
    rotate(client_as("owner"), live)
    livekit.join(str(live.id), "web")
    reconcile.now(stored(live))
    assert pins(livekit)[wanted.rule_name(live.id)] == stored(live).pin
    assert stored(live).rule_problem.startswith("conflict")


def test_two_rules_of_one_room_are_no_finding(client_as: As, app: Flask, live: Room):
    rotate(client_as("owner"), live)
    page = client_as("support").get("/telephony/rules/read").text
    assert "Nothing is wrong" in page
    support = client_as("support").get(f"/rooms/{live.slug}/support").text
    assert "Rule of the old PIN" in support


def test_a_room_without_a_pin_keeps_no_old_one_for_a_while(client_as: As, room: Room):
    room.pin = None
    db.session.commit()
    rotate(client_as("owner"), room)
    now = stored(room)
    assert now.pin is not None
    assert (now.old_pin, now.old_pin_until) == (None, None)
    assert trail("room.rotate_pin")[0].details == {"overlap": 0}
    assert db.session.scalar(sa.select(DueWork.id).where(DueWork.kind == "telephony.end_old_pin")) is None
