"""Hosts invite people by mail: each gets one of their own, with everything in it, and nobody learns of another."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from icalendar import Calendar
from pydantic import SecretStr

from tests.plugins.mail_server import MailServer
from tests.support.factories import stored, trail
from tests.support.invitations import ANN, BOB, calendar_of, invitations_url, invited
from tests.support.mails import later, part, states, work_off
from tests.support.personas import SWAP, Browser, make_user, persona
from webapp.audit import Actor
from webapp.core.db import db
from webapp.core.filters import grouped
from webapp.invitations.models import Invitation
from webapp.rooms import service as room_service
from webapp.rooms.models import AccessLevel, Room

ClientAs = Callable[[str], Browser]
Form = Callable[..., dict[str, Any]]


@pytest.mark.parametrize("who", ["owner", "administrator"])
def test_each_gets_a_mail_with_link_number_pin_and_calendar_and_no_other_address(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, who: str
):
    answer = client_as(who).post(
        invitations_url(room), data=form(ANN, BOB, at=("14:00", "15:30"), message="Bring the list.")
    )
    assert (answer.status_code, answer.location) == (303, f"/rooms/{room.slug}/invite")
    work_off()
    assert mailing.recipients == [ANN, BOB]
    for address, other in ((ANN, BOB), (BOB, ANN)):
        mail = mailing.mail_to(address)
        assert other not in mail.as_string() and mail["To"] == address
        assert mail["From"].startswith(f'"{persona(who).full_name} via Frontdesk"') or "via Frontdesk" in mail["From"]
        assert mail["Reply-To"] == persona(who).email
        text = part(mail, "plain")
        pin = grouped(room.pin or "")
        for expected in (
            f"https://desk.frontdesk.example/join/{room.slug}",
            "+33 1 70 18 99 00",
            pin,
            "Bring the list.",
        ):
            assert expected in text and expected in part(mail, "html").replace("&#39;", "'")
        assert "(Oslo)" in text and "14:00–15:30" in text
        event, method = calendar_of(mail)
        assert (method, event["SEQUENCE"], str(event["SUMMARY"])) == ("REQUEST", 0, "Housing committee")
        assert str(event["ATTENDEE"]) == f"mailto:{address}"
        assert pin in str(event["DESCRIPTION"])
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (entry,) = trail("room.invite")
    assert (entry.user_id, entry.details["count"]) == (persona(who).id, 2)
    (reveal,) = trail("room.reveal_pin")
    assert reveal.details == {"purpose": "invitation_mail"}
    assert ANN not in str(entry.details)


def test_without_a_time_there_is_no_calendar_and_without_dial_in_no_pin(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    room.phone_enabled = False
    db.session.commit()
    assert client_as("owner").post(invitations_url(room), data=form(ANN)).status_code == 303
    work_off()
    mail = mailing.mail_to(ANN)
    assert not [each for each in mail.walk() if "calendar" in each.get_content_type()]
    assert "PIN" not in part(mail, "plain") and trail("room.reveal_pin") == []


def test_the_mail_speaks_the_language_of_an_account_and_else_the_chosen_one(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    known = make_user("francoise")
    known.language, known.timezone = "fr", "America/New_York"
    db.session.commit()
    client_as("owner").post(invitations_url(room), data=form(known.email, ANN, at=("14:00", "15:00")))
    work_off()
    assert mailing.mail_to(ANN)["Subject"].startswith("Invitation: Housing committee")
    assert "(New York)" in part(mailing.mail_to(known.email), "plain")
    assert '<html lang="fr">' in part(mailing.mail_to(known.email), "html")


def test_a_wrong_line_is_named_everything_typed_stays_and_nothing_is_sent(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    typed = form(ANN, "not an address", BOB, "x@", message="Bring the list.")
    answer = client_as("owner").post(invitations_url(room), data=typed, headers=SWAP)
    assert answer.status_code == 422 and "Lines 2, 4" in answer.text
    assert ANN in answer.text and "not an address" in answer.text and "Bring the list." in answer.text
    assert "<html" not in answer.text
    whole = client_as("owner").post(invitations_url(room), data=typed)
    assert whole.status_code == 422 and "<html" in whole.text and "Lines 2, 4" in whole.text
    work_off()
    assert mailing.taken == [] and invited() == []


@pytest.mark.parametrize(
    "pasted",
    [
        f"{ANN}, {BOB}",
        f"{ANN};{BOB};",
        f'"Dahl, Ann" <{ANN}>, Bob <{BOB}>',
        f"\r\n {ANN.upper()} \r\n\r\n{BOB}\r\n{ANN}",
    ],
)
def test_addresses_are_read_as_people_paste_them_and_each_once(
    client_as: ClientAs, room: Room, form: Form, pasted: str
):
    assert client_as("owner").post(invitations_url(room), data=form() | {"emails": pasted}).status_code == 303
    assert [each.email for each in invited()] == [ANN, BOB]


@pytest.mark.parametrize("name", ["Evil\r\nBcc: all@guests.example", "a\nTo: all@guests.example"])
def test_line_breaks_in_names_reach_no_head(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form, name: str
):
    owner = persona("owner")
    owner.full_name = name
    db.session.commit()
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    mail = mailing.mail_to(ANN)
    assert mail["Bcc"] is None and mail["To"] == ANN and mailing.transactions == [[ANN]]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"day": "2001-01-01", "begins": "10:00", "ends": "11:00"}, "This time has passed."),
        ({"begins": "10:00"}, "Choose a date."),
        ({"day": "2099-01-01"}, "Enter when it begins"),
        ({"day": "2099-01-01", "begins": "10:00", "ends": "10:00"}, "Enter an end"),
        ({"message": "x" * 1001}, "1000"),
        ({"message": "turned \u202e round"}, "hidden mark"),
        ({"role": "owner"}, "Not a valid choice"),
        ({"key": "not-a-key"}, ""),
        ({"emails": ""}, "Enter a full address"),
        ({"emails": "\n".join(f"p{number}@guests.example" for number in range(51))}, "These are 51 addresses."),
    ],
)
def test_what_cannot_be_sent_is_refused_in_words(
    client_as: ClientAs, room: Room, form: Form, fields: dict[str, str], problem: str
):
    answer = client_as("owner").post(invitations_url(room), data=form(ANN) | fields)
    assert answer.status_code == 422 and problem in answer.text and invited() == []


def test_the_same_form_sent_twice_invites_once(client_as: ClientAs, room: Room, mailing: MailServer, form: Form):
    typed = form(ANN)
    assert [client_as("owner").post(invitations_url(room), data=typed).status_code for _ in range(2)] == [303, 303]
    work_off()
    assert mailing.recipients == [ANN] and len(trail("room.invite")) == 1


def test_a_day_allows_so_many_mails_to_a_person_and_to_a_room(
    client_as: ClientAs, room: Room, form: Form, change_settings: Callable[..., None]
):
    change_settings(invitations_per_day=2)
    assert client_as("owner").post(invitations_url(room), data=form(ANN)).status_code == 303
    refused = client_as("owner").post(invitations_url(room), data=form(ANN, BOB))
    assert refused.status_code == 429 and "1 are left" in refused.text and len(invited()) == 1
    assert client_as("administrator").post(invitations_url(room), data=form(BOB)).status_code == 303
    assert client_as("administrator").post(invitations_url(room), data=form(BOB)).status_code == 429


@pytest.mark.parametrize(("who", "status"), [("member", 403), ("stranger", 404), ("support", 404), ("admin", 403)])
def test_only_hosts_invite_and_see_the_list_and_admins_read_it(
    client_as: ClientAs, room: Room, form: Form, who: str, status: int
):
    client_as("owner").post(invitations_url(room), data=form(ANN))
    assert client_as(who).post(invitations_url(room), data=form(BOB)).status_code == status
    seen = client_as(who).get(invitations_url(room))
    assert seen.status_code == (200 if who == "admin" else status) and "Withdraw</" not in seen.text
    (invitee,) = invited()
    for way in ("resend", "withdraw"):
        assert client_as(who).post(invitations_url(room, f"{invitee.id}/{way}")).status_code == status
    page = client_as(who).get(f"/rooms/{room.slug}/").text
    assert (ANN in page) is (who == "admin")
    assert len(invited()) == 1 and invited()[0].withdrawn_at is None


def test_one_refused_address_keeps_no_other_from_its_mail_and_the_list_says_so(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    mailing.refused[BOB] = "550 no such mailbox"
    client_as("owner").post(invitations_url(room), data=form(ANN, BOB, "cy@guests.example"))
    work_off()
    assert mailing.recipients == [ANN, "cy@guests.example"]
    page = client_as("owner").get(invitations_url(room)).text
    assert page.count("Not delivered") == 1 and "The mail server refuses the address." in page


def test_a_server_that_is_away_is_tried_again_and_nobody_gets_it_twice(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    mailing.said["MAIL"] = "421 closing"
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    assert states() == [("waiting", "busy")]
    mailing.heal()
    later()
    later()
    assert mailing.recipients == [ANN] and states() == [("sent", "")]


def test_whoever_stops_invitations_by_the_link_gets_none_and_needs_no_sign_in(
    client_as: ClientAs, client: Browser, room: Room, mailing: MailServer, form: Form
):
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    link = mailing.mail_to(ANN)["List-Unsubscribe"].strip("<>")
    assert "guests" not in link and "%40" not in link
    path = re.sub(r"^https://[^/]+", "", link)
    assert "Stop invitations?" in client.get(path).text
    client.csrf = False
    assert "Invitations are stopped" in client.post(path, data={"List-Unsubscribe": "One-Click"}).text
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    assert len(mailing.taken) == 1 and states()[-1] == ("withdrawn", "not_wanted")
    assert client.get("/invitations/stop/forged").status_code == 404


def test_an_account_stops_them_by_the_link_and_takes_them_again_on_its_page(
    client_as: ClientAs, client: Browser, room: Room, mailing: MailServer, form: Form
):
    stranger = persona("stranger")
    client_as("owner").post(invitations_url(room), data=form(stranger.email))
    work_off()
    path = re.sub(r"^https://[^/]+", "", mailing.mail_to(stranger.email)["List-Unsubscribe"].strip("<>"))
    client.post(path)
    client_as("stranger").post("/account/mails", data={"wanted": ["recordings", "reminders", "invitations"]})
    client_as("owner").post(invitations_url(room), data=form(stranger.email))
    work_off()
    assert len(mailing.taken) == 2


def test_a_room_that_is_deleted_before_the_mail_goes_sends_none(
    client_as: ClientAs, room: Room, mailing: MailServer, form: Form
):
    mailing.said["MAIL"] = "421 closing"
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    mailing.heal()
    room_service.delete(stored(room), actor=Actor.user(persona("owner")))
    db.session.commit()
    later()
    assert mailing.taken == [] and states() == [("withdrawn", "room_gone")]


def test_without_mail_the_panel_says_so_and_the_rest_of_it_works(
    client_as: ClientAs, room: Room, form: Form, change_settings: Callable[..., None]
):
    change_settings(smtp_url=SecretStr(""), mail_from="")
    page = client_as("owner").get(f"/rooms/{room.slug}/invite").text
    assert "Mail isn't set up here." in page.replace("&#39;", "'") and "Copy invitation" in page
    assert client_as("owner").post(invitations_url(room), data=form(ANN)).status_code == 422


def test_a_calendar_file_is_saved_with_the_pin_and_that_it_was_seen_is_kept(
    client_as: ClientAs, room: Room, form: Form
):
    answer = client_as("owner").post(f"/rooms/{room.slug}/invite/calendar", data=form(at=("14:00", "15:30")))
    assert answer.status_code == 200 and answer.content_type.startswith("text/calendar")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{room.slug}.ics"'
    (event,) = Calendar.from_ical(answer.data).walk("VEVENT")
    assert grouped(room.pin or "") in str(event["DESCRIPTION"]) and "ATTENDEE" not in event
    assert [entry.details for entry in trail("room.reveal_pin")] == [{"purpose": "calendar"}]
    again = client_as("owner").post(f"/rooms/{room.slug}/invite/calendar", data=form())
    assert again.status_code == 422 and "Choose a date." in again.text


def test_the_list_costs_as_many_queries_for_many_as_for_few(
    client_as: ClientAs, room: Room, form: Form, count_queries: Any
):
    owner = client_as("owner")
    owner.post(invitations_url(room), data=form("p0@guests.example"))
    with count_queries() as few:
        owner.get(invitations_url(room))
    owner.post(invitations_url(room), data=form(*(f"p{number}@guests.example" for number in range(1, 40))))
    with count_queries() as many:
        owner.get(invitations_url(room))
    assert len(few) == len(many)


def test_a_public_room_says_nothing_of_waiting(client_as: ClientAs, room: Room, mailing: MailServer, form: Form):
    room.access_level = AccessLevel.PUBLIC
    db.session.commit()
    client_as("owner").post(invitations_url(room), data=form(ANN))
    work_off()
    assert "wait" not in part(mailing.mail_to(ANN), "plain")
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Invitation)) == 1
