"""Owners confirm or remove person by person; whoever was first is named, and warnings are never passed over."""

import re
import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr
from werkzeug.test import TestResponse

from tests.plugins.queries import Counted
from tests.support.access_lists import roles
from tests.support.factories import make_room, trail
from tests.support.personas import SWAP, Browser, make_user, persona
from tests.support.reviews import (
    agree,
    go_on,
    line_of,
    many_rooms,
    outcomes,
    owner_of,
    start_review,
    stored_campaign,
    url_of,
)
from tests.support.waiting import PATIENCE
from webapp.access import queries as access_queries
from webapp.access import service as access
from webapp.accounts import service as accounts
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.reviews.models import Campaign, CampaignDecision, LineOutcome
from webapp.rooms import service as rooms
from webapp.rooms.models import Role, Room

As = Callable[[str | User], Browser]


@pytest.fixture
def campaign(room: Room) -> Campaign:
    """A review of the personas' room."""
    return start_review()


def page(campaign: Campaign, show: str = "") -> str:
    """Where owners answer."""
    return f"/reviews/{campaign.id}/{'?show=' + show if show else ''}"


def decisions() -> list[tuple[str, str]]:
    """Who decided what, in order."""
    rows = sa.select(User.email, CampaignDecision.kind).join(User, User.id == CampaignDecision.by_id)
    found = db.session.execute(rows.order_by(CampaignDecision.id)).all()
    db.session.commit()
    return [(email.split("@")[0], kind.value) for email, kind in found]


def test_a_confirmed_person_keeps_the_role_and_the_answer_is_kept(client_as: As, room: Room, campaign: Campaign):
    owner = client_as("owner")
    assert "0 of 2 people checked" in owner.get(page(campaign)).text
    answer = owner.post(url_of(campaign, room, "member", "confirm"), headers=SWAP)
    assert answer.status_code == 200
    assert "Confirmed" in answer.text and "/undo" in answer.text
    assert 'hx-swap-oob="true"' in answer.text and "1 of 2 people checked" in answer.text
    assert outcomes(campaign)["member"] == "confirmed" and roles(room)["member"] is Role.MEMBER
    assert decisions() == [("owner", "confirm")]
    entry = trail("review.confirm")[0]
    assert (entry.room_id, entry.details["person"]) == (room.id, str(persona("member").id))
    left = owner.get(page(campaign)).text
    assert "Member Person" not in left and "Administrator Person" in left
    assert "Member Person" in owner.get(page(campaign, "checked")).text
    agree(campaign)


def test_without_a_script_the_answer_leads_back_to_the_room(client_as: As, room: Room, campaign: Campaign):
    answer = client_as("owner").post(url_of(campaign, room, "member", "confirm"))
    assert (answer.status_code, answer.location) == (303, f"/reviews/{campaign.id}/#room-{room.slug}")


def test_a_removed_person_is_out_at_once(client_as: As, room: Room, campaign: Campaign):
    answer = client_as("owner").post(url_of(campaign, room, "member", "remove"), headers=SWAP)
    assert answer.status_code == 200 and "Removed" in answer.text
    assert "member" not in roles(room) and outcomes(campaign)["member"] == "removed"
    assert client_as("member").get(f"/rooms/{room.slug}/").status_code == 404
    assert trail("access.revoke")[0].user_id == persona("owner").id and len(trail("review.remove")) == 1
    assert owner_of(campaign, "owner").removed == 1
    agree(campaign)


def test_the_page_says_that_whoever_is_removed_gets_an_email_where_mails_can_go(
    client_as: As, campaign: Campaign, change_settings: Callable[..., None]
):
    url = f"/reviews/{campaign.id}/"
    assert "gets an e-mail" not in client_as("owner").get(url).text
    change_settings(smtp_url=SecretStr("smtp://127.0.0.1:9"), mail_from="desk@frontdesk.example")
    assert "Whoever you remove gets an e-mail." in client_as("owner").get(url).text


def test_a_confirmation_is_taken_back_and_both_are_kept(client_as: As, room: Room, campaign: Campaign):
    owner = client_as("owner")
    owner.post(url_of(campaign, room, "member", "confirm"))
    assert owner.post(url_of(campaign, room, "member", "undo"), headers=SWAP).status_code == 200
    assert outcomes(campaign)["member"] == "open"
    assert decisions() == [("owner", "confirm"), ("owner", "undo")]
    assert owner.post(url_of(campaign, room, "member", "undo"), headers=SWAP).status_code == 409
    agree(campaign)


def second_owner(room: Room) -> User:
    """Noor van Eyck, who owns the room, too."""
    noor = make_user("noor")
    noor.full_name = "Noor van Eyck"
    access.grant(room, actor=Actor.system(), email=noor.email, role=Role.OWNER)
    db.session.commit()
    return noor


def test_whoever_comes_second_reads_who_was_first_and_changes_nothing(client_as: As, room: Room):
    noor = second_owner(room)
    campaign = start_review()
    client_as(noor).post(url_of(campaign, room, "member", "confirm"))
    for verb in ("confirm", "remove"):
        answer = client_as("owner").post(url_of(campaign, room, "member", verb), headers=SWAP)
        assert answer.status_code == 409
        assert re.search(r"Noor van Eyck confirmed \d+ s before you", answer.text)
    whole = client_as("owner").post(url_of(campaign, room, "member", "remove"))
    assert whole.status_code == 409 and "<html" in whole.text and "Noor van Eyck confirmed" in whole.text
    assert roles(room)["member"] is Role.MEMBER and decisions() == [("noor", "confirm")]
    client_as(noor).post(url_of(campaign, room, "administrator", "remove"))
    answer = client_as("owner").post(url_of(campaign, room, "administrator", "confirm"), headers=SWAP)
    assert "Noor van Eyck removed this person" in answer.text
    agree(campaign)


@pytest.mark.parametrize("_round", range(3))
def test_of_two_who_answer_at_the_same_moment_one_does(client_as: As, room: Room, _round: int):
    noor = second_owner(room)
    campaign = start_review()
    together, answers = threading.Barrier(2), list[TestResponse]()

    def press(browser: Browser, where: str) -> None:
        together.wait(PATIENCE)
        answers.append(browser.post(where, headers=SWAP))

    deeds = [(client_as("owner"), "confirm"), (client_as(noor), "remove")]
    threads = [
        threading.Thread(target=press, args=(who, url_of(campaign, room, "member", verb))) for who, verb in deeds
    ]
    db.session.commit()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    assert len(decisions()) == 1 and (outcomes(campaign)["member"] == "removed") == ("member" not in roles(room))
    agree(campaign)


def test_the_only_owner_who_can_sign_in_is_not_removed(client_as: As, room: Room):
    noor = second_owner(room)
    campaign = start_review()
    accounts.disable(persona("owner"), actor=Actor.system())
    db.session.commit()
    answer = client_as(noor).post(url_of(campaign, room, "owner", "remove"), headers=SWAP)
    assert answer.status_code == 200, "a disabled owner may go"
    administrator = client_as("administrator")
    assert administrator.post(url_of(campaign, room, noor, "remove"), headers=SWAP).status_code == 403


def test_a_last_owner_stays_and_the_row_says_what_to_do(client_as: As, room: Room):
    noor = second_owner(room)
    campaign = start_review()
    accounts.disable(noor, actor=Actor.system())
    db.session.commit()
    client = client_as("admin")
    assign(client, campaign, noor, "admin")
    answer = client.post(url_of(campaign, room, "owner", "remove"), headers=SWAP)
    assert answer.status_code == 409 and "Only owner. Transfer first." in answer.text
    assert roles(room)["owner"] is Role.OWNER and outcomes(campaign)["owner"] == "open"
    agree(campaign)


def assign(client: Browser, campaign: Campaign, before: User, who: str) -> None:
    """Let somebody answer instead."""
    where = f"/audit/reviews/{campaign.id}/owners/{before.id}/reassign"
    assert client.post(where, data={"email": persona(who).email}).status_code == 303


def test_nobody_vouches_for_themselves(client_as: As, room: Room):
    second_owner(room)
    campaign = start_review()
    for verb in ("confirm", "remove"):
        answer = client_as("owner").post(url_of(campaign, room, "owner", verb), headers=SWAP)
        assert answer.status_code == 409 and "You" in answer.text
    assert outcomes(campaign)["owner"] == "open" and decisions() == []
    whole = client_as("owner").get(page(campaign, "all")).text
    assert f"/people/{line_of(campaign, room, 'owner').access_id}/confirm" not in whole


@pytest.mark.parametrize("who", ["administrator", "member", "stranger", "support", "admin"])
def test_who_is_not_asked_neither_sees_nor_answers(client_as: As, room: Room, campaign: Campaign, who: str):
    assert client_as(who).get(page(campaign)).status_code == 404
    answer = client_as(who).post(url_of(campaign, room, "member", "confirm"))
    assert answer.status_code == (404 if who in {"stranger", "support"} else 403)
    assert outcomes(campaign)["member"] == "open"


def test_who_owns_the_room_since_the_start_answers_too_and_who_does_no_longer_does_not(
    client_as: As, room: Room, campaign: Campaign
):
    access.grant(room, actor=Actor.system(), email=persona("stranger").email, role=Role.OWNER)
    access.change(room, access_queries.of_user(room, persona("owner")), actor=Actor.system(), role=Role.MEMBER)
    db.session.commit()
    assert client_as("owner").get(page(campaign)).status_code == 404
    assert client_as("stranger").post(url_of(campaign, room, "member", "confirm")).status_code == 303


def test_a_role_that_changed_since_the_start_says_so_and_a_raised_one_is_a_warning(
    client_as: As, room: Room, campaign: Campaign
):
    access.change(room, access_queries.of_user(room, persona("member")), actor=Actor.system(), role=Role.ADMINISTRATOR)
    db.session.commit()
    html = client_as("owner").get(page(campaign)).text
    assert "Member when the review began" in html and "Has more rights than at the start" in html
    client_as("owner").post(url_of(campaign, room, "member", "remove"))
    assert "member" not in roles(room)


def test_who_left_meanwhile_is_not_asked_about_any_more(client_as: As, room: Room, campaign: Campaign):
    access.leave(room, access_queries.of_user(room, persona("member")), actor=Actor.user(persona("member")))
    db.session.commit()
    owner = client_as("owner")
    assert "No longer has access" in owner.get(page(campaign)).text
    answer = owner.post(url_of(campaign, room, "member", "confirm"), headers=SWAP)
    assert answer.status_code == 409 and "Member Person no longer has access to this room." in answer.text
    go_on(utcnow())
    assert outcomes(campaign)["member"] == "gone" and owner_of(campaign, "owner").open == 1
    agree(campaign)


def test_people_of_a_deleted_room_are_not_asked_about_any_more(room: Room):
    other = make_room("owner", member="member", administrator="administrator")
    campaign = start_review([other])
    rooms.delete(other, actor=Actor.user(persona("owner")))
    go_on(utcnow())
    assert outcomes(campaign) == {"owner": "not_asked", "member": "gone", "administrator": "gone"}
    agree(campaign)


WARNED = {"pending", "away", "outside", "disabled", "raised"}


@pytest.fixture
def crowd(room: Room) -> dict[str, User]:
    """People with a warning of each kind, and two without."""
    people = {name: make_user(name) for name in ("away", "outside", "disabled", "raised", "fine", "new")}
    people["pending"] = make_user("pending", pending=True)
    people["away"].last_sign_in_at = utcnow() - timedelta(days=91)
    people["outside"].email = "outside@contractor.example"
    db.session.commit()
    for name, user in people.items():
        role = Role.ADMINISTRATOR if name == "outside" else Role.MEMBER
        access.grant(room, actor=Actor.system(), email=user.email, role=role)
    accounts.disable(people["disabled"], actor=Actor.system())
    db.session.commit()
    return people


def test_those_without_a_warning_are_confirmed_at_once_and_nobody_else(
    client_as: As, room: Room, crowd: dict[str, User]
):
    campaign = start_review()
    access.change(room, access_queries.of_user(room, crowd["raised"]), actor=Actor.system(), role=Role.ADMINISTRATOR)
    db.session.commit()
    owner = client_as("owner")
    html = owner.get(page(campaign)).text
    assert "Confirm 4 without a warning" in html
    shown = re.findall(r'name="person" value="([0-9a-f-]+)"', html)
    plain = {line_of(campaign, room, who).access_id for who in ("member", "administrator")}
    plain |= {line_of(campaign, room, crowd[who]).access_id for who in ("fine", "new")}
    assert set(shown) == {str(key) for key in plain}
    warned = [str(line_of(campaign, room, crowd[who]).access_id) for who in WARNED]
    where = f"/reviews/{campaign.id}/rooms/{room.slug}/confirm"
    answer = owner.post(where, data={"person": [*shown, *warned, "none"]}, headers=SWAP)
    assert answer.status_code == 200 and "4 of 9 people checked" in answer.text
    found = outcomes(campaign)
    assert {who for who, outcome in found.items() if outcome == "confirmed"} == {
        "member",
        "administrator",
        "fine",
        "new",
    }
    assert {found[who] for who in WARNED} == {"open"}
    assert trail("review.confirm_many")[0].details == {"count": 4}
    agree(campaign)


def test_what_the_page_did_not_show_is_not_confirmed_with_the_rest(client_as: As, room: Room, campaign: Campaign):
    where = f"/reviews/{campaign.id}/rooms/{room.slug}/confirm"
    member = str(line_of(campaign, room, "member").access_id)
    assert client_as("owner").post(where, data={"person": [member]}).status_code == 303
    assert outcomes(campaign) == {"owner": "not_asked", "administrator": "open", "member": "confirmed"}


def test_after_the_end_nobody_answers(client_as: As, room: Room, campaign: Campaign):
    go_on(utcnow() + timedelta(days=21))
    for verb in ("confirm", "remove", "undo"):
        answer = client_as("owner").post(url_of(campaign, room, "member", verb), headers=SWAP)
        assert answer.status_code == 409 and "This review is over." in answer.text
    assert "is over" in client_as("owner").get(page(campaign)).text
    where = f"/reviews/{campaign.id}/rooms/{room.slug}/confirm"
    member = str(line_of(campaign, room, "member").access_id)
    assert client_as("owner").post(where, data={"person": [member]}, headers=SWAP).status_code == 409


def test_a_line_of_another_room_or_review_is_not_reached(client_as: As, room: Room, campaign: Campaign):
    other = make_room("owner", member="member")
    second = start_review([other])
    owner = client_as("owner")
    wrong = f"/reviews/{campaign.id}/rooms/{room.slug}/people/{line_of(second, other, 'member').access_id}/confirm"
    assert owner.post(wrong).status_code == 404
    assert owner.post(wrong.replace(str(campaign.id), str(room.id))).status_code == 404
    assert owner.get(f"/reviews/{room.id}/").status_code == 404


def test_many_people_come_page_by_page_with_as_many_questions(app: Flask, client_as: As, count_queries: Counted):
    asked = []
    for count in (2, 70):
        many_rooms(persona("owner"), [persona("member")], count)
        campaign = start_review()
        owner = client_as("owner")
        with count_queries() as sent:
            html = owner.get(page(campaign)).text
        asked.append(len(sent))
        assert html.count('id="line-') == min(count, 50)
        assert stored_campaign(campaign).total >= count
        db.session.query(Room).update({"deleted_at": utcnow()})
        db.session.commit()
    assert asked[0] == asked[1] <= 9
    older = re.search(r'href="([^"]+older=[^"]+)"', html)
    assert older and owner.get(older[1].replace("&amp;", "&")).text.count('id="line-') == 20


@pytest.mark.parametrize("outcome", LineOutcome)
def test_every_outcome_is_drawn(client_as: As, room: Room, campaign: Campaign, outcome: LineOutcome):
    line = line_of(campaign, room, "member")
    line.outcome, line.decided_by_id, line.decided_at = outcome, persona("administrator").id, utcnow()
    db.session.add(line)
    db.session.commit()
    assert "Member Person" in client_as("owner").get(page(campaign, "all")).text


def test_the_desk_leads_to_what_waits_and_to_nothing_once_all_is_checked(client_as: As, room: Room, campaign: Campaign):
    owner = client_as("owner")
    desk = owner.get("/").text
    assert (
        "Autumn review: confirm who still needs access in 1 room" in desk and f'href="/reviews/{campaign.id}/"' in desk
    )
    assert "Autumn review" not in client_as("administrator").get("/").text
    for who in ("member", "administrator"):
        owner.post(url_of(campaign, room, who, "confirm"))
    assert "Autumn review" not in owner.get("/").text
    assert "Autumn review: 2 of 2 roles checked" in client_as("admin").get("/audit/access").text


def test_whoever_signs_in_meanwhile_with_the_address_is_the_person_of_the_line(client_as: As, room: Room):
    waiting = make_user("late", pending=True)
    access.grant(room, actor=Actor.system(), email=waiting.email, role=Role.MEMBER)
    db.session.commit()
    campaign = start_review()
    where = url_of(campaign, room, waiting, "confirm")
    newcomer = User(sub="sub-late", email=waiting.email, full_name="Late Person", language="en")
    db.session.add(newcomer)
    db.session.flush()
    access.take_over_pending(newcomer)
    db.session.commit()
    assert "Late Person" in client_as("owner").get(page(campaign)).text
    assert client_as("owner").post(where, headers=SWAP).status_code == 200
    assert outcomes(campaign)["late"] == "confirmed"
    agree(campaign)
