"""Change a room's name, link and access level."""

import pytest

from tests.support.doors import guest, look, status
from tests.support.factories import stored, trail
from tests.support.personas import SWAP, persona
from webapp.lobby.models import Status
from webapp.rooms.models import Room


def form(room: Room, **fields: str) -> dict[str, str]:
    return {"name": room.name, "slug": room.slug, "access_level": room.access_level.value, **fields}


@pytest.mark.parametrize("who", ["owner", "administrator", "admin"])
def test_hosts_change_the_name_and_the_trail_says_which_fields(client_as, room: Room, who: str):
    answer = client_as(who).post(f"/rooms/{room.slug}/edit", data=form(room, name="Housing board"))
    assert (answer.status_code, answer.location) == (303, f"/rooms/{room.slug}/")
    assert stored(room).name == "Housing board"
    (entry,) = trail("room.edit")
    assert entry.user_id == persona(who).id and entry.details == {
        "fields": ["name"],
        "changes": {"name": {"before": "Housing committee", "after": "Housing board"}},
    }


def test_the_trail_has_old_and_new_value_but_never_a_link(client_as, room: Room):
    before = room.access_level.value
    client_as("owner").post(f"/rooms/{room.slug}/edit", data=form(room, slug="housing", access_level="public"))
    (entry,) = trail("room.edit")
    assert entry.details["fields"] == ["access_level", "slug"]
    assert entry.details["changes"] == {"access_level": {"before": before, "after": "public"}}


def test_the_form_shows_what_holds(client_as, room: Room):
    text = client_as("owner").get(f"/rooms/{room.slug}/edit").text
    assert 'value="Housing committee"' in text and f'value="{room.slug}"' in text
    assert 'checked id="access_level-0"' in text


def test_saving_without_a_change_leaves_no_trace(client_as, room: Room):
    client_as("owner").post(f"/rooms/{room.slug}/edit", data=form(room))
    assert trail("room.edit") == []


def test_members_may_not_and_strangers_do_not_know(client_as, room: Room):
    for who, code in (("member", 403), ("stranger", 404), ("support", 404)):
        assert client_as(who).post(f"/rooms/{room.slug}/edit", data=form(room, name="Mine")).status_code == code
    assert stored(room).name == "Housing committee"


@pytest.mark.parametrize(
    "field", [{"name": ""}, {"slug": ""}, {"slug": "new"}, {"access_level": "secret"}, {"name": "a\u202eb"}]
)
def test_what_is_refused_changes_nothing_and_keeps_what_was_typed(client_as, room: Room, field: dict[str, str]):
    typed = {**form(room, name="Housing board"), **field}
    answer = client_as("owner").post(f"/rooms/{room.slug}/edit", data=typed, headers=SWAP)
    assert answer.status_code == 422 and answer.text.lstrip().startswith('<form id="edit-room"')
    assert stored(room).name == "Housing committee" and trail("room.edit") == []


def test_a_swap_is_led_to_the_rooms_new_address(client_as, room: Room):
    answer = client_as("owner").post(f"/rooms/{room.slug}/edit", data=form(room, slug="housing"), headers=SWAP)
    assert answer.headers["HX-Redirect"] == "/rooms/housing/"
    assert trail("room.edit")[0].details == {"fields": ["slug"]}


def test_who_waits_goes_in_as_soon_as_the_room_is_opened(app, client_as, room: Room):
    waiting = guest(app, room)
    assert look(waiting, room).status_code == 200
    client_as("owner").post(f"/rooms/{room.slug}/edit", data=form(room, access_level="public"))
    look(waiting, room)
    assert status() is Status.ACCEPTED
