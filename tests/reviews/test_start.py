"""A review begins with the roles of one moment, whatever changes while they are written down."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.support.factories import make_room, trail
from tests.support.installed import ROOT, SECRET_KEY
from tests.support.mails import part, sent_mails, work_off
from tests.support.personas import Browser, make_user, persona
from tests.support.processes import end
from tests.support.reviews import agree, line_of, many_rooms, outcomes, owner_of, start_review, stored_campaign
from tests.support.waiting import PATIENCE, until
from webapp.access import queries as access_queries
from webapp.access import service as access
from webapp.audit import Actor
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.reviews import service, snapshot
from webapp.reviews.models import (
    AtEnd,
    Campaign,
    CampaignDuty,
    CampaignLine,
    CampaignOwner,
    CampaignRoom,
    CampaignState,
)
from webapp.reviews.service import Terms
from webapp.rooms.models import Access, Role, Room

ClientAs = Callable[[str], Browser]
WORK = """
from webapp import create_app
from webapp.jobs import register, work
with create_app().app_context():
    work.run_due(register.HANDLERS)
"""


def form(**changes: str) -> dict[str, str]:
    """What an admin types, with changes."""
    day = (utcnow() + timedelta(days=20)).date().isoformat()
    return {"name": "Autumn review", "day": day, "rooms": "all", "links": "", "at_end": "keep"} | changes


def started() -> Campaign:
    """The one review that there is."""
    db.session.rollback()
    campaign = db.session.scalars(sa.select(Campaign).execution_options(populate_existing=True)).one()
    db.session.commit()
    return campaign


def test_the_request_writes_no_role_down_and_due_work_does(client_as: ClientAs, room: Room, mailing: MailServer):
    answer = client_as("admin").post("/audit/reviews/new", data=form())
    campaign = started()
    assert (answer.status_code, answer.location) == (303, f"/audit/reviews/{campaign.id}/")
    assert campaign.state is CampaignState.STARTING
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CampaignLine)) == 0
    assert "Starting: 0 rooms are written down so far." in client_as("admin").get(answer.location).text
    work_off()
    assert started().state is CampaignState.OPEN
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "open", "member": "open"}
    assert trail("review.start")[0].details == {"rooms": "all_rooms", "at_end": "keep_unchecked"}
    agree(campaign)


def test_each_owner_is_asked_by_mail_once_and_the_mail_leads_to_their_people(room: Room, mailing: MailServer):
    make_room("owner", member="member")
    make_room("stranger", member="member")
    campaign = start_review()
    work_off()
    assert mailing.recipients == ["owner@frontdesk.example", "stranger@frontdesk.example"]
    mail = mailing.mail_to("owner@frontdesk.example")
    assert mail["Subject"].startswith("Confirm who still needs access to your rooms, by ")
    words = part(mail, "plain")
    assert "3 people to check in 2 rooms" in words and f"/reviews/{campaign.id}/" in words
    assert "People you don't check keep access and are reported." in words
    assert "Started by Admin Person" in words


def test_who_has_nobody_to_check_is_not_asked(room: Room, mailing: MailServer):
    make_room("stranger")
    start_review()
    work_off()
    assert mailing.recipients == ["owner@frontdesk.example"]
    assert [mail.state.value for mail in sent_mails()] == ["sent"]


def test_what_changes_while_roles_are_written_down_changes_nothing_of_them(room: Room):
    terms = Terms("Autumn review", utcnow() + timedelta(days=20), AtEnd.KEEP)
    campaign = service.start(terms, actor=Actor.user(persona("admin")))
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.MEMBER)
    member = db.session.scalars(sa.select(Room).where(Room.id == room.id)).one()
    access.revoke(member, _open(member, "member"), actor=Actor.system())
    access.change(member, _open(member, "administrator"), actor=Actor.system(), role=Role.MEMBER)
    db.session.commit()
    work_off()
    assert set(outcomes(campaign)) == {"owner", "administrator", "member"}
    assert line_of(campaign, room, "administrator").role is Role.ADMINISTRATOR


def _open(room: Room, who: str) -> Access:
    found = access_queries.of_user(room, persona(who))
    assert found is not None
    return found


def test_only_the_chosen_rooms_are_reviewed(client_as: ClientAs, room: Room):
    other = make_room("stranger", member="member")
    make_room("owner", member="member")
    links = f"https://desk.example.org/rooms/{room.slug}\n{other.slug}/\n\n{room.slug}"
    answer = client_as("admin").post("/audit/reviews/new", data=form(rooms="chosen", links=links))
    assert answer.status_code == 303
    work_off()
    campaign = started()
    assert (campaign.rooms, campaign.total, campaign.owners) == (2, 3, 2)
    kept = set(db.session.scalars(sa.select(CampaignRoom.room_id)))
    assert kept == {room.id, other.id}
    agree(campaign)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Enter a name."),
        ({"day": ""}, "Choose a day."),
        ({"day": "2020-01-01"}, "Choose a day that is 1 day ahead."),
        ({"day": "2190-01-01"}, "Choose a day within a year."),
        ({"rooms": "chosen"}, "Enter the link of at least one room."),
        ({"rooms": "chosen", "links": "no-such-room"}, "There is no room with this link: no-such-room"),
        ({"rooms": "chosen", "links": "\n".join(f"a-{n}" for n in range(201))}, "Enter at most 200 links."),
        ({"rooms": "some"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_started_is_said_beside_the_field(
    client_as: ClientAs, room: Room, wrong: dict[str, str], said: str
):
    answer = client_as("admin").post("/audit/reviews/new", data=form(**wrong))
    assert answer.status_code == 422 and said in answer.text
    assert db.session.scalar(sa.select(sa.func.count()).select_from(Campaign)) == 0


def test_where_people_would_lose_access_there_is_time_to_tell_them(client_as: ClientAs):
    soon = (utcnow() + timedelta(days=7)).date().isoformat()
    answer = client_as("admin").post("/audit/reviews/new", data=form(at_end="remove", day=soon))
    assert answer.status_code == 422
    assert "Choose a day that is 9 days ahead. People are told a week before they lose access." in answer.text
    assert client_as("admin").post("/audit/reviews/new", data=form(day=soon)).status_code == 303


def test_an_owners_own_role_is_for_the_others_to_check(room: Room):
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.OWNER)
    db.session.commit()
    campaign = start_review()
    assert set(outcomes(campaign).values()) == {"open"}
    assert (owner_of(campaign, "owner").total, owner_of(campaign, "stranger").total) == (3, 3)
    assert stored_campaign(campaign).total == 4


def test_rooms_that_nobody_owns_are_asked_of_whoever_started_it(room: Room):
    _open(room, "owner").role = Role.MEMBER
    db.session.commit()
    campaign = start_review()
    assert owner_of(campaign, "admin").total == 3


def test_a_piece_done_twice_writes_nothing_twice(app: Flask):
    count = 2 * snapshot.ROOMS + 5
    many_rooms(persona("owner"), [persona("member")], count)
    campaign = service.start(
        Terms("Autumn review", utcnow() + timedelta(days=20), AtEnd.KEEP), actor=Actor.user(persona("admin"))
    )
    db.session.commit()
    stale = db.session.get_one(Campaign, campaign.id)
    db.session.expunge(stale)
    assert snapshot.next_piece(stored_campaign(campaign)) and snapshot.next_piece(stale)
    assert stored_campaign(campaign).rooms == snapshot.ROOMS
    work_off()
    done = stored_campaign(campaign)
    assert (done.state, done.rooms, done.total, done.owners) == (CampaignState.OPEN, count, count, 1)
    assert snapshot.next_piece(done), "another worker was there first"
    agree(campaign)


def test_killed_in_the_middle_it_goes_on_where_it_was(app: Flask, settings: Settings):
    count = 30 * snapshot.ROOMS
    many_rooms(persona("owner"), [persona("member"), make_user("second")], count)
    campaign = service.start(
        Terms("Autumn review", utcnow() + timedelta(days=20), AtEnd.KEEP), actor=Actor.user(persona("admin"))
    )
    db.session.commit()
    chosen = {"environment": "testing", "secret_key": SECRET_KEY, "database_url": settings.database_url}
    told = {f"FRONTDESK_{name.upper()}": value for name, value in chosen.items()}
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ | told)
    try:
        until(lambda: stored_campaign(campaign).rooms > 0 or process.poll() is not None, 2 * PATIENCE)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    finally:
        end(process)
    until(lambda: _worked_off(campaign), 2 * PATIENCE)
    done = stored_campaign(campaign)
    assert (done.rooms, done.total, done.owners) == (count, 2 * count, 1)
    owner = owner_of(campaign, "owner")
    assert (owner.rooms, owner.total, owner.open) == (count, 2 * count, 2 * count)
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CampaignDuty)) == count
    assert db.session.scalar(sa.select(sa.func.count()).select_from(CampaignOwner)) == 1
    agree(campaign)


def _worked_off(campaign: Campaign) -> bool:
    """The lease and the claim of a dead process run out by themselves."""
    work_off()
    return stored_campaign(campaign).state is CampaignState.OPEN


def test_the_list_and_the_review_page_lead_to_each_other(client_as: ClientAs, room: Room):
    admin = client_as("admin")
    assert "No review yet" in admin.get("/audit/reviews/").text
    campaign = start_review()
    page = admin.get("/audit/reviews/").text
    assert f'href="/audit/reviews/{campaign.id}/"' in page and re.search(r"0 of 2", page)
    assert "Autumn review" in admin.get(f"/audit/reviews/{campaign.id}/").text
