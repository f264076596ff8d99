"""An admin shuts somebody out, knowing what that leaves behind, lets them in again, and ends their sessions."""

from collections.abc import Callable

import pytest
from flask import Flask

from tests.support.factories import make_room, trail
from tests.support.personas import Browser, browser, persona
from webapp.access import service as access
from webapp.accounts import service
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db
from webapp.rooms.models import Role

ClientAs = Callable[[str], Browser]


def disable(client: Browser, person: User, **data: str) -> object:
    """Send the confirmation as it should be typed, or with other values."""
    typed = {"email": person.email, "reason": "left the council", "seen": "0"} | data
    return client.post(f"/people/{person.id}/disable", data=typed)


def test_whoever_is_disabled_is_out_at_once_and_comes_back_by_enabling(app: Flask, client_as: ClientAs):
    person, admin = persona("member"), client_as("admin")
    here = browser(app, person)
    assert here.get("/account/").status_code == 200
    answer = disable(admin, person, email=f" {person.email.upper()} ")
    assert (answer.status_code, answer.location) == (303, f"/people/{person.id}/")
    assert here.get("/account/").status_code == 302
    (entry,) = trail("user.disable")
    assert (entry.user_id, entry.reason, entry.details["sessions"]) == (persona("admin").id, "left the council", 1)
    page = admin.get(f"/people/{person.id}/").text
    assert "This account is disabled." in page and "by Admin Person: “left the council”" in page
    assert admin.post(f"/people/{person.id}/enable").status_code == 303
    assert person.is_active and len(trail("user.enable")) == 1
    assert browser(app, person).get("/account/").status_code == 200


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": ""}, "Enter the address exactly as shown. Nothing was changed."),
        ({"email": "member@frontdesk.exampl"}, "Enter the address exactly as shown. Nothing was changed."),
        ({"reason": ""}, "Enter a reason: the log keeps it."),
    ],
)
def test_without_the_address_and_a_reason_nobody_is_disabled(client_as: ClientAs, wrong: dict[str, str], said: str):
    person = persona("member")
    answer = disable(client_as("admin"), person, **wrong)
    assert answer.status_code == 422 and said in answer.text
    assert person.is_active and trail("user.disable") == []


def test_rooms_left_without_an_able_owner_are_listed_before_the_button(client_as: ClientAs):
    owner = persona("owner")
    alone, shared = make_room("owner", name="Works council"), make_room("owner", name="Shared room")
    access.grant(shared, actor=Actor.system(), email=persona("member").email, role=Role.OWNER)
    db.session.commit()
    zone = client_as("admin").get(f"/people/{owner.id}/").text.split('id="disable"')[1]
    before = zone.split("<summary")[0]
    assert "1 room has no other owner who can sign in." in before and f"/rooms/{alone.slug}/access/" in before
    assert shared.name not in before
    assert disable(client_as("admin"), owner, seen="1").status_code == 303
    assert not owner.is_active


def test_whoever_saw_fewer_of_such_rooms_is_shown_the_new_list_first(client_as: ClientAs):
    owner = persona("owner")
    make_room("owner")
    answer = disable(client_as("admin"), owner, seen="0")
    assert answer.status_code == 409 and "changed since you opened this page" in answer.text
    assert owner.is_active and 'id="disable-seen" name="seen" type="hidden" value="1"' in answer.text
    service.disable(owner, actor=Actor.system())  # whoever has less to leave behind than was shown needs no asking


def test_nobody_disables_themselves_or_ends_their_own_sessions_here(client_as: ClientAs):
    admin = persona("admin")
    assert disable(client_as("admin"), admin).status_code == 409
    assert client_as("admin").post(f"/people/{admin.id}/sessions/end").status_code == 409
    assert admin.is_active and trail("user.disable") == []
    page = client_as("admin").get(f"/people/{admin.id}/").text
    assert 'id="disable"' not in page and "/sessions/end" not in page


def test_all_sessions_end_at_once_and_the_trail_says_how_many(app: Flask, client_as: ClientAs):
    person, other = persona("member"), browser(app, persona("owner"))
    here = [browser(app, person) for _ in range(2)]
    answer = client_as("admin").post(f"/people/{person.id}/sessions/end")
    assert (answer.status_code, answer.location) == (303, f"/people/{person.id}/")
    assert [each.get("/account/").status_code for each in here] == [302, 302]
    assert other.get("/account/").status_code == 200
    (entry,) = trail("user.end_sessions")
    assert (entry.details["person"], entry.details["sessions"]) == (str(person.id), 2)
    client_as("admin").post(f"/people/{person.id}/sessions/end")
    assert len(trail("user.end_sessions")) == 1
    log = client_as("admin").get("/audit/log?action=user.end_sessions").text
    assert "ended all sessions of <b>Member Person</b>: 2" in log


@pytest.mark.parametrize("verb", ["staff", "disable", "enable", "sessions/end"])
@pytest.mark.parametrize("who", ["owner", "support"])
def test_nobody_but_admins_changes_an_account_and_no_form_without_its_token(client_as: ClientAs, verb: str, who: str):
    person = persona("member")
    url, data = f"/people/{person.id}/{verb}", {"email": person.email, "reason": "x", "seen": "0", "staff": "admin"}
    assert client_as(who).post(url, data=data).status_code == 403
    forged = client_as("admin")
    forged.csrf = False
    assert forged.post(url, data=data).status_code == 400
    assert person.is_active and not person.is_staff


def test_what_is_said_after_a_change_names_nobody_in_the_readers_cookie(client_as: ClientAs):
    person, admin = persona("member"), client_as("admin")
    for verb, data in (("disable", {"email": person.email, "reason": "x", "seen": "0"}), ("enable", {})):
        admin.post(f"/people/{person.id}/{verb}", data=data)
        with admin.session_transaction() as cookie:
            assert cookie["_flashes"] and person.name not in str(dict(cookie)) and person.email not in str(dict(cookie))
