"""Callers in the lobby: all of its rules hold for them, and what a host decides they hear at once."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.doors import guest, version
from tests.support.personas import SWAP, Browser, browser, persona
from tests.support.phones import Door, entries, make_door
from tests.support.waiting import PATIENCE, until
from webapp.audit.models import AuditEntry
from webapp.calls.models import Hold
from webapp.core.db import db, utcnow
from webapp.holds import queue
from webapp.lobby import denials, jobs, queries
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]
OTHER = "+15554321"


def url(verb: str) -> str:
    """Where the newest caller is decided."""
    return f"/lobby/{entries()[-1].id}/{verb}"


@pytest.mark.parametrize("headers", [{}, SWAP])
def test_admitting_lets_the_caller_hear_and_be_heard(door: Door, client_as: As, headers: dict[str, str]) -> None:
    phone = door.waiting()
    answer = client_as("owner").post(url("admit"), headers=headers)
    assert answer.status_code == (200 if headers else 303)
    assert door.is_free(phone)
    call, (entry,) = door.call(phone), entries()
    assert (call.hold, call.decided_by_id) == (Hold.ADMITTED, persona("owner").id)
    assert (entry.status, entry.decided_by_id, entry.decided_at) == (
        Status.ACCEPTED,
        call.decided_by_id,
        call.decided_at,
    )


@pytest.mark.parametrize("headers", [{}, SWAP])
def test_denying_hangs_up_at_once_and_cannot_be_undone(door: Door, client_as: As, headers: dict[str, str]) -> None:
    phone = door.waiting()
    call_id = door.call_id(phone)
    answer = client_as("owner").post(url("deny"), headers=headers)
    assert door.installation.phone(phone)["state"] == "ended"
    assert "/undo" not in answer.text
    (entry,) = entries()
    assert (entry.status, entry.undoable) == (Status.DENIED, False)
    assert db.session.scalar(sa.text(f"SELECT hold FROM calls WHERE sip_call_id = '{call_id}'")) == "denied"
    assert client_as("owner").post(f"/lobby/undo/{denials.token(entry.id)}", headers=headers).status_code == 409
    assert entries()[0].status is Status.DENIED


def test_the_second_host_hears_who_decided(door: Door, client_as: As) -> None:
    phone = door.waiting()
    client_as("owner").post(url("admit"))
    answer = client_as("administrator").post(url("deny"), headers=SWAP)
    assert answer.status_code == 409
    assert "Owner Person admitted Caller ··34" in " ".join(answer.text.split())
    assert door.is_free(phone)


def test_of_two_hosts_at_once_one_decides_and_livekit_follows_that_one(app: Flask, door: Door) -> None:
    phone, where = door.waiting(), url("")
    hosts = [browser(app, persona(who)) for who in ("owner", "administrator")]
    together, said = threading.Barrier(2), []

    def decide(number: int) -> None:
        with app.app_context():
            together.wait(PATIENCE)
            said.append(hosts[number].post(where + ("admit", "deny")[number]).status_code)

    threads = [threading.Thread(target=decide, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(said) == [303, 409]
    if entries()[0].status is Status.ACCEPTED:
        assert door.is_free(phone)
    else:
        assert door.installation.phone(phone)["state"] == "ended"


@pytest.mark.parametrize("verb", ["admit", "deny"])
def test_only_hosts_decide(door: Door, client_as: As, verb: str) -> None:
    phone = door.waiting()
    for who in ("stranger", "support"):
        assert client_as(who).post(url(verb)).status_code == 404
    assert door.is_held(phone)


def test_all_are_admitted_and_only_those_whom_the_host_saw(app: Flask, door: Door, client_as: As) -> None:
    guest(app, door.room)
    phone = door.waiting()
    last = str(entries()[-1].id)
    late = door.waiting(OTHER)
    client_as("owner").post(f"/rooms/{door.room.slug}/queue/admit-all", data={"last": last, "view": "room"})
    assert door.is_free(phone)
    assert door.is_held(late)


def test_all_are_denied(door: Door, client_as: As) -> None:
    phones = [door.waiting(), door.waiting(OTHER)]
    last = str(entries()[-1].id)
    client_as("owner").post(f"/rooms/{door.room.slug}/queue/deny-all", data={"last": last})
    assert {door.installation.phone(phone)["state"] for phone in phones} == {"ended"}


def test_everybody_is_admitted_everywhere(door: Door, client_as: As) -> None:
    other = make_door(door.installation)
    here, there = door.waiting(), other.waiting(OTHER)
    asks = client_as("owner").get("/lobby/admit-all").text
    assert "Caller ··34" in asks and "Caller ··21" in asks
    client_as("owner").post("/lobby/admit-all", data={"last": str(entries()[-1].id)})
    assert door.is_free(here)
    assert other.is_free(there)


@pytest.mark.parametrize("path", ["/lobby/", "/lobby/?kind=phone", "/", "/rooms/{slug}/", "/rooms/{slug}/queue"])
def test_a_caller_is_shown_by_the_last_two_digits(door: Door, client_as: As, path: str) -> None:
    door.waiting()
    text = client_as("owner").get(path.format(slug=door.room.slug)).text
    assert 'aria-label="Admit Caller ··34"' in text
    assert "On hold" in text
    assert "Denying ends the call." in text
    assert "15551234" not in text and "Phone 1234" not in text  # as LiveKit calls them


def test_a_caller_without_a_number_is_called_that(door: Door, client_as: As) -> None:
    door.waiting("anonymous")
    assert "Caller, number withheld" in client_as("owner").get("/lobby/").text


def test_callers_are_counted_with_the_others(app: Flask, door: Door, client_as: As) -> None:
    guest(app, door.room)
    door.waiting()
    assert queries.waiting_count(persona("owner")) == 2
    assert queries.waiting_by_kind(persona("owner")) == {EntryKind.WEB: 1, EntryKind.PHONE: 1}
    assert "2" in client_as("owner").get("/lobby/count").text
    assert "Lotte" not in client_as("owner").get("/lobby/?kind=phone").text


def test_a_poll_shows_a_caller_who_came_and_one_who_hung_up(door: Door, client_as: As) -> None:
    before = version(door.room)
    phone = door.waiting()
    came = version(door.room)
    door.livekit.hang_up(phone)
    until(lambda: entries()[0].status is Status.LEFT)
    assert before < came < version(door.room)
    assert "Hung up" in client_as("owner").get("/lobby/").text


def test_the_queue_says_that_the_same_number_called_again(door: Door, client_as: As) -> None:
    door.waiting()
    door.waiting()
    until(lambda: entries()[0].end_reason == "duplicate_identity")
    text = client_as("owner").get(f"/rooms/{door.room.slug}/queue").text
    assert "The same number called again" in text
    assert text.count('aria-label="Admit Caller ··34"') == 1


def test_two_withheld_numbers_are_not_said_to_be_one_number(door: Door, client_as: As) -> None:
    door.waiting("anonymous")
    door.waiting("anonymous")
    until(lambda: entries()[0].end_reason == "duplicate_identity")
    text = client_as("owner").get(f"/rooms/{door.room.slug}/queue").text
    assert "Another caller without a number called" in text and "The same number" not in text


def test_a_caller_whose_meeting_the_host_ended_did_not_hang_up(door: Door, client_as: As) -> None:
    door.waiting()
    door.livekit.call("RoomService", "DeleteRoom", room=str(door.room.id))
    until(lambda: entries()[0].status is not Status.WAITING)
    door.livekit.settle()
    text = client_as("owner").get(f"/rooms/{door.room.slug}/queue").text
    assert "A host ended the meeting" in text and "Hung up" not in text


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("client_initiated", "Hung up"),
        ("room_deleted", "A host ended the meeting"),
        ("room_finished", "The meeting ended"),
        ("participant_removed", "Removed by a host"),
        ("lost", "Connection lost"),
        ("connection_timeout", "Connection lost"),
        ("something_new", "Connection lost"),
        ("", "Connection lost"),
    ],
)
def test_the_queue_says_why_a_caller_waits_no_more(door: Door, client_as: As, reason: str, words: str) -> None:
    door.waiting()
    queue.end(door.room.id, str(entries()[0].sip_call_id), reason)
    db.session.commit()
    text = client_as("owner").get(f"/rooms/{door.room.slug}/queue").text
    assert words in text and ("Hung up" in text) is (words == "Hung up")


def test_callers_do_not_expire_by_silence(door: Door) -> None:
    phone = door.waiting()
    db.session.execute(sa.update(Entry).values(polled_at=utcnow() - timedelta(hours=1)))
    db.session.commit()
    jobs.expire()
    assert door.is_lined_up(phone)


@pytest.mark.parametrize(("verb", "method"), [("admit", "UpdateParticipant"), ("deny", "RemoveParticipant")])
@pytest.mark.parametrize("headers", [{}, SWAP])
def test_when_livekit_fails_the_decision_is_kept_and_said_and_the_sweep_makes_it_true(
    door: Door, client_as: As, verb: str, method: str, headers: dict[str, str]
) -> None:
    phone, host = door.waiting(), client_as("owner")
    door.livekit.fail(method)
    answer = host.post(url(verb), headers=headers)
    said = answer.text if headers else host.get(answer.location).text
    assert "Not applied yet" in said
    assert entries()[0].status in {Status.ACCEPTED, Status.DENIED}
    door.installation.sweep()
    assert door.is_free(phone) if verb == "admit" else door.installation.phone(phone)["state"] == "ended"


def test_when_livekit_is_away_the_decision_is_kept(door: Door, client_as: As) -> None:
    phone = door.waiting()
    door.livekit.fail("ListParticipants", times=100)  # a hook's own look may take some
    answer = client_as("owner").post(url("admit"), headers=SWAP)
    assert answer.status_code == 200
    assert "Not applied yet" in answer.text
    door.livekit.heal()
    door.installation.sweep()
    assert door.is_free(phone)


def test_a_host_of_many_rooms_does_not_wait_for_livekits_silence_about_each(door: Door, client_as: As) -> None:
    for _ in range(4):
        room = door.installation.room()
        db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
        call_id = f"SCL_{room.id}"
        waits = Entry(room_id=room.id, bearer_hash=call_id, identity=call_id, name="34", kind=EntryKind.PHONE)
        waits.sip_call_id = call_id
        db.session.add(waits)
        db.session.commit()
    last = str(entries()[-1].id)
    door.livekit.fail("ListParticipants", times=20)
    answer = client_as("owner").post("/lobby/admit-all", data={"last": last})
    assert answer.status_code == 303
    asked = [asked["room"] for asked in door.livekit.asked("ListParticipants")]
    assert len([room for room in asked if room != str(door.room_id)]) == 3
    assert {entry.status for entry in entries()} == {Status.ACCEPTED}
    decided = sa.select(Room.reconcile_at).where(Room.id.in_([entry.room_id for entry in entries()]))
    assert None not in db.session.scalars(decided).all()


def test_the_trail_names_the_host_and_no_caller(door: Door, client_as: As) -> None:
    door.waiting()
    client_as("owner").post(url("admit"))
    row = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "entry.admit")).one()
    assert (row.user_id, row.room_id) == (persona("owner").id, door.room_id)
    assert "34" not in str(row.details)


def test_the_list_of_those_inside_says_who_is_held(door: Door, client_as: As) -> None:
    phone = door.waiting()
    where = f"/rooms/{door.room.slug}/inside"
    assert "On hold" in client_as("owner").get(where).text
    client_as("owner").post(url("admit"))
    assert door.is_free(phone)
    assert "On hold" not in client_as("owner").get(where).text


def test_a_caller_who_was_let_in_and_is_gone_after_the_meeting_asks_again_next_time(door: Door, client_as: As) -> None:
    phone = door.waiting()
    client_as("owner").post(url("admit"))
    until(lambda: door.is_free(phone))
    door.livekit.call("RoomService", "DeleteRoom", room=str(door.room_id))
    until(lambda: entries()[0].status is Status.LEFT)
    until(lambda: door.livekit.rooms() == [])
    db.session.refresh(door.room)
    db.session.commit()
    door.livekit.join(str(door.room_id), publish=["microphone"])
    until(lambda: any(rule["name"].endswith(str(door.room_id)) for rule in door.livekit.rules()))
    door.waiting()
