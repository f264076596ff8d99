"""At its date a review lists what nobody checked, and closes it only as people had been told it would."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.support.access_lists import roles
from tests.support.factories import make_room, trail
from tests.support.mails import part, sent_mails, work_off
from tests.support.personas import Browser, make_user, persona
from tests.support.reviews import agree, go_on, line_of, many_rooms, outcomes, start_review, stored_campaign, url_of
from tests.support.waiting import PATIENCE
from webapp.access import queries as access_queries
from webapp.access import service as access
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.jobs import register
from webapp.reviews import closing, service
from webapp.reviews.models import AtEnd, Campaign, CampaignLine, CampaignRoom, CampaignState
from webapp.rooms.models import Access, Role, Room

As = Callable[[str], Browser]
ENDING, ACCESS_ENDS = "review_ending", "review_access_ends"


def days(number: float) -> timedelta:
    """A span."""
    return timedelta(days=number)


def kinds() -> list[str]:
    """The mails planned after the first ones."""
    return sorted(mail.kind for mail in sent_mails() if mail.kind != "review_asked")


@pytest.fixture
def campaign(room: Room, mailing: MailServer) -> Campaign:
    """A review at whose end unchecked roles are removed."""
    return start_review(at_end=AtEnd.REMOVE)


def test_until_the_date_it_is_open_and_then_unchecked_roles_stay_and_are_listed(client_as: As, room: Room):
    campaign = start_review()
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    go_on(campaign.ends_at - timedelta(minutes=1))
    assert stored_campaign(campaign).state is CampaignState.OPEN
    go_on(campaign.ends_at)
    done = stored_campaign(campaign)
    assert (done.state, done.unchecked, done.confirmed) == (CampaignState.CLOSED, 1, 1)
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "left_open", "member": "confirmed"}
    assert set(roles(room)) == {"owner", "administrator", "member"}
    listed = client_as("admin").get(f"/audit/reviews/{campaign.id}/people").text
    assert "Administrator Person" in listed and "Not checked, kept access" in listed
    assert "Member Person" not in listed
    assert trail("review.close")[0].details == {"count": 1, "removed": 0}
    agree(campaign)


def test_a_week_before_owners_are_reminded_and_people_told_once(room: Room, campaign: Campaign, mailing: MailServer):
    make_room("owner")
    go_on(campaign.ends_at - days(8) - timedelta(minutes=1))
    assert kinds() == []
    for later in (0, 0.5, 2, 6.9):
        go_on(campaign.ends_at - days(8 - later))
    assert kinds() == [ACCESS_ENDS, ACCESS_ENDS, ENDING]
    told = mailing.mail_to("member@frontdesk.example")
    assert told["Subject"].startswith("Your access to rooms ends on ")
    words = part(told, "plain")
    assert "Housing committee" in words and "ask an owner to confirm you" in words
    owner = [mail for to, mail in mailing.taken if to == "owner@frontdesk.example"]
    assert len(owner) == 2 and "lose access after that" in part(owner[1], "plain")


def test_where_no_mail_is_set_up_nobody_is_told_and_nobody_removed(room: Room):
    campaign = start_review(at_end=AtEnd.REMOVE)
    go_on(campaign.ends_at - days(8))
    go_on(campaign.ends_at)
    assert sent_mails() == []
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "left_open", "member": "left_open"}


def test_where_roles_stay_only_owners_are_reminded(room: Room, mailing: MailServer):
    campaign = start_review()
    go_on(campaign.ends_at - days(8))
    assert kinds() == [ENDING]


def test_a_review_too_short_for_that_reminds_nobody_of_what_they_were_just_asked(room: Room):
    campaign = start_review(days=3)
    go_on(utcnow() + timedelta(minutes=1))
    assert kinds() == [] and stored_campaign(campaign).told_at is None


def test_who_was_told_a_week_before_and_not_checked_loses_access(client_as: As, room: Room, campaign: Campaign):
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    go_on(campaign.ends_at - days(8))
    go_on(campaign.ends_at)
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "expired", "member": "confirmed"}
    assert set(roles(room)) == {"owner", "member"}
    assert trail("access.revoke")[0].user_id is None
    done = stored_campaign(campaign)
    assert (done.expired, done.unchecked) == (1, 0)
    page = client_as("admin").get(f"/audit/reviews/{campaign.id}/people").text
    assert "Not checked, lost access" in page
    agree(campaign)


def test_whose_role_ended_is_told_so_and_the_owner_hears_of_all_at_once(
    room: Room, campaign: Campaign, mailing: MailServer
):
    go_on(campaign.ends_at - days(8))
    mailing.taken.clear()
    go_on(campaign.ends_at)
    people = ["administrator@frontdesk.example", "member@frontdesk.example"]
    assert mailing.recipients == [*people, "owner@frontdesk.example"]
    assert {mailing.mail_to(each)["Subject"] for each in people} == {f"You no longer have access to {room.name}"}
    told = mailing.mail_to("owner@frontdesk.example")
    assert told["Subject"] == f"2 people no longer have access to {room.name}"
    assert "Administrator Person" in part(told, "plain") and "Member Person" in part(told, "plain")


def test_the_last_owner_stays_whoever_did_not_answer(room: Room, mailing: MailServer):
    for who in ("stranger", "administrator"):
        found = access_queries.of_user(room, persona(who))
        if found is not None:
            access.revoke(room, found, actor=Actor.system())
        access.grant(room, actor=Actor.system(), email=persona(who).email, role=Role.OWNER)
    db.session.commit()
    campaign = start_review(at_end=AtEnd.REMOVE)
    go_on(campaign.ends_at - days(8))
    go_on(campaign.ends_at)
    assert roles(room) == {"owner": Role.OWNER}, "of the owners the first stays"
    assert outcomes(campaign)["owner"] == "left_open"
    agree(campaign)


def test_who_was_not_told_in_time_keeps_access(client_as: As, room: Room, campaign: Campaign):
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    go_on(campaign.ends_at - days(8))
    client_as("owner").post(url_of(campaign, room, "member", "undo"))
    go_on(campaign.ends_at)
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "expired", "member": "left_open"}


def test_whose_role_somebody_changed_since_the_start_keeps_it(room: Room, campaign: Campaign):
    go_on(campaign.ends_at - days(8))
    member = access_queries.of_user(room, persona("member"))
    assert member is not None
    access.change(room, member, actor=Actor.system(), role=Role.ADMINISTRATOR)
    db.session.commit()
    go_on(campaign.ends_at)
    assert roles(room)["member"] is Role.ADMINISTRATOR
    assert line_of(campaign, room, "member").end_role is Role.ADMINISTRATOR


def test_where_people_are_told_late_the_end_is_later_too(room: Room, campaign: Campaign):
    before = campaign.ends_at
    go_on(before - days(1))
    assert stored_campaign(campaign).ends_at >= before + days(6)
    go_on(before)
    assert stored_campaign(campaign).state is CampaignState.OPEN
    go_on(before + days(6.2))
    assert outcomes(campaign)["member"] == "expired"


def test_a_mail_that_comes_after_somebody_was_confirmed_is_not_sent(
    client_as: As, room: Room, campaign: Campaign, mailing: MailServer
):
    with time_machine.travel(campaign.ends_at - days(8)):
        register.by_name()["reviews"].function()
        work_off()
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    work_off()
    assert "member@frontdesk.example" not in mailing.recipients
    assert {(mail.kind, mail.problem) for mail in sent_mails() if mail.problem} == {(ACCESS_ENDS, "nothing_to_check")}


def test_what_holds_at_the_end_is_written_down_also_of_those_who_came(room: Room):
    campaign = start_review()
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.MEMBER)
    member = access_queries.of_user(room, persona("member"))
    assert member is not None
    access.leave(room, member, actor=Actor.user(persona("member")))
    db.session.commit()
    go_on(campaign.ends_at)
    assert outcomes(campaign) == {
        "owner": "not_asked", "administrator": "left_open", "member": "gone", "stranger": "came",
    }  # fmt: skip
    ends = {who: line_of(campaign, room, who).end_role for who in ("owner", "administrator", "member", "stranger")}
    assert ends == {"owner": Role.OWNER, "administrator": Role.ADMINISTRATOR, "member": None, "stranger": Role.MEMBER}
    agree(campaign)


def test_a_room_closed_twice_is_closed_once(app: Flask, room: Room, campaign: Campaign):
    make_room("owner", member="member")
    go_on(campaign.ends_at - days(8))
    with time_machine.travel(campaign.ends_at):
        campaign = stored_campaign(campaign)
        service.end(campaign, actor=Actor.system())
        db.session.commit()
        stale = stored_campaign(campaign)
        db.session.expunge(stale)
        assert closing.next_piece(stored_campaign(campaign)) and closing.next_piece(stale)
    go_on(campaign.ends_at)
    assert len(trail("access.revoke")) == 2 and len(trail("review.close")) == 1
    agree(campaign)


def test_two_workers_close_it_once(app: Flask, campaign: Campaign):
    many_rooms(persona("owner"), [persona("member"), make_user("second")], 30)
    second = start_review(at_end=AtEnd.REMOVE)
    go_on(second.ends_at - days(8))
    with time_machine.travel(second.ends_at):
        register.by_name()["reviews"].function()
        db.session.commit()
        threads = [threading.Thread(target=_close, args=(app, second)) for _number in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(2 * PATIENCE)
    go_on(second.ends_at)
    assert stored_campaign(second).state is CampaignState.CLOSED
    revoked = sa.select(sa.func.count()).select_from(Access).where(Access.revoked_at.is_not(None))
    assert db.session.scalar(revoked) == 62
    assert len(trail("access.revoke")) == 62
    closed = sa.select(sa.func.count()).where(
        CampaignRoom.campaign_id == second.id, CampaignRoom.closed_at.is_not(None)
    )
    assert db.session.scalar(closed) == 31
    lines = sa.select(sa.func.count()).where(CampaignLine.campaign_id == second.id)
    assert db.session.scalar(lines) == 93
    agree(second)


def _close(app: Flask, campaign: Campaign) -> None:
    """One worker that knows nothing of the other, without the lease that would keep it waiting."""
    with app.app_context():
        while True:
            db.session.rollback()
            found = db.session.get_one(Campaign, campaign.id, populate_existing=True)
            db.session.commit()
            if found.state is not CampaignState.CLOSING:
                return
            closing.next_piece(found)


def test_work_that_nobody_took_up_is_ordered_anew(app: Flask, room: Room):
    campaign = start_review()
    with time_machine.travel(campaign.ends_at):
        register.by_name()["reviews"].function()
        db.session.query(DueWork).delete()
        db.session.commit()
    go_on(campaign.ends_at + timedelta(minutes=16))
    assert stored_campaign(campaign).state is CampaignState.CLOSED
