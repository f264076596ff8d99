"""Replace a room's PIN, end to end."""

import html
import re
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.support.factories import stored, trail
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP
from tests.support.waiting import PATIENCE
from webapp.accounts.models import User
from webapp.core.db import db, utcnow
from webapp.live import reconcile, sweep
from webapp.rooms.models import PhonePin, Room


@pytest.fixture
def live(room: Room, livekit: LiveKit, change_settings: Callable[..., None]) -> Room:
    """The room, on a trunk, with somebody inside and its rule in LiveKit."""
    change_settings(livekit_url=livekit.url)
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "Harbour", "numbers": ["+15550001"]})
    pin = room.pin
    db.session.add(PhonePin(trunk_id=trunk["sip_trunk_id"], pin=pin, room_id=room.id))
    db.session.flush()
    room.trunk_id, room.live_since = trunk["sip_trunk_id"], utcnow()
    db.session.commit()
    livekit.join(str(room.id), "web")
    reconcile.now(room)
    assert livekit.pin_of(stored(room).sip_dispatch_rule_id) == pin
    return stored(room)


@pytest.mark.parametrize("persona", ["owner", "administrator", "admin"])
def test_hosts_and_admins_get_a_new_pin(client_as, room: Room, persona: str):
    before = room.pin
    answer = client_as(persona).post(f"/rooms/{room.slug}/pin", data={"reason": "printed on a poster"}, headers=SWAP)
    after = stored(room).pin
    assert answer.status_code == 200 and answer.text.lstrip().startswith('<section id="phone"')
    assert after not in {before, None}
    assert before not in answer.text


def test_the_old_pin_is_blocked_and_the_page_says_until_when(client_as, room: Room):
    before = room.pin
    answer = client_as("owner").post(f"/rooms/{room.slug}/pin", headers=SWAP)
    assert "be reused until" in answer.text
    assert db.session.get_one(PhonePin, ("", before)).blocked_until > utcnow()


def test_it_is_in_the_trail_with_its_reason_and_without_either_pin(client_as, room: Room):
    before = room.pin
    client_as("administrator").post(f"/rooms/{room.slug}/pin", data={"reason": "printed on a poster"})
    (entry,) = trail("room.rotate_pin")
    assert entry.reason == "printed on a poster"
    assert before not in str(entry.details) and stored(room).pin not in str(entry.details)


def test_without_javascript_the_page_is_shown_again(client_as, room: Room):
    answer = client_as("owner").post(f"/rooms/{room.slug}/pin", data={"reason": ""})
    assert (answer.status_code, answer.location) == (303, f"/rooms/{room.slug}/")


def test_livekit_follows_and_callers_need_the_new_pin(client_as, live: Room, livekit: LiveKit):
    rule = live.sip_dispatch_rule_id
    answer = client_as("owner").post(f"/rooms/{live.slug}/pin", data={"overlap": "0"}, headers=SWAP)
    room = stored(live)
    assert room.sip_dispatch_rule_id == rule, "the rule is replaced in place"
    assert livekit.pin_of(rule) == room.pin
    assert "Dial-in open" in answer.text


def test_when_livekit_fails_the_new_pin_is_kept_and_the_page_says_phones_wait(client_as, live: Room, livekit: LiveKit):
    before, rule = live.pin, live.sip_dispatch_rule_id
    livekit.fail(times=50)
    leaked = {"reason": "leaked", "overlap": "0"}
    answer = client_as("owner").post(f"/rooms/{live.slug}/pin", data=leaked, headers=SWAP)
    assert answer.status_code == 200 and "Not applied yet" in answer.text
    assert stored(live).pin != before
    livekit.control("heal")
    assert livekit.pin_of(rule) == before
    sweep.sweep()
    assert livekit.pin_of(rule) == stored(live).pin
    assert stored(live).rule_problem == ""


def test_strangers_and_support_get_404_and_members_403(client_as, room: Room):
    before = room.pin
    assert client_as("stranger").post(f"/rooms/{room.slug}/pin").status_code == 404
    assert client_as("support").post(f"/rooms/{room.slug}/pin").status_code == 404
    assert client_as("member").post(f"/rooms/{room.slug}/pin").status_code == 403
    assert stored(room).pin == before and trail("room.rotate_pin") == []
    assert "Change PIN" not in client_as("member").get(f"/rooms/{room.slug}/").text


@pytest.mark.parametrize(
    ("reason", "why"),
    [("x" * 201, "this has 201"), ("two\nlines", "a line break"), ("\u202eback", "a hidden mark")],
    ids=["long", "lines", "reversed"],
)
def test_a_reason_that_deceives_is_refused_and_the_pin_stays(client_as, room: Room, reason: str, why: str):
    before = room.pin
    answer = client_as("owner").post(f"/rooms/{room.slug}/pin", data={"reason": reason}, headers=SWAP)
    assert answer.status_code == 422 and why in answer.text and "Enter a name" not in answer.text
    assert stored(room).pin == before


def test_when_no_pin_is_free_the_old_one_stays(client_as, room: Room, change_settings):
    change_settings(pin_length=4)
    before = room.pin
    taken = [{"trunk_id": "", "pin": str(pin), "room_id": room.id} for pin in range(1000, 10_000)]
    db.session.execute(sa.insert(PhonePin), taken)
    db.session.commit()
    answer = client_as("owner").post(f"/rooms/{room.slug}/pin", headers=SWAP)
    assert answer.status_code == 409 and "No free PIN" in answer.text
    assert stored(room).pin == before
    assert db.session.get_one(PhonePin, ("", before)).blocked_until is None


def version_on_page(browser, room: Room) -> str:
    found = re.search(r'name="seen" value="([^"]+)"', browser.get(f"/rooms/{room.slug}/pin", headers=SWAP).text)
    assert found is not None
    return html.unescape(found[1])


def test_of_two_people_rotating_at_once_the_second_hears_who_was_first(client_as, room: Room):
    before, url = room.pin, f"/rooms/{room.slug}/pin"
    browsers = [client_as("owner"), client_as("administrator")]
    seen = version_on_page(browsers[0], room)
    answers: list[TestResponse] = []
    together = threading.Barrier(2)

    def rotate(browser) -> None:
        together.wait()
        answers.append(browser.post(url, data={"seen": seen}, headers=SWAP))

    db.session.commit()
    threads = [threading.Thread(target=rotate, args=(browser,)) for browser in browsers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    late = next(answer for answer in answers if answer.status_code == 409)
    first = trail("room.rotate_pin")[0].user_id
    assert f"{db.session.get_one(User, first).name} changed the PIN first (just now)" in late.text
    assert len(trail("room.rotate_pin")) == 1
    pins = db.session.scalars(sa.select(PhonePin).where(PhonePin.room_id == room.id)).all()
    free = [pin.pin for pin in pins if pin.blocked_until is None]
    assert len(pins) == 2 and free == [stored(room).pin] and before not in free


def test_after_hearing_of_the_new_pin_one_may_rotate_it_again(client_as, room: Room):
    owner = client_as("owner")
    seen = version_on_page(owner, room)
    assert owner.post(f"/rooms/{room.slug}/pin", data={"seen": seen, "overlap": "0"}).status_code == 303
    late = owner.post(f"/rooms/{room.slug}/pin", data={"seen": seen, "overlap": "0"})
    assert late.status_code == 409 and "<html" in late.text and "changed the PIN first" in late.text
    again = owner.post(f"/rooms/{room.slug}/pin", data={"seen": version_on_page(owner, room), "overlap": "0"})
    assert again.status_code == 303 and len(trail("room.rotate_pin")) == 2


def test_the_new_pin_is_shown_to_whoever_changed_it_with_an_invitation_to_copy_and_kept_as_a_reveal(
    client_as, room: Room
):
    owner = client_as("owner")
    shown = owner.post(f"/rooms/{room.slug}/pin", headers=SWAP).text
    pin = stored(room).pin
    assert pin is not None and f'data-value="{pin}"' in shown and 'data-hide-after="30"' in shown
    assert "Copy invitation" in shown and f"/join/{room.slug}" in shown
    assert [entry.details for entry in trail("room.reveal_pin")] == [{"purpose": "change"}]
    again = owner.get(f"/rooms/{room.slug}/pin", headers=SWAP).text
    assert pin not in again and "Copy invitation" not in again


def test_without_scripts_the_new_pin_is_asked_for_like_any_other(client_as, room: Room):
    owner = client_as("owner")
    assert owner.post(f"/rooms/{room.slug}/pin").status_code == 303
    pin = stored(room).pin
    assert pin is not None and pin not in owner.get(f"/rooms/{room.slug}/").text and trail("room.reveal_pin") == []


def test_an_admin_who_must_say_why_changes_the_pin_without_seeing_the_new_one(client_as, room: Room):
    shown = client_as("admin").post(f"/rooms/{room.slug}/pin", headers=SWAP)
    pin = stored(room).pin
    assert shown.status_code == 200 and pin is not None and pin not in shown.text and trail("room.reveal_pin") == []
