"""A contact is made once: not before the person could decline, tried again for a day, and never seen by anybody."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client import REGISTRY
from pydantic import SecretStr, ValidationError

from tests.support.brevo import NO_CREDITS, TOO_MANY, UNAUTHORIZED, Answer, Brevo, invalid
from tests.support.factories import trail
from tests.support.installed import free_port
from tests.support.mails import work_off
from tests.support.personas import Browser, make_user, persona
from tests.support.written import written
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.config import Settings
from webapp.core.db import db, new_id, utcnow
from webapp.core.due import DueWork
from webapp.jobs import work
from webapp.marketing import adding, service, services
from webapp.marketing.models import ContactState, MarketingContact
from webapp.marketing.services import Brevo as Client
from webapp.marketing.services import MarketingService, NoService, NotAdded

OWNER = "owner@frontdesk.example"
Change = Callable[..., None]


def contact() -> MarketingContact:
    db.session.rollback()
    found = db.session.scalars(sa.select(MarketingContact).execution_options(populate_existing=True)).one()
    db.session.commit()
    return found


def state() -> tuple[str, str]:
    found = contact()
    return found.state.value, found.problem


def welcomed(name: str = "owner") -> User:
    """Somebody who signed in for the first time a moment ago."""
    user = persona(name)
    service.welcome(user)
    db.session.commit()
    return user


def later() -> None:
    """As if the time of everything that waits had come, and do it."""
    past = utcnow() - timedelta(minutes=1)
    db.session.execute(sa.update(DueWork).where(work.OPEN).values(due_at=past))
    db.session.execute(sa.update(MarketingContact).values(due_at=past))
    work_off()


def count(result: str) -> float:
    return REGISTRY.get_sample_value("frontdesk_marketing_contacts_total", {"result": result}) or 0.0


@pytest.mark.parametrize("kind", [NoService(), Client("http://127.0.0.1", "k", [])])
def test_both_services_are_ones(kind: MarketingService):
    assert callable(kind.add) and isinstance(kind.name, str)


def test_without_a_service_nobody_is_passed_on(app: Flask):
    welcomed()
    assert db.session.scalar(sa.select(sa.func.count()).select_from(MarketingContact)) == 0
    assert db.session.scalar(sa.select(sa.func.count()).select_from(DueWork)) == 0
    assert NoService().add(OWNER, new_id()) is False


def test_the_contact_is_made_after_a_day_with_the_address_and_the_lists_alone(account: Brevo):
    key = str(welcomed().id)
    wait = contact().due_at - utcnow()
    assert timedelta(hours=23) < wait < timedelta(hours=25)  # two clocks: the database says when it is due
    work_off()
    assert account.asked == [], "the person may decline until then"
    before = count("added")
    later()
    assert account.asked == [{"email": OWNER, "ext_id": key, "updateEnabled": False, "listIds": [7]}]
    assert (account.contacts, state()) == ({OWNER: [7]}, ("added", ""))
    assert count("added") == before + 1
    assert [entry.details["person"] for entry in trail("user.pass_on_address")] == [str(persona("owner").id)]


def test_it_is_made_once_however_often_the_work_is_done(account: Brevo):
    user = welcomed()
    service.welcome(user)
    service.let_add(contact())
    db.session.commit()
    later()
    db.session.execute(sa.update(DueWork).values(done_at=None))
    later()
    assert len(account.asked) == 1
    assert len(trail("user.pass_on_address")) == 1


def test_without_lists_none_is_named(account: Brevo, change_settings: Change):
    change_settings(brevo_lists=[])
    key = str(welcomed().id)
    later()
    assert account.asked == [{"email": OWNER, "ext_id": key, "updateEnabled": False}]
    assert state() == ("added", "")


def test_who_is_a_contact_already_stays_as_they_are(account: Brevo):
    account.contacts[OWNER] = [36]
    welcomed()
    later()
    assert (account.contacts, state()) == ({OWNER: [36]}, ("known", ""))


def test_the_address_is_the_one_of_that_time(account: Brevo):
    user = welcomed()
    user.email = "owner.new@frontdesk.example"
    db.session.commit()
    later()
    assert list(account.contacts) == ["owner.new@frontdesk.example"]


FAULTS: list[tuple[Answer, str]] = [
    (UNAUTHORIZED, "key_refused"),
    (NO_CREDITS, "no_credits"),
    (TOO_MANY, "busy"),
    (invalid("listIds"), "refused"),
    ((400, None), "refused"),
    ((302, None), "refused"),
    ((500, {"code": "x", "message": OWNER}), "broken"),
    ((503, None), "broken"),
]


@pytest.mark.parametrize(("answer", "code"), FAULTS, ids=str)
def test_a_service_that_refuses_is_asked_again(account: Brevo, answer: Answer, code: str):
    account.answers = [answer]
    welcomed()
    with written() as lines:
        later()
        told = lines()
    assert state() == ("waiting", code)
    assert OWNER not in str(told) and [line["code"] for line in told if line["event"] == "marketing.not_added"] == [
        code
    ]
    later()
    assert state() == ("added", "")


def test_a_key_that_is_wrong_is_told_by_the_service(account: Brevo, change_settings: Change):
    change_settings(brevo_api_key=SecretStr("another"))
    welcomed()
    later()
    assert (state(), account.asked) == (("waiting", "key_refused"), [])


@pytest.mark.parametrize("key", ["clé", "two\r\nlines"])
def test_a_key_that_no_header_holds_is_a_failure_and_no_error(account: Brevo, change_settings: Change, key: str):
    change_settings(brevo_api_key=SecretStr(key))
    welcomed()
    later()
    assert state() in {("waiting", "no_connection"), ("waiting", "key_refused")}


def test_a_service_that_is_away_is_asked_for_a_day_with_growing_pauses_and_then_given_up(
    account: Brevo, change_settings: Change
):
    change_settings(brevo_url=f"http://127.0.0.1:{free_port()}/v3")
    welcomed()
    pauses, before, failed = [], count("gave_up"), count("failed")
    for _ in adding.PAUSES:
        later()
        assert state() == ("waiting", "no_connection")
        pauses.append(contact().due_at - utcnow())
    assert pauses == sorted(pauses)
    assert timedelta(hours=20) < sum(pauses, timedelta()) <= timedelta(days=1)
    later()
    assert state() == ("gave_up", "no_connection")
    assert (count("gave_up"), count("failed")) == (before + 1, failed + len(adding.PAUSES))
    change_settings(brevo_url=account.url)
    later()
    assert (account.asked, state()) == ([], ("gave_up", "no_connection"))


def test_a_service_that_says_nothing_is_not_waited_for(account: Brevo):
    with pytest.raises(NotAdded) as refused:
        Client(account.url.replace("/v3", "/elsewhere"), "k", []).add(OWNER, new_id())
    assert refused.value.code == "refused"


def test_a_redirect_does_not_carry_the_address_elsewhere(account: Brevo):
    with pytest.raises(NotAdded):
        account.answers = [(307, None)]
        services.chosen().add(OWNER, new_id())
    assert account.contacts == {}


@pytest.mark.parametrize(
    ("change", "problem"),
    [({"disabled_at": utcnow()}, "person_gone"), ({"sub": None}, "person_gone")],
    ids=["disabled", "released"],
)
def test_nobody_is_passed_on_who_is_gone(account: Brevo, change: dict[str, Any], problem: str):
    user = welcomed()
    db.session.execute(sa.update(User).where(User.id == user.id).values(**change))
    later()
    assert (state(), account.asked) == (("dropped", problem), [])


def test_nobody_is_passed_on_once_the_service_is_switched_off(account: Brevo, change_settings: Change):
    welcomed()
    change_settings(marketing="")
    later()
    assert (state(), account.asked) == (("dropped", "no_service"), [])


def test_an_account_that_is_deleted_leaves_nothing_to_do(account: Brevo):
    user = make_user("leaving")
    service.welcome(user)
    db.session.commit()
    db.session.delete(user)
    db.session.commit()
    later()
    assert account.asked == []


def test_somebody_who_declines_while_the_service_is_away_is_left_alone(account: Brevo):
    account.answers = [TOO_MANY]
    user = welcomed()
    later()
    service.choose(user, wanted=False, actor=Actor.user(user))
    db.session.commit()
    later()
    assert (state(), len(account.asked)) == (("declined", ""), 1)


def test_the_person_sees_nothing_of_a_failure(account: Brevo, client_as: Callable[[str], Browser]):
    account.answers = [UNAUTHORIZED] * 20
    welcomed()
    for _ in range(len(adding.PAUSES) + 1):
        later()
    assert state() == ("gave_up", "key_refused")
    page = client_as("owner").get("/account/").text
    assert 'id="news"' in page and "refused" not in page


@pytest.mark.parametrize("which", ContactState)
def test_the_account_page_is_drawn_in_each_state(
    account: Brevo, client_as: Callable[[str], Browser], which: ContactState
):
    welcomed()
    db.session.execute(sa.update(MarketingContact).values(state=which))
    page = client_as("owner").get("/account/")
    assert page.status_code == 200 and "Brevo" in page.text
    has_the_address = which in {ContactState.ADDED, ContactState.KNOWN}
    assert ("has your e-mail address" in page.text) is has_the_address
    assert ('name="wanted"' in page.text.split('id="news"')[1].split("</section>")[0]) is not has_the_address


def test_a_service_without_its_key_is_refused_at_the_start():
    with pytest.raises(ValidationError) as refused:
        Settings(environment="testing", marketing="brevo")
    assert "FRONTDESK_BREVO_API_KEY should be set" in str(refused.value)
    assert Settings(environment="testing", marketing="brevo", brevo_api_key="k", brevo_lists="7, 36").brevo_lists == [
        7,
        36,
    ]
