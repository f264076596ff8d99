"""Everything about one room on its page, for each reader what they may see; LiveKit is never waited for."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.doors import entry, guest
from tests.support.factories import make_room, make_trunk, stored
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser, make_user, persona
from webapp.access import service as access
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.lobby.models import Status
from webapp.rooms.models import Role, Room

As = Callable[[str], Browser]
FOR_HOSTS = ('id="queue"', "Record, or see what was recorded", 'id="access"', 'id="activity"', "Change PIN")


def page(browser: Browser, room: Room) -> str:
    answer = browser.get(f"/rooms/{room.slug}/")
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("who", ["owner", "administrator", "admin"])
def test_hosts_see_all_of_the_room(client_as: As, room: Room, who: str):
    text = page(client_as(who), room)
    assert [part for part in FOR_HOSTS if part not in text] == []
    assert f'<code id="join-link">http://127.0.0.1:8000/join/{room.slug}</code>' in text
    assert 'data-copy="join-link"' in text


def test_members_see_link_phone_and_who_is_inside_and_nobody_elses_name(client_as: As, room: Room):
    text = page(client_as("member"), room)
    assert [part for part in FOR_HOSTS if part in text] == []
    assert 'id="join-link"' in text and 'id="phone"' in text and 'id="inside"' in text
    for name in ("Owner Person", "owner@", "Administrator Person", "administrator@"):
        assert name not in text
    for path in ("access/", "access/list.csv", "activity", "queue", "watching", "edit", "delete"):
        assert client_as("member").get(f"/rooms/{room.slug}/{path}").status_code == 403


def test_strangers_and_support_cannot_see_that_the_room_exists(client_as: As, room: Room):
    for who in ("stranger", "support"):
        for path in ("", "access/", "access/list.csv", "activity", "edit", "delete", "pin", "inside"):
            assert client_as(who).get(f"/rooms/{room.slug}/{path}").status_code == 404


def test_nobody_signed_in_is_asked_to_sign_in_and_led_back(client: Browser, room: Room):
    answer = client.get(f"/rooms/{room.slug}/")
    assert answer.status_code == 302 and f"next=/rooms/{room.slug}/" in answer.location


def test_who_may_delete_is_told_where_and_who_may_not_is_not(client_as: As, room: Room):
    assert "Delete room…" in page(client_as("owner"), room)
    assert "Delete room…" not in page(client_as("administrator"), room)
    assert "Leave the room" not in page(client_as("admin"), room)


@pytest.mark.parametrize(
    "trouble",
    [
        lambda livekit: livekit.go_away("refuse"),
        lambda livekit: livekit.go_away("hang"),
        lambda livekit: livekit.html(times=50),
        lambda livekit: livekit.fail(times=50),
    ],
    ids=["down", "hanging", "answering HTML", "failing"],
)
def test_the_page_stands_whatever_livekit_does_because_it_does_not_ask(
    client_as: As, room: Room, livekit: LiveKit, change_settings, trouble: Callable[[LiveKit], None]
):
    change_settings(livekit_timeout=1.0)
    room.live_since, room.web_count, room.phone_count = utcnow(), 3, 1
    db.session.commit()
    trouble(livekit)
    owner = client_as("owner")
    text = page(owner, room)
    assert "3 online, 1 by phone" in text
    assert f'hx-get="/rooms/{room.slug}/inside" hx-trigger="load"' in text
    fragment = owner.get(f"/rooms/{room.slug}/inside", headers=SWAP)
    livekit.heal()
    assert fragment.status_code == 200 and "LiveKit isn't answering" in fragment.text
    assert "3 online, 1 by phone" in fragment.text


def test_showing_the_page_calls_nothing_of_livekit(client_as: As, room: Room, livekit: LiveKit):
    page(client_as("owner"), room)
    assert livekit.reading("counts") == {}


def test_who_waits_is_admitted_from_the_rooms_page(app: Flask, client_as: As, room: Room):
    guest(app, room)
    owner = client_as("owner")
    text = page(owner, room)
    assert "Lotte Brandvold" in text and "Admit Lotte Brandvold" in text and 'src="/static/lobby.js?v=' in text
    answer = owner.post(f"/lobby/{entry().id}/admit", data={"view": "room"})
    assert (answer.status_code, answer.location) == (303, f"/rooms/{room.slug}/queue")
    assert entry().status is Status.ACCEPTED


def test_a_room_for_which_nobody_ever_waited_says_what_will_stand_there(client_as: As, room: Room):
    text = page(client_as("owner"), room)
    assert "No one is waiting" in text and 'data-waiting="0"' in text


def phone(browser: Browser, room: Room) -> str:
    return browser.get(f"/rooms/{room.slug}/pin", headers=SWAP).text


def test_the_phone_block_names_number_and_trunk_and_dials(client_as: As, app: Flask):
    make_trunk("ST_a", name="Harbour", number="+442079460147")
    text = phone(client_as("owner"), make_room())
    assert '<a href="tel:+442079460147">+44 20 7946 0147</a>' in text and "Harbour" in text


def test_the_phone_block_says_how_the_rule_stands(client_as: As, room: Room):
    owner = client_as("owner")
    assert "Opens when the first person joins online" in phone(owner, room)
    room.sip_dispatch_rule_id, room.rule_changed_at = "SDR_1", utcnow()
    db.session.commit()
    assert "Dial-in open" in phone(owner, room) and "Since <time" in phone(owner, room)
    room = stored(room)
    room.rule_problem = "unavailable\tdeadline_exceeded"
    db.session.commit()
    assert "Dial-in open" not in phone(owner, room) and "Retrying" in phone(owner, room)
    room = stored(room)
    room.rule_problem, room.phone_enabled = "", False
    db.session.commit()
    assert "Dial-in is off" in phone(owner, room)


def test_a_room_without_a_pin_says_so_and_offers_hosts_another_try(client_as: As, room: Room):
    room.pin = None
    db.session.commit()
    assert "Create PIN" in phone(client_as("owner"), room)
    assert "None: no free one was found" in phone(client_as("member"), room)
    assert "Create PIN" not in phone(client_as("member"), room)


def test_a_deleted_rooms_page_tells_its_people_who_deleted_it_and_strangers_nothing(client_as: As, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/delete")
    for who in ("owner", "administrator", "member", "admin"):
        answer = client_as(who).get(f"/rooms/{room.slug}/")
        assert answer.status_code == 410
        assert "Owner Person deleted the room “Housing committee” (just now)." in answer.text
    assert client_as("stranger").get(f"/rooms/{room.slug}/").status_code == 404


def test_who_had_lost_the_role_before_the_end_is_told_nothing(client_as: As, room: Room):
    client_as("member").post(f"/rooms/{room.slug}/access/leave")
    client_as("owner").post(f"/rooms/{room.slug}/delete")
    assert client_as("member").get(f"/rooms/{room.slug}/").status_code == 404


def test_the_page_asks_the_database_as_often_for_many_people_and_guests_as_for_few(
    app: Flask, client_as: As, room: Room, count_queries
):
    owner = client_as("owner")
    guest(app, room, "First")
    with count_queries() as few:
        page(owner, room)
    for number in range(12):
        user = make_user(f"colleague{number}")
        access.grant(room, actor=Actor.user(persona("owner")), email=user.email, role=Role.MEMBER)
        guest(app, room, f"Guest {number}")
    db.session.commit()
    with count_queries() as many:
        assert "Show all 15" in page(owner, room)
    assert len(many) - len(few) <= 1, "the count of all people is asked for when they do not fit"
    assert len(many) <= 17, many  # the transactions and the row of the room itself among them
    with count_queries() as still_many:
        page(client_as("member"), room)
    assert len(still_many) < len(few)
