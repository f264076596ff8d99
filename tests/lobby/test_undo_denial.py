"""Denying all asks first, and a denial of one or of many is taken back by whoever made it, for ten seconds."""

import re
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests.support.doors import age, entry, guest, look, status
from tests.support.factories import make_room
from tests.support.personas import SWAP, Browser, browser, persona
from tests.support.shown import text_of
from tests.support.waiting import PATIENCE
from webapp.audit.models import AuditEntry
from webapp.core import signed_ids
from webapp.core.db import db
from webapp.lobby import denials
from webapp.lobby.models import Entry, EntryKind, Status
from webapp.rooms.models import Room

pytestmark = pytest.mark.usefixtures("stopped_clock")
As = Callable[[str], Browser]
WAITING, DENIED = Status.WAITING, Status.DENIED
NAMES = ("One", "Two", "Three")


def deeds() -> list[tuple[str, object]]:
    """What was done in the lobby, with how many."""
    db.session.rollback()
    said = sa.select(AuditEntry).where(
        AuditEntry.target_kind.in_(["entry", "room"]), AuditEntry.action != "room.create"
    )
    return [(row.action, row.details.get("count")) for row in db.session.scalars(said.order_by(AuditEntry.id))]


def three(app: Flask, room: Room) -> list[Browser]:
    return [guest(app, room, name) for name in NAMES]


def deny_all(host: Browser, room: Room, **headers: str) -> str:
    """Everybody is denied; gives where it is undone."""
    answer = host.post(f"/rooms/{room.slug}/queue/deny-all", data={"last": str(entry("Three").id)}, headers=headers)
    assert answer.status_code in {200, 303}
    return undo_of("One")


def undo_of(name: str = "Lotte Brandvold") -> str:
    return f"/lobby/undo/{denials.token(entry(name).id)}"


def all_of_them() -> list[Status]:
    return [status(name) for name in NAMES]


def caller(room: Room, name: str = "21") -> Entry:
    waits = Entry(room_id=room.id, bearer_hash=name, identity=f"caller-{name}", name=name, sip_call_id=f"SCL_{name}")
    waits.kind = EntryKind.PHONE
    db.session.add(waits)
    db.session.commit()
    return waits


def test_deny_all_does_not_stand_beside_admit_all_and_asks_with_a_number(app: Flask, client_as: As, room: Room):
    three(app, room)
    host = client_as("owner")
    page = host.get("/lobby/").text
    assert "Admit all 3" in page and f'/rooms/{room.slug}/queue/deny-all"' in page
    assert f'action="/rooms/{room.slug}/queue/deny-all"' not in page, "nothing denies all by one press"
    asked = text_of(host.get(f"/rooms/{room.slug}/queue/deny-all").text)
    assert f"Deny 3 people waiting for “{room.name}”?" in asked
    assert "One, Two, Three" in asked and "3 guests are told after 10 s. Until then you can undo it." in asked
    assert all_of_them() == [WAITING] * 3


def test_the_question_says_that_calls_end_for_good(app: Flask, client_as: As, room: Room):
    guest(app, room, "One")
    caller(room)
    asked = text_of(client_as("owner").get(f"/rooms/{room.slug}/queue/deny-all").text)
    assert "Deny 2 people waiting" in asked
    assert "1 guest is told after 10 s." in asked and "1 call ends at once. This can't be undone." in asked


def test_the_question_goes_back_to_where_the_reader_was(app: Flask, client_as: As, room: Room):
    three(app, room)
    host = client_as("owner")
    where = f"/rooms/{room.slug}/queue"
    asked = host.get(f"{where}/deny-all?view=room&kind=web").text
    assert f'href="{where}?kind=web"' in asked
    data = {"last": str(entry("Three").id), "view": "room", "kind": "web"}
    assert host.post(f"{where}/deny-all", data=data).location.endswith(f"{where}?kind=web")
    assert "No one is waiting." in host.get(f"{where}/deny-all").text


def test_one_toast_takes_the_denial_of_all_back(app: Flask, client_as: As, room: Room):
    clients = three(app, room)
    asked_at = [entry(name).asked_at for name in NAMES]
    host = client_as("owner")
    data = {"last": str(entry("Three").id)}
    answer = host.post(f"/rooms/{room.slug}/queue/deny-all", data=data, headers=SWAP)
    assert answer.text.count('class="toast"') == 1
    assert "Denied 3 people" in answer.text and "Undo the denial of 3 guests" in answer.text
    assert len({(entry(name).decided_at, entry(name).decided_by_id) for name in NAMES}) == 1
    (undo,) = set(re.findall(r'action="(/lobby/undo/[^"]+)"', answer.text))
    answer = host.post(undo, headers=SWAP)
    assert answer.status_code == 200 and 'class="toast"' not in answer.text
    assert all_of_them() == [WAITING] * 3 and [entry(name).asked_at for name in NAMES] == asked_at
    assert deeds()[-2:] == [("room.deny_all", 3), ("room.undo_deny_all", 3)]
    assert [look(client, room, **SWAP).status_code for client in clients] == [204] * 3, "they never knew"


def test_the_denial_of_one_is_undone_the_same_way(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    host, asked_at = client_as("owner"), entry().asked_at
    answer = host.post(f"/lobby/{entry().id}/deny", headers=SWAP)
    assert "Denied Lotte Brandvold" in answer.text and f'action="{undo_of()}"' in answer.text
    assert look(client, room, **SWAP).status_code == 204
    assert host.post(undo_of(), headers=SWAP).status_code == 200
    assert (status(), entry().asked_at, entry().decided_by_id) == (WAITING, asked_at, None)
    assert [action for action, _count in deeds()] == ["entry.deny", "entry.undo_deny"]
    assert look(client, room, **SWAP).status_code == 204


def test_each_denial_is_undone_alone(app: Flask, client_as: As, room: Room, stopped_clock: time_machine.Traveller):
    three(app, room)
    host = client_as("owner")
    for name in ("One", "Two"):
        host.post(f"/lobby/{entry(name).id}/deny")
        stopped_clock.shift(1)
    assert host.post(undo_of("One")).status_code == 303
    assert all_of_them() == [WAITING, DENIED, WAITING]


def test_it_is_undone_from_any_page_without_scripts(app: Flask, client_as: As, room: Room):
    three(app, room)
    host = client_as("owner")
    undo = deny_all(host, room)
    for page in ("/rooms/", "/account/", "/lobby/"):
        shown = host.get(page).text
        assert "Denied 3 people" in shown and f'action="{undo}"' in shown
    answer = host.post(undo)
    assert answer.status_code == 303
    shown = host.get(answer.location).text
    assert "3 guests are waiting again." in shown and "Denied 3 people" not in shown


def test_the_link_leads_to_a_page_with_one_button_that_changes_nothing_by_being_opened(
    app: Flask, client_as: As, room: Room, stopped_clock: time_machine.Traveller
):
    three(app, room)
    host = client_as("owner")
    stopped_clock.shift(1)
    undo = deny_all(host, room)
    assert 'href="/lobby/undo/' in host.get("/lobby/").text, "in the rows"
    page = host.get(undo)
    assert page.status_code == 200 and f"Let 3 guests wait again for “{room.name}”?" in text_of(page.text)
    assert page.text.count(f'action="{undo}"') == 1
    assert all_of_them() == [DENIED] * 3
    host.post(undo)
    assert "This can't be undone any more" in text_of(host.get(undo).text)


@pytest.mark.parametrize("headers", [{}, SWAP])
def test_a_second_press_changes_nothing_and_says_why(app: Flask, client_as: As, room: Room, headers: dict[str, str]):
    three(app, room)
    host = client_as("owner")
    undo = deny_all(host, room)
    host.post(undo, headers=headers)
    again = host.post(undo, headers=headers)
    assert again.status_code == 409 and "Not undone: more than 10 seconds have passed" in again.text
    assert deeds()[-1] == ("room.undo_deny_all", 3) and len(deeds()) == 2


def test_pressed_twice_at_once_it_is_undone_once(app: Flask, client_as: As, room: Room):
    three(app, room)
    undo, statuses = deny_all(client_as("owner"), room), []
    together, hosts = threading.Barrier(2), [browser(app, persona("owner")) for _ in range(2)]

    def press(host: Browser) -> None:
        with app.app_context():
            together.wait(PATIENCE)
            statuses.append(host.post(undo).status_code)

    threads = [threading.Thread(target=press, args=(host,)) for host in hosts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(statuses) == [303, 409]
    assert [action for action, _count in deeds()] == ["room.deny_all", "room.undo_deny_all"]


@pytest.mark.parametrize(("seconds", "code", "ends"), [(8, 303, WAITING), (11, 409, DENIED)])
def test_after_ten_seconds_a_denial_stands(
    app: Flask, client_as: As, room: Room, seconds: int, code: int, ends: Status
):
    guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    age(decided=seconds)
    assert host.post(undo_of()).status_code == code
    assert status() is ends


def test_who_left_within_the_ten_seconds_is_not_put_back(app: Flask, client_as: As, room: Room):
    gone, *_rest = three(app, room)
    host = client_as("owner")
    undo = deny_all(host, room)
    assert gone.post(f"/join/{room.slug}/leave").status_code == 303
    assert "Let 2 guests wait again" in text_of(host.get(undo).text)
    assert host.post(undo).status_code == 303
    assert all_of_them() == [Status.LEFT, WAITING, WAITING]
    assert deeds()[-1] == ("room.undo_deny_all", 2)


def test_of_a_denied_guest_who_left_nothing_can_be_undone(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    client.post(f"/join/{room.slug}/leave")
    assert 'class="toast"' not in host.get("/rooms/").text
    assert host.post(undo_of()).status_code == 409
    assert status() is Status.LEFT


def test_who_left_and_asks_again_waits_once(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    undo = undo_of()
    client.post(f"/join/{room.slug}/leave")
    client.post(f"/join/{room.slug}", data={"name": "Lotte Brandvold"})
    assert host.post(undo).status_code == 409
    db.session.rollback()
    assert sorted(each.status.value for each in db.session.scalars(sa.select(Entry))) == ["left", "waiting"]


def test_who_went_silent_within_the_ten_seconds_is_not_put_back(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    age(polled=60)
    assert host.post(undo_of()).status_code == 409
    assert status() is DENIED


def test_who_is_still_there_keeps_the_place_while_denied(app: Flask, client_as: As, room: Room):
    client = guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    age(polled=38)
    assert look(client, room, **SWAP).status_code == 204
    age(decided=5)
    assert host.post(undo_of()).status_code == 303
    host.get("/lobby/")
    assert status() is WAITING
    assert look(client, room, **SWAP).status_code == 204


def test_an_admission_cannot_be_undone(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/admit")
    assert host.post(undo_of()).status_code == 409
    assert status() is Status.ACCEPTED


def test_calls_are_over_and_only_guests_come_back(app: Flask, client_as: As, room: Room):
    guest(app, room, "One")
    call = caller(room)
    host = client_as("owner")
    answer = host.post(f"/rooms/{room.slug}/queue/deny-all", data={"last": str(call.id)}, headers=SWAP)
    shown = text_of(answer.text)
    assert "Denied 2 people" in shown
    assert "Guests will be told in 10 s. 1 call has ended. This can't be undone." in shown
    assert host.post(undo_of("One"), headers=SWAP).status_code == 200
    assert (status("One"), status("21")) == (WAITING, DENIED)


def test_of_callers_alone_the_toast_offers_nothing_to_undo(app: Flask, client_as: As, room: Room):
    call = caller(room)
    host = client_as("owner")
    answer = host.post(f"/lobby/{call.id}/deny", headers=SWAP)
    assert "1 call has ended. This can't be undone." in text_of(answer.text) and "/lobby/undo/" not in answer.text
    assert host.post(undo_of("21")).status_code == 409


@pytest.mark.parametrize(
    ("who", "code"), [("administrator", 409), ("admin", 409), ("member", 403), ("stranger", 404), ("support", 404)]
)
def test_nobody_else_undoes_it_with_the_link_of_whoever_did_it(
    app: Flask, client_as: As, room: Room, who: str, code: int
):
    three(app, room)
    undo = deny_all(client_as("owner"), room)
    other = client_as(who)
    assert other.post(undo).status_code == code
    assert other.get(undo).status_code == (200 if code == 409 else code)
    assert all_of_them() == [DENIED] * 3
    assert "Undo…" not in other.get("/lobby/").text


def test_it_is_undone_by_a_post_with_a_token_of_ours_made_for_this_alone(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    wrong = ["x", str(entry().id), signed_ids.sign(entry().id, "access.undo_transfer"), denials.token(entry().id)[:-1]]
    assert [host.post(f"/lobby/undo/{each}").status_code for each in wrong] == [404] * 4
    assert status() is DENIED


def test_denying_all_of_one_address_is_undone_too(app: Flask, client_as: As):
    room = make_room(name="Shared")
    three(app, room)
    host = client_as("owner")
    url = f"/rooms/{room.slug}/queue/clear-refused"
    answer = host.post(url, data={"asked_from": entry("One").asked_from, "deny": "yes"}, headers=SWAP)
    assert "Denied 3 people" in answer.text
    host.post(undo_of("One"), headers=SWAP)
    assert all_of_them() == [WAITING] * 3


def test_a_page_of_an_earlier_version_undoes_as_well(app: Flask, client_as: As, room: Room):
    guest(app, room)
    host = client_as("owner")
    host.post(f"/lobby/{entry().id}/deny")
    assert host.post(f"/lobby/{entry().id}/undo").status_code == 303
    assert status() is WAITING
