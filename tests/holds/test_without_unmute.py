"""Where LiveKit would not give a muted caller the floor back, nobody is muted: callers come in or go, and we say so."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa

from tests.support.personas import Browser
from tests.support.phones import Door, entries, learn
from tests.support.waiting import until
from webapp.audit import Actor
from webapp.calls.book import REFUSED
from webapp.calls.models import Hold
from webapp.core.db import db, utcnow
from webapp.holds import hold, unmute
from webapp.holds.models import Probe
from webapp.lobby import service
from webapp.lobby.models import Status
from webapp.rooms.models import AccessLevel

As = Callable[[str], Browser]
LINES = "room:\n  enable_remote_unmute: true"


@pytest.fixture
def door(door: Door) -> Door:
    """The same in a LiveKit as it is delivered."""
    door.livekit.switch(enable_remote_unmute=False)
    return door


def mutes(door: Door) -> list[dict[str, object]]:
    """What LiveKit was asked to mute."""
    return [asked for asked in door.livekit.asked("MutePublishedTrack") if asked.get("muted")]


def let_in(door: Door, caller: str = "+15551234") -> str:
    """A caller who came in without waiting; gives the phone."""
    phone = door.dial(caller)
    until(lambda: door.is_free(phone) and (call := door.call(phone)) is not None and call.hold is Hold.UNHELD)
    door.livekit.settle()
    return phone


def works() -> bool | None:
    """What was learnt of unmuting."""
    found = unmute.known()
    db.session.commit()
    return found.works if found else None


@pytest.mark.parametrize("known", [None, False])
def test_by_default_the_caller_comes_in_and_is_never_muted(door: Door, known: bool | None) -> None:
    learn(known)
    phone = door.dial()
    until(lambda: door.is_free(phone))
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.UNHELD)
    door.livekit.settle()
    door.installation.sweep()
    assert door.is_free(phone)
    assert mutes(door) == []
    assert (works(), entries()) == (False, [])


def test_once_it_is_known_nothing_is_tried_on_callers(door: Door) -> None:
    learn(works=False)
    phone = door.dial()
    until(lambda: door.call(phone) and door.call(phone).hold is Hold.UNHELD)
    assert door.rights_changed() == door.livekit.calls("MutePublishedTrack") == 0


@pytest.mark.parametrize("known", [None, False])
def test_an_installation_may_turn_such_callers_away(
    door: Door, change_settings: Callable[..., None], known: bool | None
) -> None:
    change_settings(callers_without_hold="turn_away")
    learn(known)
    before = REFUSED.labels("no_hold")._value.get()
    phone = door.dial()
    until(lambda: door.installation.phone(phone)["state"] == "ended")
    until(lambda: REFUSED.labels("no_hold")._value.get() == before + 1)
    assert mutes(door) == []
    assert entries() == []


def test_no_browser_is_ever_asked_whether_livekit_unmutes(door: Door) -> None:
    for works in (None, False, True):
        learn(works)
        db.session.execute(sa.update(Probe).values(learnt_at=utcnow() - timedelta(hours=2)))
        db.session.commit()
        door.installation.sweep()
    assert door.livekit.calls("MutePublishedTrack") == 0


def test_the_sweep_asks_of_a_caller_and_changes_nothing_for_them(door: Door) -> None:
    learn(works=False)
    phone = let_in(door)
    person = door.person(phone)
    told = {"room": str(door.room_id), "identity": person["identity"], "track_sid": person["tracks"][0]["sid"]}
    door.livekit.call("RoomService", "MutePublishedTrack", muted=True, **told)
    door.livekit.switch(enable_remote_unmute=True)
    db.session.execute(sa.update(Probe).values(learnt_at=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    door.installation.sweep()
    assert works() is True
    assert door.person(phone)["tracks"][0]["muted"] is True
    (asked,) = door.livekit.asked("MutePublishedTrack")
    assert (asked["identity"], asked["track_sid"]) == (person["identity"], "TR_frontdesk_probe")


def test_the_sweep_gives_up_on_a_room_where_livekit_does_not_answer_for_anybody(door: Door) -> None:
    learn(works=False)
    for number in range(5):
        door.dial(f"+1555010{number}")
    door.livekit.settle()
    learn(None)
    door.livekit.fail("MutePublishedTrack", times=20)
    unmute.refresh()
    assert door.livekit.calls("MutePublishedTrack") == unmute.ASKED < 5
    assert works() is None


def test_the_sweep_asks_nobody_in_a_public_room(door: Door) -> None:
    door.again(access_level=AccessLevel.PUBLIC)
    door.installation.sweep()
    assert works() is None
    assert door.livekit.calls("MutePublishedTrack") == 0


def test_callers_are_held_as_soon_as_livekit_was_seen_to_allow_it(door: Door) -> None:
    learn(works=False)
    db.session.execute(sa.update(Probe).values(learnt_at=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    door.livekit.switch(enable_remote_unmute=True)
    door.waiting()
    assert works() is True


def test_an_old_refusal_is_asked_about_once_more_of_the_next_caller_who_is_not_muted_for_it(door: Door) -> None:
    learn(works=False)
    db.session.execute(sa.update(Probe).values(learnt_at=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    for caller in ("+15551234", "+15554321"):
        let_in(door, caller)
    assert mutes(door) == []
    assert door.livekit.calls("MutePublishedTrack") == 1
    assert works() is False


def test_the_first_refusal_at_a_release_is_learnt_and_said(door: Door, client_as: As) -> None:
    door.livekit.switch(enable_remote_unmute=True)
    phone = door.waiting()
    door.livekit.switch(enable_remote_unmute=False)
    answer = client_as("owner").post(f"/lobby/{entries()[0].id}/admit", headers={"HX-Request": "true"})
    assert "they hear the meeting but can&#39;t be heard" in answer.text
    assert (works(), door.installation.phone(phone)["hears"]) == (False, True)
    assert entries()[0].status is Status.ACCEPTED


@pytest.mark.parametrize(("mode", "said"), [("enter", "join without waiting"), ("turn_away", "are turned away")])
def test_the_rooms_page_says_that_callers_do_not_wait(
    door: Door, client_as: As, change_settings: Callable[..., None], mode: str, said: str
) -> None:
    change_settings(callers_without_hold=mode)
    page = f"/rooms/{door.room.slug}/"
    assert said not in client_as("owner").get(page).text
    learn(works=False)
    assert said in client_as("owner").get(page).text


def test_the_rooms_page_tells_how_long_callers_are_heard_before_the_hold_and_invents_nothing(
    door: Door, client_as: As
) -> None:
    door.livekit.switch(enable_remote_unmute=True)
    page = f"/rooms/{door.room.slug}/"
    assert "can be heard for a moment until they are muted" in client_as("owner").get(page).text
    phone = door.waiting()
    until(lambda: door.call(phone).hold_ms is not None)
    took = max(1, door.call(phone).hold_ms)
    assert (
        f"Callers are muted within about {max(took / 1000, 0.1):.1f} s of joining." in client_as("owner").get(page).text
    )
    db.session.execute(sa.text("UPDATE calls SET hold_ms = 41"))
    db.session.commit()
    door.waiting("+15554321")
    text = client_as("owner").get(page).text
    assert re.search(r"Callers are muted within about \d+\.\d s of joining\.", text)


def test_the_page_of_a_public_room_speaks_of_no_wait(door: Door, client_as: As) -> None:
    door.again(access_level=AccessLevel.PUBLIC)
    assert "wait on hold" not in client_as("owner").get(f"/rooms/{door.room.slug}/").text


@pytest.mark.parametrize(
    ("known", "badge", "said"),
    [
        (None, "Unknown", "Unknown until someone has called"),
        (False, "Check", "join without waiting"),
        (True, "OK", "wait"),
    ],
)
def test_the_set_up_page_names_the_setting(
    door: Door, client_as: As, known: bool | None, badge: str, said: str
) -> None:
    learn(known)
    page = client_as("support").get("/system/setup").text
    check = page.split('id="check-hold"')[1].split("</article>")[0]
    assert badge in check and said in check
    assert (LINES in check) is (known is not True)


def test_who_is_held_already_stays_held_until_a_host_decides(door: Door) -> None:
    door.livekit.switch(enable_remote_unmute=True)
    phone = door.waiting()
    learn(works=False)
    door.installation.sweep()
    assert door.is_held(phone)
    learn(works=True)
    service.admit(entries()[0], actor=Actor.system())
    db.session.commit()
    assert hold.now(door.room_id) == []
    assert door.is_free(phone)
