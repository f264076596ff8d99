"""A first sign-in plans a contact where the installation uses a marketing service; a later one never does."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from tests.support.personas import make_user
from tests.support.sign_in import Person
from webapp.core.db import db
from webapp.core.due import DueWork
from webapp.marketing.models import MarketingContact


@pytest.fixture
def marketing(configure: Callable[..., None]) -> None:
    configure(marketing="brevo", brevo_api_key=SecretStr("nothing is sent before its time"))


def planned() -> list[str]:
    db.session.rollback()
    people = [str(key) for key in db.session.scalars(sa.select(MarketingContact.user_id))]
    work = db.session.scalars(sa.select(DueWork.payload).where(DueWork.kind == "marketing.add"))
    assert [each["user_id"] for each in work] == people
    return people


def test_a_first_sign_in_plans_one_and_a_second_none(marketing: None, person: Person):
    for _ in range(2):
        assert person.sign_in().status_code == 303
    assert len(planned()) == 1


def test_the_first_sign_in_of_somebody_who_was_invited_plans_one(marketing: None, person: Person):
    invited = make_user("mirela", pending=True)
    assert person.sign_in("member").status_code == 303
    assert planned() == [str(invited.id)]


def test_who_signed_in_before_there_was_a_service_is_not_planned(person: Person, configure: Callable[..., None]):
    assert person.sign_in().status_code == 303
    configure(marketing="brevo", brevo_api_key=SecretStr("k"))
    assert person.sign_in().status_code == 303
    assert planned() == []


def test_without_a_service_nothing_is_planned(person: Person):
    assert person.sign_in().status_code == 303
    assert planned() == []


def test_who_is_refused_is_not_planned(marketing: None, person: Person):
    assert person.sign_in("unverified").status_code == 403
    assert planned() == []
