"""Everybody says on the account page whether their address may be passed on."""

import re
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.support.brevo import Brevo
from tests.support.factories import trail
from tests.support.mails import work_off
from tests.support.personas import SWAP, Browser, persona
from webapp.core.db import db
from webapp.marketing import service
from webapp.marketing.models import ContactState, MarketingContact

As = Callable[[str], Browser]
NEWS = "/account/news"


def states() -> dict[str, ContactState]:
    db.session.rollback()
    found = {str(row.user_id): row.state for row in db.session.scalars(sa.select(MarketingContact))}
    db.session.commit()
    return found


def section(page: str) -> str:
    found = re.search(r'<section class="section" id="news".*?</section>', page, re.DOTALL)
    return found[0] if found else ""


@pytest.fixture
def me(account: Brevo) -> str:
    """The owner, who signed in for the first time a moment ago."""
    service.welcome(persona("owner"))
    db.session.commit()
    return str(persona("owner").id)


def test_without_a_service_the_page_says_nothing_of_news(client_as: As):
    assert section(client_as("owner").get("/account/").text) == ""
    assert client_as("owner").post(NEWS, data={}).status_code == 303


def test_the_page_says_to_whom_and_when_the_address_goes_before_it_does(client_as: As, me: str):
    shown = section(client_as("owner").get("/account/").text)
    assert "checked" in shown and "your e-mail address goes to Brevo" in shown and "before then" in shown


def test_who_declines_is_not_passed_on(client_as: As, me: str, account: Brevo):
    owner = client_as("owner")
    answer = owner.post(NEWS, data={})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/account/#news")
    assert states() == {me: ContactState.DECLINED}
    assert "checked" not in section(owner.get("/account/").text)
    work_off()
    assert account.asked == []
    assert [entry.action for entry in trail("user.decline_news")] == ["user.decline_news"]


def test_who_declined_may_ask_for_news_after_all_and_gets_them_at_once(client_as: As, me: str, account: Brevo):
    owner = client_as("owner")
    owner.post(NEWS, data={})
    assert owner.post(NEWS, data={"wanted": "y"}).status_code == 303
    work_off()
    assert states() == {me: ContactState.ADDED}
    assert list(account.contacts) == ["owner@frontdesk.example"]
    assert len(trail("user.choose_news")) == 1


def test_who_signed_in_before_there_was_a_service_is_asked_and_not_passed_on(client_as: As, account: Brevo):
    owner = client_as("owner")
    shown = section(owner.get("/account/").text)
    assert "checked" not in shown and "If you want news" in shown
    work_off()
    assert (account.asked, states()) == ([], {})
    owner.post(NEWS, data={"wanted": "y"})
    work_off()
    assert list(account.contacts) == ["owner@frontdesk.example"]


def test_saying_the_same_again_changes_nothing(client_as: As, me: str):
    for _ in range(2):
        client_as("owner").post(NEWS, data={"wanted": "y"})
    assert states() == {me: ContactState.WAITING}
    assert trail("user.choose_news") == []


def test_who_is_a_contact_is_told_how_to_get_out(client_as: As, me: str, account: Brevo):
    db.session.execute(sa.update(MarketingContact).values(state=ContactState.ADDED))
    db.session.commit()
    owner = client_as("owner")
    assert "use the link at the end of each" in section(owner.get("/account/").text)
    assert owner.post(NEWS, data={}).status_code == 303
    assert states() == {me: ContactState.ADDED}


def test_a_swap_gets_the_section_alone(client_as: As, me: str):
    swap = client_as("owner").post(NEWS, data={}, headers=SWAP)
    assert swap.status_code == 200 and swap.text.strip().startswith("<section") and "Saved" in swap.text
    assert "<html" not in swap.text


def test_what_one_person_chooses_is_not_chosen_for_another(client_as: As, me: str):
    client_as("member").post(NEWS, data={})
    assert states()[me] is ContactState.WAITING
