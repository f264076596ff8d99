"""Many people get a role at once: each line has its result, and one wrong line loses no other."""

from collections.abc import Callable

import pytest

from tests.support.access_lists import roles, url
from tests.support.factories import trail
from tests.support.personas import SWAP, Browser, persona
from webapp.accounts.models import User
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]


def several(room: Room) -> str:
    return f"{url(room)}several"


def test_each_line_has_its_result_and_a_wrong_one_stays_to_be_mended(client_as: As, room: Room):
    pasted = f"Kofi <k.osei@tenants.example>\nnot an address\n{persona('member').email}, new@tenants.example"
    answer = client_as("owner").post(several(room), data={"emails": pasted, "role": "administrator"}, headers=SWAP)
    assert answer.status_code == 422 and "<html" not in answer.text
    assert "2 people added" in answer.text and "Has access already, unchanged" in answer.text
    assert "Line 2: not an address" in answer.text
    form = answer.text.partition("<textarea")[2].partition("</textarea>")[0]
    assert "not an address" in form and "k.osei" not in form
    found = roles(room)
    assert (found["k.osei"], found["new"], found["member"]) == (Role.ADMINISTRATOR, Role.ADMINISTRATOR, Role.MEMBER)
    assert len([entry for entry in trail("access.grant") if entry.user_id == persona("owner").id]) >= 2


def test_when_all_lines_are_right_the_page_says_who_was_added(client_as: As, room: Room):
    answer = client_as("administrator").post(
        several(room), data={"emails": "a@t.example;b@t.example", "role": "member"}
    )
    assert answer.status_code == 200 and "2 people added" in answer.text and "a@t.example" in answer.text
    again = client_as("administrator").post(several(room), data={"emails": "a@t.example", "role": "administrator"})
    assert "0 people added" in again.text and roles(room)["a"] is Role.MEMBER


@pytest.mark.parametrize(
    ("emails", "words"),
    [
        ("", "Enter a full address"),
        (" \n , ;", "Enter a full address"),
        ("\n".join(f"p{number}@t.example" for number in range(201)), "These are 201 addresses."),
        ("x" * 80_001, "Enter at most 200 addresses."),
    ],
)
def test_nothing_and_too_many_are_refused_in_words(client_as: As, room: Room, emails: str, words: str):
    answer = client_as("owner").post(several(room), data={"emails": emails, "role": "member"})
    assert answer.status_code == 422 and words in answer.text and len(roles(room)) == 3


def test_administrators_make_no_owners_and_others_see_no_form(client_as: As, room: Room):
    typed = {"emails": "a@t.example", "role": "owner"}
    assert client_as("administrator").post(several(room), data=typed).status_code in {403, 422}
    assert client_as("member").get(several(room)).status_code == 403
    assert client_as("stranger").get(several(room)).status_code == 404
    assert len(roles(room)) == 3
