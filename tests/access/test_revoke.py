"""Take roles away and give them back."""

from collections.abc import Callable

import sqlalchemy as sa

from tests.support.access_lists import open_row, roles, row_url, url
from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.accounts.models import User
from webapp.core.db import db
from webapp.rooms.models import Access, Room

As = Callable[[str | User], Browser]


def test_a_revoked_role_closes_the_door_at_once_and_keeps_the_row(client_as: As, room: Room):
    member = client_as("member")
    client_as("administrator").post(row_url(room, "member", "/revoke"))
    assert member.get(f"/rooms/{room.slug}/").status_code == 404
    row = db.session.scalars(sa.select(Access).where(Access.user_id == persona("member").id)).one()
    assert row.revoked_at is not None and row.revoked_by_id == persona("administrator").id
    assert trail("access.revoke")[0].details["person"] == str(persona("member").id)


def test_a_row_that_somebody_closed_meanwhile_says_who_was_faster(client_as: As, room: Room):
    here = row_url(room, "member", "/revoke")
    client_as("owner").post(here)
    answer = client_as("administrator").post(here, headers=SWAP)
    assert answer.status_code == 409 and "Not saved: someone else changed this role first." in answer.text


def test_a_row_of_another_room_is_not_reached_through_this_one(client_as: As, room: Room):
    client_as("stranger").post("/rooms/new", data={"name": "Other", "access_level": "public"})
    other = db.session.scalars(sa.select(Room).where(Room.name == "Other")).one()
    row = open_row(other, persona("stranger"))
    assert client_as("owner").post(url(room, f"{row.id}/revoke")).status_code == 409
    assert open_row(other, persona("stranger")) is not None


def test_leaving_is_ones_own_and_leads_to_ones_other_rooms(client_as: As, room: Room):
    member = client_as("member")
    answer = member.post(url(room, "leave"), follow_redirects=True)
    assert "You left Housing committee." in answer.text and "Undo leaving Housing committee" in answer.text
    assert "member" not in roles(room) and trail("access.leave")[0].user_id == persona("member").id
    assert member.post(url(room, "leave")).status_code == 404
