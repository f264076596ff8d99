"""Admins see how far a review is, remind those who are late, and ask somebody else where an owner can't answer."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from flask import Flask

from tests.plugins.mail_server import MailServer
from tests.plugins.queries import Counted
from tests.support.factories import make_room, trail
from tests.support.mails import part, states, work_off
from tests.support.personas import Browser, make_user, persona
from tests.support.reviews import agree, go_on, many_rooms, outcomes, owner_of, start_review, stored_campaign, url_of
from webapp.access import service as access
from webapp.accounts import service as accounts
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.reviews.models import AtEnd, Campaign, CampaignState
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]


@pytest.fixture
def campaign(room: Room, mailing: MailServer) -> Campaign:
    """A review of three rooms of three owners; the first has checked one of two."""
    make_room("stranger", member="member", administrator="administrator", name="School board")
    make_room("administrator", member="member", name="Works council")
    return start_review()


def page(campaign: Campaign, rest: str = "") -> str:
    """The review as admins see it."""
    return f"/audit/reviews/{campaign.id}/{rest}"


def names(html: str) -> list[str]:
    """Whom the table lists, in order."""
    return re.findall(r'rowheader"><a href="/people/[^"]+">(\w+) Person', html)


def test_owners_are_listed_the_least_checked_first(client_as: As, room: Room, campaign: Campaign):
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    client_as("owner").post(url_of(campaign, room, "administrator", "remove"))
    admin = client_as("admin")
    html = admin.get(page(campaign)).text
    assert "2 of 5 roles checked" in html and names(html)[0] != "Owner"
    assert sorted(names(html)) == ["Administrator", "Stranger"]
    assert names(admin.get(page(campaign, "?show=all")).text)[-1] == "Owner"
    assert names(admin.get(page(campaign, "?show=finished")).text) == ["Owner"]
    assert sorted(names(admin.get(page(campaign, "?show=not_started")).text)) == ["Administrator", "Stranger"]
    agree(campaign)


def test_each_line_is_listed_with_what_became_of_it(client_as: As, room: Room, campaign: Campaign):
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    client_as("owner").post(url_of(campaign, room, "administrator", "remove"))
    admin = client_as("admin")
    assert admin.get(page(campaign, "people")).text.count("Not checked yet") == 3
    confirmed = admin.get(page(campaign, "people?show=confirmed")).text
    assert "Member Person" in confirmed and "by Owner Person" in confirmed
    assert "Administrator Person" in admin.get(page(campaign, "people?show=removed")).text
    assert admin.get(page(campaign, "people?show=other")).text.count("Only owner, not asked") == 3


def test_one_owner_is_found_by_the_whole_address_which_stays_out_of_the_link(client_as: As, campaign: Campaign):
    admin = client_as("admin")
    answer = admin.post(page(campaign, "find"), data={"find": " Stranger@frontdesk.example "})
    assert answer.status_code == 303 and "@" not in answer.location
    assert names(admin.get(answer.location).text) == ["Stranger"]
    answer = admin.post(page(campaign, "find"), data={"find": "nobody@frontdesk.example"}, follow_redirects=True)
    assert "No one has this address." in answer.text


def test_one_is_reminded_at_most_once_a_day(client_as: As, campaign: Campaign, mailing: MailServer):
    work_off()
    admin, stranger = client_as("admin"), persona("stranger")
    where = page(campaign, f"owners/{stranger.id}/remind")
    assert admin.post(where).status_code == 303
    answer = admin.post(where)
    assert answer.status_code == 409 and "were reminded within a day" in answer.text
    assert "Reminded" in admin.get(page(campaign)).text
    for _round in range(2):
        work_off()
    got = [mail for to, mail in mailing.taken if to == "stranger@frontdesk.example"]
    assert len(got) == 2 and got[1]["Subject"].startswith("Reminder: Confirm who still needs access")
    with time_machine.travel(utcnow() + timedelta(days=1, minutes=1)):
        assert client_as("admin").post(where).status_code == 303
        assert len(trail("review.remind")) == 2


def test_all_who_are_late_are_reminded_with_one_click(
    client_as: As, room: Room, campaign: Campaign, mailing: MailServer
):
    work_off()
    for who in ("member", "administrator"):
        client_as("owner").post(url_of(campaign, room, who, "confirm"))
    admin = client_as("admin")
    assert "Remind 2 owners" in admin.get(page(campaign)).text
    answer = admin.post(page(campaign, "remind"), follow_redirects=True)
    assert "2 owners are being reminded." in answer.text and "Remind 2 owners" not in answer.text
    for _round in range(2):
        work_off()
    reminded = sorted(to for to, mail in mailing.taken if mail["Subject"].startswith("Reminder"))
    assert reminded == ["administrator@frontdesk.example", "stranger@frontdesk.example"]
    assert trail("review.remind_all")[0].details == {"count": 2}


def test_where_no_mail_is_set_up_nobody_is_said_to_be_reminded(client_as: As, room: Room):
    campaign, admin = start_review(), client_as("admin")
    assert "Remind" not in admin.get(page(campaign)).text
    for verb in ("remind", f"owners/{persona('owner').id}/remind"):
        answer = admin.post(page(campaign, verb))
        assert answer.status_code == 409 and "mail isn&#39;t set up here" in answer.text
    assert owner_of(campaign, "owner").reminded_at is None


def test_a_reminder_of_one_who_finished_meanwhile_is_not_sent(
    client_as: As, room: Room, campaign: Campaign, mailing: MailServer
):
    work_off()
    before = len(mailing.taken)
    client_as("admin").post(page(campaign, f"owners/{persona('owner').id}/remind"))
    work_off()
    for who in ("member", "administrator"):
        client_as("owner").post(url_of(campaign, room, who, "confirm"))
    work_off()
    assert len(mailing.taken) == before and states()[-1] == ("withdrawn", "nothing_to_check")


def test_an_owner_who_cannot_answer_is_offered_to_be_replaced(client_as: As, campaign: Campaign, mailing: MailServer):
    accounts.disable(persona("stranger"), actor=Actor.system())
    db.session.commit()
    mailing.refused["administrator@frontdesk.example"] = "550 no such user"
    work_off()
    html = client_as("admin").get(page(campaign, "?show=unreachable")).text
    assert sorted(names(html)) == ["Administrator", "Stranger"]
    assert html.count("Reassign…") == 2 and "Account disabled" in html and "Not delivered" in html


def reassign(client_as: As, campaign: Campaign, before: str, after: str) -> tuple[int, str]:
    """Ask somebody else; what came of it."""
    where = page(campaign, f"owners/{persona(before).id}/reassign")
    answer = client_as("admin").post(where, data={"email": f"{after}@frontdesk.example"})
    return answer.status_code, answer.text


def test_whoever_may_see_the_lists_anyway_answers_instead(
    client_as: As, room: Room, campaign: Campaign, mailing: MailServer
):
    persona("admin")
    work_off()
    assert reassign(client_as, campaign, "owner", "administrator")[0] == 303
    for _round in range(2):
        work_off()
    assert (owner_of(campaign, "owner").total, owner_of(campaign, "administrator").total) == (0, 2)
    assert owner_of(campaign, "administrator").rooms == 2
    assert client_as("administrator").post(url_of(campaign, room, "member", "confirm")).status_code == 303
    assert outcomes(campaign)["member"] in {"confirmed", "open"}
    answer = client_as("administrator").post(url_of(campaign, room, "administrator", "confirm"))
    assert answer.status_code == 409, "they don't vouch for themselves"
    (entry,) = trail("review.reassign")
    assert entry.details == {"person": str(persona("administrator").id), "before": str(persona("owner").id)}
    agree(campaign)


def test_an_admin_may_answer_for_anybody(client_as: As, room: Room, campaign: Campaign):
    assert client_as("admin").get(f"/reviews/{campaign.id}/").status_code == 404
    assert reassign(client_as, campaign, "owner", "admin")[0] == 303
    assert "Housing committee" in client_as("admin").get(f"/reviews/{campaign.id}/").text
    assert client_as("admin").post(url_of(campaign, room, "member", "remove")).status_code == 303
    assert owner_of(campaign, "admin").checked == 1


@pytest.mark.parametrize(
    ("after", "said"),
    [
        ("member", "In 1 of the rooms this person is neither owner nor administrator."),
        ("support", "In 1 of the rooms this person is neither owner nor administrator."),
        ("owner", "Choose someone else who can sign in."),
        ("waiting", "Choose someone else who can sign in."),
        ("no one", "No one has this address."),
    ],
)
def test_a_review_gives_nobody_rights_that_they_do_not_have(client_as: As, campaign: Campaign, after: str, said: str):
    make_user("waiting", pending=True)
    persona("support")
    status, text = reassign(client_as, campaign, "owner", after)
    assert status == 422 and said in text
    assert owner_of(campaign, "owner").total == 2 and trail("review.reassign") == []


def test_what_happens_at_the_end_is_chosen_anew_while_there_is_time(client_as: As, campaign: Campaign):
    admin = client_as("admin")
    assert "keeps access and is listed" in admin.get(page(campaign)).text
    assert admin.post(page(campaign, "ending"), data={"at_end": "remove"}).status_code == 303
    assert "loses access, except a room's last owner. People are told" in admin.get(page(campaign)).text
    assert stored_campaign(campaign).at_end is AtEnd.REMOVE
    assert admin.post(page(campaign, "ending"), data={"at_end": "keep"}).status_code == 303
    with time_machine.travel(utcnow() + timedelta(days=13)):
        answer = client_as("admin").post(page(campaign, "ending"), data={"at_end": "remove"})
        assert answer.status_code == 409 and "people are told a week before" in answer.text
    assert stored_campaign(campaign).at_end is AtEnd.KEEP
    assert [entry.details["at_end"] for entry in trail("review.set_ending")] == ["remove_unchecked", "keep_unchecked"]


def test_ending_early_removes_nobody(client_as: As, room: Room, mailing: MailServer):
    campaign = start_review(at_end=AtEnd.REMOVE)
    go_on(utcnow() + timedelta(days=13))  # people were told
    with time_machine.travel(utcnow() + timedelta(days=15)):
        assert client_as("admin").post(page(campaign, "end")).status_code == 303
    go_on(utcnow() + timedelta(days=15))
    done = stored_campaign(campaign)
    assert (done.state, done.unchecked, done.ended_by_id) == (CampaignState.CLOSED, 2, persona("admin").id)
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "left_open", "member": "left_open"}
    assert client_as("admin").post(page(campaign, "end")).status_code == 409
    for verb in ("remind", f"owners/{persona('owner').id}/remind"):
        assert client_as("admin").post(page(campaign, verb)).status_code == 409
    assert client_as("admin").post(page(campaign, "ending"), data={"at_end": "remove"}).status_code == 409
    assert reassign(client_as, campaign, "owner", "administrator")[0] == 409
    assert "ended" in client_as("admin").get(page(campaign)).text


def test_many_owners_come_page_by_page_with_as_many_questions(
    app: Flask, client_as: As, count_queries: Counted, mailing: MailServer
):
    asked = []
    for count in (2, 60):
        for number in range(count):
            many_rooms(make_user(f"owner{count}-{number}"), [persona("member")], 1)
        campaign = start_review()
        admin = client_as("admin")
        with count_queries() as sent:
            html = admin.get(page(campaign)).text
        asked.append(sent)
        assert len(re.findall("Remind<", html)) == min(count, 50)
        db.session.query(Room).update({"deleted_at": utcnow()})
        db.session.commit()
    assert len(asked[0]) == len(asked[1]) <= 9, asked[1]
    older = re.search(r'href="([^"]+older=[^"]+)"', html)
    assert older and len(re.findall("Remind<", client_as("admin").get(older[1].replace("&amp;", "&")).text)) == 10


def test_a_second_owner_counts_for_each_of_them(client_as: As, room: Room):
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.OWNER)
    db.session.commit()
    campaign = start_review()
    client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    client_as("owner").post(url_of(campaign, room, "stranger", "confirm"))
    first, second = owner_of(campaign, "owner"), owner_of(campaign, "stranger")
    assert ((first.open, first.total), (second.open, second.total)) == ((1, 3), (2, 3))
    agree(campaign)


def test_the_mail_is_in_the_readers_language(room: Room, mailing: MailServer):
    persona("owner").language = "fr"
    db.session.commit()
    start_review()
    work_off()
    assert '<html lang="fr">' in part(mailing.mail_to("owner@frontdesk.example"), "html")
