"""Two people change one role: the second is told who changed what and when, and the choice is kept."""

import re
from collections.abc import Callable

import pytest

from tests.support.access_lists import named, roles, row_url, url
from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.access import service
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms.models import Role, Room

As = Callable[[str], Browser]


@pytest.mark.parametrize("headers", [SWAP, {}])
@pytest.mark.parametrize("verb", ["", "/revoke", "/transfer"])
def test_the_second_of_two_hears_who_changed_the_role_and_to_what(
    client_as: As, room: Room, verb: str, headers: dict[str, str]
):
    here = row_url(room, "member", verb)
    client_as("owner").post(row_url(room, "member"), data={"role": "administrator"})
    late = client_as("admin").post(here, data={"role": "owner"}, headers=headers)
    assert late.status_code == 409 and ("<html" in late.text) is not bool(headers)
    assert "Not saved: someone else changed this role first." in late.text and "just now" in late.text
    assert (
        "<b>Owner Person</b> changed the role of <b>Member Person</b> in this room from member to administrator"
        in late.text
    )
    assert roles(room)["member"] is Role.ADMINISTRATOR and roles(room)["owner"] is Role.OWNER


def test_the_role_that_was_chosen_stays_chosen(client_as: As, room: Room):
    here = row_url(room, "member")
    client_as("owner").post(here, data={"role": "administrator"})
    late = client_as("admin").post(here, data={"role": "owner"}, headers=SWAP)
    (row,) = re.findall(r"(?s)<details open>.*?</details>", late.text)
    assert "Role of Member Person" in row and '<option value="owner" selected>' in row
    assert row_url(room, "member") in row, "saving again changes the role of now"


def test_a_role_chosen_for_somebody_who_was_taken_away_waits_in_the_form_that_gives_one(client_as: As, room: Room):
    here = row_url(room, "member")
    client_as("owner").post(f"{here}/revoke")
    late = client_as("admin").post(here, data={"role": "administrator"}, headers=SWAP)
    assert (
        late.status_code == 409
        and "<b>Owner Person</b> removed <b>Member Person</b> (member) from this room" in late.text
    )
    assert 'value="member@frontdesk.example"' in late.text
    assert re.search('<option selected value="administrator">', late.text)
    assert "member" not in roles(room)


def test_of_two_who_hand_the_room_to_different_people_the_second_hears_of_the_first(client_as: As, room: Room):
    admin, other = client_as("admin"), row_url(room, "administrator", "/transfer")
    (seen,) = set(re.findall(r'name="seen" value="([^"]+)"', admin.get(url(room)).text))
    client_as("owner").post(row_url(room, "member", "/transfer"), data=named(room, seen))
    late = admin.post(other, data=named(room, seen), headers=SWAP)
    assert late.status_code == 409 and "Not transferred: the room was changed since you opened this page." in late.text
    assert "<b>Owner Person</b> transferred ownership of this room to <b>Member Person</b>" in late.text
    assert roles(room)["member"] is Role.OWNER and len(trail("access.transfer")) == 1
    (again,) = set(re.findall(r'name="seen" value="([^"]+)"', late.text))
    assert admin.post(other, data=named(room, again), headers=SWAP).status_code == 200
    assert roles(room)["administrator"] is Role.OWNER


def test_another_members_role_does_not_keep_a_room_from_being_handed_over(client_as: As, room: Room):
    owner = client_as("owner")
    (seen,) = set(re.findall(r'name="seen" value="([^"]+)"', owner.get(url(room)).text))
    service.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.MEMBER)
    db.session.commit()
    assert owner.post(row_url(room, "member", "/transfer"), data=named(room, seen), headers=SWAP).status_code == 200
