"""Callers' numbers and participants' attributes: on request, to those who may, by a list, and never unnoticed."""

from collections.abc import Callable
from html import unescape

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.support.factories import trail
from tests.support.installation import CALLER, Installation
from tests.support.personas import SWAP, Browser, persona
from tests.support.waiting import until
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.live import attributes
from webapp.livekit.rooms import Participant
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]
ACTION = "room.reveal_participant"
WHY = {"reason": "ticket 4711"}


class Meeting:
    """A live room with a caller and somebody from the web in it."""

    def __init__(self, installation: Installation, **fields: object) -> None:
        self.installation = installation
        self.room = installation.live(**fields)
        for role in Role:
            db.session.add(Access(room_id=self.room.id, user_id=persona(role.value).id, role=role))
        db.session.commit()
        phone = installation.dial(pin=str(self.room.pin))
        until(lambda: installation.phone(phone)["room"] == str(self.room.id))
        self.sid = str(installation.phone(phone)["sid"])

    def url(self, what: str = "inside/reveal") -> str:
        return f"/rooms/{self.room.slug}/{what}"

    def reveal(self, browser: Browser, **data: str) -> TestResponse:
        return browser.post(self.url(), data={"sid": self.sid, **data}, headers=SWAP)


@pytest.fixture
def shows(installation: Installation) -> Meeting:
    """The room shows numbers."""
    return Meeting(installation, hide_phone_number=False)


@pytest.fixture
def hides(installation: Installation) -> Meeting:
    """The room hides numbers, as rooms do unless somebody says otherwise."""
    return Meeting(installation)


def entries() -> list[AuditEntry]:
    return list(trail(ACTION))


@pytest.mark.parametrize("who", ["owner", "administrator"])
def test_where_a_room_shows_numbers_its_hosts_see_them_on_request_and_that_is_kept(
    shows: Meeting, client_as: As, who: str
):
    assert CALLER not in client_as(who).get(shows.url("inside"), headers=SWAP).text
    answer = shows.reveal(client_as(who))
    assert answer.status_code == 200 and CALLER in answer.text and "<html" not in answer.text
    (entry,) = entries()
    assert (entry.user_id, entry.room_id) == (persona(who).id, shows.room.id)
    assert entry.details == {"what": "caller_number", "participant": shows.sid}
    assert CALLER[1:] not in f"{entry.details} {entry.reason}"


def test_without_javascript_the_answer_is_the_page_with_the_number(shows: Meeting, client_as: As):
    answer = client_as("owner").post(shows.url(), data={"sid": shows.sid})
    assert answer.status_code == 200 and CALLER in answer.text and "<html" in answer.text


def test_what_was_revealed_is_hidden_after_its_time_and_not_by_the_list_that_reloads(shows: Meeting, client_as: As):
    owner = client_as("owner")
    revealed = shows.reveal(owner).text
    assert 'data-hide-after="30"' in revealed and "every 15s" not in revealed
    again = owner.get(shows.url("inside"), headers=SWAP).text
    assert CALLER not in again and "every 15s" in again


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("support", 404), ("stranger", 404)])
def test_members_support_and_strangers_see_no_number(shows: Meeting, client_as: As, who: str, status: int):
    answer = shows.reveal(client_as(who), **WHY)
    assert answer.status_code == status and CALLER not in answer.text
    if who == "member":
        page = client_as(who).get(shows.url("inside"), headers=SWAP).text
        assert "Reveal number" not in page and CALLER not in page
    assert entries() == []


@pytest.mark.parametrize("who", ["owner", "administrator"])
def test_where_numbers_are_hidden_hosts_cannot_reveal_them(hides: Meeting, client_as: As, who: str):
    assert "Reveal" not in client_as(who).get(hides.url("inside"), headers=SWAP).text
    assert hides.reveal(client_as(who), **WHY).status_code == 403
    assert entries() == []


def test_a_number_that_livekit_still_shows_is_not_revealed_once_the_room_hides_numbers(shows: Meeting, client_as: As):
    db.session.query(Room).update({"hide_phone_number": True})
    db.session.commit()
    answer = shows.reveal(client_as("owner"))
    assert answer.status_code == 403 and CALLER not in answer.text and entries() == []


def test_an_admin_without_a_role_says_why(shows: Meeting, client_as: As):
    refused = shows.reveal(client_as("admin"))
    assert refused.status_code == 422 and "logged" in refused.text
    assert CALLER not in refused.text and entries() == []
    answer = shows.reveal(client_as("admin"), **WHY)
    assert CALLER in answer.text and entries()[0].reason == "ticket 4711"


def test_where_numbers_are_hidden_an_admin_sees_what_livekit_has(hides: Meeting, client_as: As):
    answer = hides.reveal(client_as("admin"), **WHY)
    assert answer.status_code == 200 and "sip.callID" in answer.text and CALLER not in answer.text
    assert entries()[0].details["what"] == "attributes"


def test_the_button_says_number_only_where_livekit_has_one_to_show(
    shows: Meeting, client_as: As, change_settings: Callable[..., None]
):
    assert "Reveal number" in client_as("owner").get(shows.url("inside"), headers=SWAP).text
    change_settings(shown_attributes=["sip.callID"])
    page = client_as("owner").get(shows.url("inside"), headers=SWAP).text
    assert "Reveal number" not in page and "Show attributes" in page


def test_of_a_caller_who_came_while_numbers_were_hidden_no_number_is_offered(hides: Meeting, client_as: As):
    db.session.query(Room).update({"hide_phone_number": False})
    db.session.commit()
    page = client_as("owner").get(hides.url("inside"), headers=SWAP).text
    assert "Reveal number" not in page and "Show attributes" in page


def test_reveals_of_numbers_are_limited_together_with_those_of_pins(shows: Meeting, client_as: As):
    owner = client_as("owner")
    pins = [owner.post(shows.url("pin/reveal"), headers=SWAP).status_code for _ in range(15)]
    numbers = [shows.reveal(owner).status_code for _ in range(15)]
    assert {*pins, *numbers} == {200}
    refused = shows.reveal(owner)
    assert refused.status_code == 429 and CALLER not in refused.text and len(entries()) == 15
    assert CALLER in shows.reveal(client_as("administrator")).text, "everybody has a count of their own"


def test_livekit_is_asked_once_for_a_reveal(shows: Meeting, client_as: As):
    before = shows.installation.livekit.calls("ListParticipants")
    assert CALLER in shows.reveal(client_as("owner")).text
    assert shows.installation.livekit.calls("ListParticipants") == before + 1


def test_attributes_that_are_not_on_the_list_are_named_and_their_value_is_not_shown(
    shows: Meeting, client_as: As, change_settings: Callable[..., None]
):
    shows.installation.join(shows.room, "lotte", name="Lotte")
    livekit, name, told = shows.installation.livekit, str(shows.room.id), {"mail": "lotte@example.org", "hand": "up"}
    livekit.call("RoomService", "UpdateParticipant", room=name, identity="lotte", attributes=told)
    shows.sid = str(livekit.participants(name)["lotte"]["sid"])
    page = shows.reveal(client_as("owner")).text
    assert "mail" in page and "hand" in page and "lotte@example.org" not in page and "not shown" in page
    assert entries()[0].details["what"] == "attributes"
    change_settings(shown_attributes=["hand"])
    page = shows.reveal(client_as("owner")).text
    assert "<code>up</code>" in page and "lotte@example.org" not in page


def test_somebody_who_has_left_is_told_and_nothing_is_recorded(shows: Meeting, client_as: As):
    assert client_as("owner").post(shows.url(), data={"sid": "PA_gone"}, headers=SWAP).status_code == 409
    assert entries() == []


def test_the_trail_says_what_was_revealed_and_the_account_lists_it(shows: Meeting, client_as: As):
    owner = client_as("owner")
    shows.reveal(owner)
    for page in (shows.url("activity"), "/account/"):
        assert "revealed a caller's number" in unescape(owner.get(page).text), page


def test_names_and_values_of_others_are_cleaned(app: Flask):
    said = {"sip.callID": "SCL_1\u202e\n", "x-33612345678": "secret"}
    with app.app_context():
        found = attributes.shown(Participant("PA_1", "web", "", "standard", utcnow(), said))
    assert [(each.name, each.value) for each in found] == [("sip.callID", "SCL_1"), ("x-••78", None)]
