"""Switch phones on and off, and show or hide callers' numbers."""

from collections.abc import Callable

import pytest

from tests.support.factories import make_room, make_trunk, stored, trail
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP
from webapp.live import reconcile, sweep
from webapp.rooms.models import Room

ON = {"phone_enabled": "y", "hide_phone_number": "y"}


@pytest.fixture
def installation(app, livekit: LiveKit, change_settings: Callable[..., None]) -> Installation:
    """A LiveKit that the app asks, with one trunk."""
    change_settings(livekit_url=livekit.url)
    made = Installation(livekit, "")
    made.trunk_id = made.trunk()
    return made


@pytest.fixture
def live(installation: Installation) -> Room:
    """A room whose rule is in LiveKit because somebody is inside."""
    room = make_room("owner", administrator="administrator", member="member")
    installation.join(room)
    reconcile.now(room)
    assert stored(room).sip_dispatch_rule_id
    return stored(room)


def test_phones_off_takes_the_rule_away_and_keeps_the_pin(client_as, live: Room, livekit: LiveKit):
    pin = live.pin
    answer = client_as("owner").post(f"/rooms/{live.slug}/phone", data={"hide_phone_number": "y"}, headers=SWAP)
    assert answer.status_code == 200 and "Dial-in is off" in answer.text
    room = stored(live)
    assert (room.phone_enabled, room.pin, room.sip_dispatch_rule_id) == (False, pin, None)
    assert livekit.pin_of(live.sip_dispatch_rule_id) is None
    assert trail("room.set_phone")[0].details == {
        "fields": ["phone_enabled"],
        "changes": {"phone_enabled": {"before": True, "after": False}},
        "phone": False,
        "hidden": True,
    }


def test_phones_on_again_brings_the_rule_back_with_the_same_pin(client_as, live: Room, livekit: LiveKit):
    owner, pin = client_as("owner"), live.pin
    owner.post(f"/rooms/{live.slug}/phone", data={})
    assert owner.post(f"/rooms/{live.slug}/phone", data=ON).status_code == 303
    assert livekit.pin_of(stored(live).sip_dispatch_rule_id) == pin


def test_shown_numbers_reach_the_rule(client_as, live: Room, livekit: LiveKit):
    client_as("administrator").post(f"/rooms/{live.slug}/phone", data={"phone_enabled": "y"}, headers=SWAP)
    (rule,) = [rule for rule in livekit.rules() if rule["sip_dispatch_rule_id"] == stored(live).sip_dispatch_rule_id]
    assert not rule.get("hide_phone_number")


def test_when_livekit_is_away_our_row_holds_the_page_says_so_and_the_sweep_heals(
    client_as, live: Room, livekit: LiveKit
):
    livekit.html(times=50)
    answer = client_as("owner").post(f"/rooms/{live.slug}/phone", data={}, headers=SWAP)
    assert answer.status_code == 200 and "Retrying" in answer.text
    assert not stored(live).phone_enabled
    livekit.heal()
    sweep.sweep()
    assert livekit.pin_of(live.sip_dispatch_rule_id) is None and stored(live).rule_problem == ""


def test_a_room_made_without_phones_gets_a_trunk_and_a_pin_with_them(client_as):
    make_trunk("ST_a")
    room = make_room(phone_enabled=False)
    client_as("owner").post(f"/rooms/{room.slug}/phone", data=ON)
    assert stored(room).pin and stored(room).trunk_id == "ST_a"


def test_saving_what_holds_leaves_no_trace(client_as):
    room = make_room()
    client_as("owner").post(f"/rooms/{room.slug}/phone", data=ON)
    assert trail("room.set_phone") == []


def test_members_may_not_and_strangers_do_not_know(client_as, room: Room):
    assert client_as("member").post(f"/rooms/{room.slug}/phone", data={}).status_code == 403
    assert client_as("stranger").post(f"/rooms/{room.slug}/phone", data={}).status_code == 404
    assert stored(room).phone_enabled
    assert 'name="phone_enabled"' not in client_as("member").get(f"/rooms/{room.slug}/").text
