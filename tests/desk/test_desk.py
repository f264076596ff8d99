"""The desk shows what needs me now, and nothing of rooms that are not mine."""

import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from tests.support.factories import make_room
from tests.support.installation import Installation
from tests.support.livekit import LiveKit
from tests.support.personas import SWAP, Browser, persona
from tests.support.repairs import missing
from tests.support.shown import text_of
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.jobs import periodic, register
from webapp.jobs.models import PeriodicJob
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.rooms.models import Access, Role, Room, TrunkRow

RECORDING = 'icons.svg#rec"'  # the badge's icon
ClientAs = Callable[[str], Browser]


def make_live(name: str, owner: str = "owner") -> Room:
    """A room with three people by web and one by phone in it."""
    return make_room(owner, name=name, live_since=utcnow() - timedelta(minutes=9), web_count=3, phone_count=1)


def make_recording(room: Room, state: State = State.SAVED, **values: Any) -> Recording:
    """A stored recording."""
    recording = Recording(room_id=room.id, mode=Mode.VIDEO, state=state, key=f"recordings/{uuid.uuid4()}", **values)
    db.session.add(recording)
    db.session.commit()
    return recording


def make_delivery(result: Result = Result.PROCESSED, took: int = 30) -> None:
    """A received hook that took so many milliseconds."""
    now = utcnow()
    done = now + timedelta(milliseconds=took) if result is Result.PROCESSED else None
    times = {"created_at": now, "received_at": now, "processed_at": done}
    db.session.add(Delivery(event_id=f"EV_{uuid.uuid4()}", event="participant_left", body={}, result=result, **times))
    db.session.commit()


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        sent.append(statement)

    engine: sa.Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    yield sent
    event.remove(engine, "before_cursor_execute", note)


def test_somebody_without_a_room_is_told_what_a_room_is_for_and_can_make_one(client_as: ClientAs):
    page = client_as("stranger").get("/").text
    assert "No room yet" in page
    assert 'href="/rooms/new"' in page
    assert "Live now" not in page


def test_my_live_rooms_are_shown_with_how_many_are_inside_and_others_rooms_are_not(client_as: ClientAs):
    make_live("Housing committee")
    make_room(name="Quiet office")
    make_live("Board of somebody else", owner="administrator")
    page = client_as("owner").get("/").text
    assert "Housing committee" in page
    assert "Quiet office" not in page
    assert "Board of somebody else" not in page


def test_a_live_room_says_when_it_is_being_recorded(client_as: ClientAs):
    room = make_live("Housing committee")
    assert RECORDING not in client_as("owner").get("/").text
    make_recording(room, State.ACTIVE)
    assert RECORDING in client_as("owner").get("/").text


@pytest.mark.parametrize(
    ("state", "expires_in", "words"),
    [
        (State.SAVED, timedelta(days=3), "Expires in 3 days"),
        (State.SAVED, timedelta(days=1), "Expires tomorrow"),
        (State.FAILED, None, "Failed"),
        (State.ACTIVE, None, "Recording"),
    ],
)
def test_recordings_that_fail_expire_or_run_are_named_with_the_reason(
    client_as: ClientAs, state: State, expires_in: timedelta | None, words: str
):
    expires_at = utcnow() + expires_in if expires_in else None
    make_recording(make_room(name="Works council"), state, expires_at=expires_at)
    page = client_as("owner").get("/").text
    assert "Works council" in page
    assert words in page


@pytest.mark.parametrize("expires_in", [timedelta(days=30), -timedelta(days=1), None])
def test_recordings_that_nobody_must_look_at_are_left_out(client_as: ClientAs, expires_in: timedelta | None):
    expires_at = utcnow() + expires_in if expires_in else None
    make_recording(make_room(name="Works council"), expires_at=expires_at)
    assert "Works council" not in client_as("owner").get("/").text


def test_an_old_failure_is_no_news(client_as: ClientAs):
    make_recording(make_room(name="Works council"), State.FAILED, created_at=utcnow() - timedelta(days=8))
    assert "Works council" not in client_as("owner").get("/").text


def test_support_sees_how_hooks_and_trunks_fare_and_is_never_asked_to_make_a_first_room(client_as: ClientAs):
    db.session.add(TrunkRow(sip_trunk_id="ST_one", name="Harbour main", room_count=26))
    make_delivery(took=31)
    make_delivery(Result.STORED)
    page = client_as("support").get("/").text
    assert "Harbour main" in page and "26 rooms" in page
    assert "31 ms" in page
    assert "participant_left" in page
    assert "No room yet" not in page


def test_the_desk_says_no_trunk_only_when_livekit_said_so(client_as: ClientAs, livekit: LiveKit):
    support, rules = client_as("support"), register.by_name()["rules"]
    assert "trunks are unknown" in support.get("/").text, "nobody has asked yet"
    periodic.run_now(rules)
    assert "LiveKit has no inbound trunk" in support.get("/").text
    livekit.go_away()
    periodic.run_now(rules)
    page = support.get("/").text
    assert "trunks are unknown" in page and "no inbound trunk" not in page


def test_owners_see_nothing_of_the_installation(client_as: ClientAs):
    db.session.add(TrunkRow(sip_trunk_id="ST_one", name="Harbour main", room_count=26))
    make_delivery()
    make_room(name="Housing committee")
    page = client_as("owner").get("/").text
    assert "Harbour main" not in page
    assert "participant_left" not in page


@pytest.mark.parametrize("who", ["owner", "support"])
def test_the_desk_costs_as_many_queries_for_many_rooms_as_for_one(app: Flask, client_as: ClientAs, who: str):
    browser = client_as(who)
    db.session.add(TrunkRow(sip_trunk_id="ST_one", name="Harbour main"))
    first = make_live("First", owner=who)
    make_recording(first, State.ACTIVE)
    make_guest(first, "Lotte Brandvold", 3)
    make_delivery()
    with counted(app) as few:
        assert browser.get("/").status_code == 200
    for number in range(25):
        another = make_live(f"Another {number}", owner=who)
        make_recording(another, State.ACTIVE)
        make_guest(another, "Rasmus Holt", 2)
        make_delivery()
    with counted(app) as many:
        assert browser.get("/").status_code == 200
    assert len(many) == len(few) <= (22 if who == "support" else 15)


def test_the_desk_shows_no_more_than_a_handful_of_each(client_as: ClientAs):
    for number in range(14):
        make_live(f"Meeting {number}")
    page = client_as("owner").get("/").text
    assert page.count('<th role="rowheader"') == 10
    assert "10+" in page


def make_guest(room: Room, name: str, minutes: int) -> Entry:
    """Somebody who has waited for so many minutes, and is still there."""
    now = utcnow()
    asked = now - timedelta(minutes=minutes)
    token = uuid.uuid4().hex
    unique = {"bearer_hash": token, "identity": token}
    entry = Entry(room_id=room.id, kind=EntryKind.WEB, name=name, asked_at=asked, polled_at=now, **unique)
    db.session.add(entry)
    db.session.commit()
    return entry


def test_who_waits_in_any_of_my_rooms_stands_first_the_longest_wait_on_top(client_as: ClientAs):
    committee, board = make_room(name="Housing committee"), make_room(name="School board")
    make_guest(committee, "Lotte Brandvold", 3)
    make_guest(board, "Rasmus Holt", 2)
    make_guest(committee, "Adaeze Nwosu", 1)
    make_guest(make_room("administrator", name="Elsewhere"), "Somebody Else", 4)
    page = client_as("owner").get("/").text
    assert page.index("Lotte Brandvold") < page.index("Rasmus Holt") < page.index("Adaeze Nwosu")
    assert page.index("Adaeze Nwosu") < page.index("Live now")
    assert "Somebody Else" not in page


def test_a_guest_is_admitted_in_place_and_by_hand_without_scripts(client_as: ClientAs):
    room = make_room(name="Housing committee")
    first, second = make_guest(room, "Lotte Brandvold", 3), make_guest(room, "Rasmus Holt", 2)
    owner = client_as("owner")
    swapped = owner.post(f"/lobby/{first.id}/admit", data={"view": "desk"}, headers=SWAP)
    assert swapped.status_code == 200
    assert "Waiting for you" in swapped.text and "Admitted by" in swapped.text
    posted = owner.post(f"/lobby/{second.id}/admit", data={"view": "desk"})
    assert (posted.status_code, posted.location) == (303, "/")
    assert [db.session.get_one(Entry, entry.id).status for entry in (first, second)] == [Status.ACCEPTED] * 2


def test_a_guest_somebody_else_admitted_first_is_said_on_the_desk(client_as: ClientAs):
    room = make_room(name="Housing committee")
    guest = make_guest(room, "Lotte Brandvold", 3)
    owner = client_as("owner")
    assert owner.post(f"/lobby/{guest.id}/admit", headers=SWAP).status_code == 200
    late = owner.post(f"/lobby/{guest.id}/admit", data={"view": "desk"}, headers=SWAP)
    assert late.status_code == 409
    assert "Waiting for you" in late.text and "before you." in late.text


def test_of_many_who_wait_the_desk_shows_the_first_and_says_how_many_more(client_as: ClientAs):
    room = make_room(name="Housing committee")
    for number in range(11):
        make_guest(room, f"Guest {number:02}", 20 - number)
    page = client_as("owner").get("/").text
    assert "Guest 07" in page and "Guest 08" not in page
    assert "3 more are waiting in the lobby" in page


def test_an_unchanged_desk_is_not_drawn_again(client_as: ClientAs):
    make_guest(make_room(name="Housing committee"), "Lotte Brandvold", 3)
    owner = client_as("owner")
    shown = owner.get("/lobby/waiting", headers=SWAP)
    version = re.search(r'name="v"[^>]*value="([^"]+)"', shown.text)
    assert version
    assert owner.get(f"/lobby/waiting?v={version[1]}", headers=SWAP).status_code == 204
    assert owner.get("/lobby/waiting").location == "/"


def test_members_see_no_guests_and_no_recordings_of_the_room(client_as: ClientAs):
    room = make_live("Housing committee")
    db.session.add(Access(room_id=room.id, user_id=persona("member").id, role=Role.MEMBER))
    make_guest(room, "Lotte Brandvold", 3)
    make_recording(room, State.FAILED)
    page = client_as("member").get("/").text
    assert "Housing committee" in page
    assert "Lotte Brandvold" not in page
    assert "Recordings to check" not in page


@pytest.mark.parametrize("who", ["support", "admin"])
def test_staff_read_on_the_desk_how_the_rules_fare(client_as: ClientAs, livekit: LiveKit, who: str):
    assert "Nothing is wrong" in client_as(who).get("/desk/findings").text
    direct = {"dispatch_rule_direct": {"room_name": "x", "pin": "1234"}}
    trunk = livekit.call("SIP", "CreateSIPInboundTrunk", trunk={"name": "Harbour", "numbers": ["+15550001"]})
    asked = {"name": "Night line", "rule": direct, "trunk_ids": [trunk["sip_trunk_id"]]}
    rule = livekit.call("SIP", "CreateSIPDispatchRule", dispatch_rule=asked)
    livekit.store_twin(rule["sip_dispatch_rule_id"])
    strip = client_as(who).get("/desk/findings").text
    assert "Two rules on “Harbour” match the same calls" in strip
    assert "1234" not in strip


def test_owners_may_not_ask_how_the_rules_fare(client_as: ClientAs):
    assert client_as("owner").get("/desk/findings").status_code == 403


@pytest.mark.parametrize("who", ["owner", "support", "admin"])
def test_the_desk_stands_while_livekit_is_down(client_as: ClientAs, livekit: LiveKit, who: str):
    make_live("Housing committee", owner=who)
    livekit.fail("ListSIPInboundTrunk", "unavailable")
    browser = client_as(who)
    assert browser.get("/").status_code == 200
    if who != "owner":
        strip = browser.get("/desk/findings")
        assert strip.status_code == 200
        assert "be read" in strip.text


@pytest.mark.parametrize("who", ["support", "admin"])
def test_staff_see_the_rooms_in_use_the_longest_wait_first_and_no_name_of_who_waits(client_as: ClientAs, who: str):
    make_room(name="Quiet office")
    live, waited_for = make_live("Housing committee"), make_room(name="School board")
    make_recording(live, State.ACTIVE)
    make_guest(waited_for, "Lotte Brandvold", 3)
    make_guest(waited_for, "Rasmus Holt", 2)
    page = client_as(who).get("/").text
    rooms = text_of(page.split('id="rooms-now"')[1].split("</section>")[0])
    assert re.search(r"School board Not started – – 2 3:\d\d Housing committee Recording 3 1 – –", rooms), rooms
    assert "Lotte Brandvold" not in page and "Quiet office" not in page
    assert "2 waiting in 1 room" in text_of(page)


def test_the_rooms_in_use_come_again_with_the_figures_above_them(client_as: ClientAs):
    support = client_as("support")
    assert "No one is in a room" in support.get("/desk/rooms").text
    make_live("Housing committee")
    again = support.get("/desk/rooms").text
    assert "Housing committee" in again and 'id="figures"' in again and "hx-swap-oob" in again


def test_of_many_rooms_in_use_staff_see_ten_those_first_that_somebody_waits_for(client_as: ClientAs):
    for number in range(12):
        make_live(f"Meeting {number}")
    make_guest(make_room(name="School board"), "Lotte Brandvold", 3)
    rooms = client_as("support").get("/desk/rooms").text
    assert rooms.count('<th role="rowheader"') == 10 and "10+" in rooms and "School board" in rooms


def test_jobs_that_failed_and_work_that_was_given_up_stand_on_the_desk_of_staff_with_a_button(client_as: ClientAs):
    support = client_as("support")
    assert "Jobs that failed" not in support.get("/").text
    row = {"next_at": utcnow(), "started_at": utcnow(), "ended_at": utcnow(), "problem": "LiveKitUnavailable"}
    db.session.add(PeriodicJob(name="rules", **row))
    work = due.add("mails.send")
    work.gave_up_at, work.problem, work.attempts = utcnow(), "NotTaken", 12
    db.session.commit()
    page = support.get("/")
    assert "Jobs that failed 2 Jobs Sync all rooms with LiveKit" in text_of(page.text)
    assert "The mail server didn't take it. Given up after 12 attempts." in text_of(page.text)
    assert f"/system/jobs/work/{work.id}/retry" in page.text and "/system/jobs/rules/run" in page.text


def test_the_worst_findings_stand_on_the_desk_with_their_dry_run(client_as: ClientAs, installation: Installation):
    for _number in range(5):
        missing(installation)
    page = client_as("support").get("/desk/findings").text
    assert page.count('<article class="finding') == 3 and "2 more" in page
    assert len(re.findall(r'hx-get="/telephony/[^"]+"', page)) == 3, page
