"""Members see who is inside, callers by two digits; hosts remove people and end the meeting."""

import re
from collections.abc import Callable

from tests.support.installation import Installation
from tests.support.personas import Browser, persona
from tests.support.shown import text_of
from tests.support.waiting import until
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]


def _host(room: Room, role: Role = Role.OWNER, who: str = "owner") -> None:
    db.session.add(Access(room_id=room.id, user_id=persona(who).id, role=role))
    db.session.commit()


def test_members_see_who_is_inside_and_callers_by_two_digits(installation: Installation, client_as: As):
    room = installation.live(hide_phone_number=False)
    _host(room, Role.MEMBER, "member")
    installation.join(room, "lotte", name="Lotte Brandvold")
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    page = client_as("member").get(f"/rooms/{room.slug}/inside", headers={"HX-Request": "true"}).text
    assert "Lotte Brandvold" in page
    assert "15551234" not in page
    assert "34" in page
    assert "End meeting" not in page


def test_a_caller_who_withholds_the_number_is_called_the_same_everywhere(installation: Installation, client_as: As):
    room = installation.live()
    _host(room, Role.MEMBER, "member")
    phone = installation.dial("anonymous", pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    page = client_as("member").get(f"/rooms/{room.slug}/inside", headers={"HX-Request": "true"}).text
    assert "Caller, number withheld" in page


def test_strangers_do_not_learn_who_is_inside(installation: Installation, client_as: As):
    room = installation.live()
    assert client_as("stranger").get(f"/rooms/{room.slug}/inside").status_code == 404
    assert client_as("stranger").post(f"/rooms/{room.slug}/end").status_code == 404


def test_a_host_removes_a_caller(installation: Installation, client_as: As):
    room = installation.live()
    _host(room)
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    sid = installation.phone(phone)["sid"]
    swap = {"HX-Request": "true"}
    answer = client_as("owner").post(f"/rooms/{room.slug}/inside/remove", data={"sid": sid}, headers=swap)
    assert answer.status_code == 200
    until(lambda: installation.phone(phone)["state"] == "ended")
    entry = db.session.query(AuditEntry).filter_by(action="room.remove_participant").one()
    assert (entry.room_id, entry.details) == (room.id, {"kind": "phone"})
    again = client_as("owner").post(f"/rooms/{room.slug}/inside/remove", data={"sid": sid}, headers=swap)
    assert again.status_code == 409


def test_removing_asks_first_who_leaves_what(installation: Installation, client_as: As):
    room = installation.live(name="Rent board")
    _host(room)
    installation.join(room, "lotte", name="Lotte Brandvold")
    phone = installation.dial(pin=str(room.pin))
    until(lambda: installation.phone(phone)["room"] == str(room.id))
    owner, inside = client_as("owner"), f"/rooms/{room.slug}/inside"
    listed = owner.get(inside).text
    assert f'action="{inside}/remove"' not in listed, "nobody is removed by one press"
    questions = re.findall(rf'href="({inside}/remove\?sid=\w+)"', listed)
    asked = [owner.get(question) for question in questions]
    assert [answer.status_code for answer in asked] == [200] * len(questions)
    words = " ".join(text_of(answer.text) for answer in asked)
    assert "Remove Lotte Brandvold from the meeting in “Rent board”? They leave at once. This can't be undone" in words
    assert "Remove Caller ··34 from the meeting in “Rent board”? The call ends at once." in words
    assert {answer.text.count(f'action="{inside}/remove"') for answer in asked} == {1}
    assert installation.phone(phone)["state"] != "ended" and db.session.query(AuditEntry).count() == 0


def test_an_open_question_outlives_the_lists_reloading(installation: Installation, client_as: As):
    room = installation.live()
    _host(room)
    owner, swap = client_as("owner"), {"HX-Request": "true"}
    (sid,) = re.findall(r'id="remove-(\w+)"', owner.get(f"/rooms/{room.slug}/inside", headers=swap).text)
    question = owner.get(f"/rooms/{room.slug}/inside/remove?sid={sid}", headers=swap).text
    assert "<html" not in question and 'data-close=".confirm"' in question
    assert re.search(rf'id="remove-{sid}"[^>]*hx-preserve', owner.get(f"/rooms/{room.slug}/inside", headers=swap).text)


def test_about_somebody_who_has_left_nothing_is_asked(installation: Installation, client_as: As):
    room = installation.live()
    _host(room)
    for headers in ({}, {"HX-Request": "true"}):
        answer = client_as("owner").get(f"/rooms/{room.slug}/inside/remove?sid=PA_none", headers=headers)
        assert answer.status_code == 409 and "That person has left already." in answer.text


def test_a_member_removes_nobody_and_ends_nothing(installation: Installation, client_as: As):
    room = installation.live()
    _host(room, Role.MEMBER, "member")
    member = client_as("member")
    assert member.post(f"/rooms/{room.slug}/inside/remove", data={"sid": "PA_1"}).status_code == 403
    assert member.get(f"/rooms/{room.slug}/inside/remove?sid=PA_1").status_code == 403
    assert member.post(f"/rooms/{room.slug}/end").status_code == 403
    assert installation.livekit.rooms() == [str(room.id)]


def test_a_host_ends_the_meeting_and_the_phones_are_shut_out(installation: Installation, client_as: As):
    room = installation.live()
    _host(room)
    answer = client_as("owner").post(f"/rooms/{room.slug}/end", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "No one is in the meeting" in answer.text
    assert installation.livekit.rooms() == []
    assert installation.rule_of(room) is None
    assert db.session.query(AuditEntry).filter_by(action="room.end_meeting").count() == 1


def test_when_livekit_is_away_nobody_is_removed_and_the_fragment_says_so(installation: Installation, client_as: As):
    room = installation.live()
    _host(room)
    installation.livekit.go_away()
    swap = {"HX-Request": "true"}
    owner = client_as("owner")
    answer = owner.post(f"/rooms/{room.slug}/end", headers=swap)
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (502, "#alerts")
    assert "1 online" in owner.get(f"/rooms/{room.slug}/inside", headers=swap).text
    installation.livekit.heal()
    assert db.session.query(AuditEntry).filter_by(action="room.end_meeting").count() == 0
