"""Who has access, who had it, and since when; as a page and as a file."""

import re
from collections.abc import Callable

import pytest

from tests.support import spreadsheets
from tests.support.access_lists import row_url, url
from tests.support.personas import Browser, make_user, persona
from webapp.access import service
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms.models import Role, Room

As = Callable[[str], Browser]


def people(text: str) -> list[str]:
    """The names on a page of the list, in its order."""
    return re.findall(r'<th scope="row" role="rowheader">([^<]+)<', text)


def fill(room: Room, count: int, role: Role = Role.MEMBER) -> None:
    """More people with a role."""
    for number in range(count):
        user = make_user(f"{role.value}{number:03}")
        service.grant(room, actor=Actor.user(persona("owner")), email=user.email, role=role)
    db.session.commit()


def pages(browser: Browser, address: str) -> list[list[str]]:
    """All pages of the list from here on."""
    found = []
    while True:
        text = browser.get(address).text
        found.append(people(text))
        step = re.search(r'rel="next" href="([^"]+)"', text)
        if step is None:
            return found
        address = step[1].replace("&amp;", "&")


def test_owners_stand_first_then_administrators_then_members_each_as_they_came(client_as: As, room: Room):
    fill(room, 2, Role.OWNER)
    text = client_as("owner").get(url(room)).text
    owners = ["Owner Person", "Owner000 Person", "Owner001 Person"]
    assert people(text) == [*owners, "Administrator Person", "Member Person"]
    assert "by Owner Person" in text and "member@frontdesk.example" in text


def test_the_pages_hold_everybody_once_also_when_somebody_comes_between(client_as: As, room: Room):
    fill(room, 70)
    owner = client_as("owner")
    first = owner.get(url(room)).text
    service.grant(room, actor=Actor.system(), email="late@tenants.example", role=Role.OWNER)
    db.session.commit()
    step = re.search(r'rel="next" href="([^"]+)"', first)
    seen = people(first) + [name for page in pages(owner, step[1].replace("&amp;", "&")) for name in page]
    assert len(seen) == len(set(seen)) == 73


@pytest.mark.parametrize("cursor", ["x", "0" * 32, "%25", "-1"])
def test_a_cursor_that_is_none_of_ours_breaks_nothing(client_as: As, room: Room, cursor: str):
    assert client_as("owner").get(f"{url(room)}?older={cursor}").status_code == 200
    assert client_as("owner").get(f"{url(room)}?show=ended&newer={cursor}").status_code == 200


def test_filters_show_one_role_or_who_had_one(client_as: As, room: Room):
    owner = client_as("owner")
    assert people(owner.get(f"{url(room)}?show=administrators").text) == ["Administrator Person"]
    assert "No one has lost access yet." in owner.get(f"{url(room)}?show=ended").text
    owner.post(row_url(room, "member", "/revoke"))
    text = owner.get(f"{url(room)}?show=ended").text
    assert people(text) == ["Member Person"] and "by Owner Person" in text and "Change…" not in text
    assert "No one has this role." in owner.get(f"{url(room)}?show=members").text


def test_the_file_tells_the_whole_history(client_as: As, room: Room):
    client_as("administrator").post(row_url(room, "member", "/revoke"))
    answer = client_as("owner").get(url(room, "list.csv"))
    assert answer.mimetype == "text/csv" and "attachment" in answer.headers["Content-Disposition"]
    rows = spreadsheets.entries(answer)
    assert [(row["person"], row["role"], row["revoked_by"]) for row in rows] == [
        ("Owner Person", "owner", ""),
        ("Administrator Person", "administrator", ""),
        ("Member Person", "member", "Administrator Person"),
    ]
    assert rows[2]["granted_by"] == "Owner Person" and rows[2]["revoked_at"] >= rows[2]["granted_at"]


def test_a_name_that_a_spreadsheet_would_run_is_defused(client_as: As, room: Room):
    user = make_user("formula")
    user.full_name = "=HYPERLINK(1)"
    service.grant(room, actor=Actor.system(), email=user.email, role=Role.MEMBER)
    db.session.commit()
    assert "'=HYPERLINK(1)" in client_as("owner").get(url(room, "list.csv")).text


def test_the_list_asks_the_database_as_often_for_fifty_people_as_for_three(client_as: As, room: Room, count_queries):
    owner = client_as("owner")
    with count_queries() as few:
        owner.get(url(room))
    fill(room, 47)
    with count_queries() as many:
        assert len(people(owner.get(url(room)).text)) == 50
    assert len(few) == len(many) <= 4, many
    address = url(room, "list.csv")
    db.session.commit()
    with count_queries() as file:
        owner.get(address)
    assert len(file) <= 4, file
