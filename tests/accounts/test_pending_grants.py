"""What was granted to an address reaches whoever comes with it, also somebody who is known by another one."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from tests.support.factories import make_room
from tests.support.personas import make_user
from tests.support.sign_in import Person
from webapp.access import service as access
from webapp.accounts import service as accounts
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.rooms.models import Access, Role, Room

ADDRESS = "ottilie@frontdesk.example"  # what the provider says of the owner from now on


def known(person: Person) -> User:
    """The owner, who signed in before by another address."""
    person.sign_in("owner")
    user = db.session.scalars(sa.select(User).filter_by(sub="dev|owner")).one()
    user.email = "married@frontdesk.example"
    db.session.commit()
    return user


def grant(room: Room, email: str, role: Role) -> None:
    access.grant(room, actor=Actor.system(), email=email, role=role)
    db.session.commit()


def open_roles(room: Room) -> dict[str, Role]:
    rows = sa.select(User.email, Access.role).join(Access, Access.user_id == User.id)
    return dict(db.session.execute(rows.where(Access.room_id == room.id, Access.revoked_at.is_(None))).all())  # type: ignore[arg-type]


def test_a_grant_to_the_new_address_of_a_known_person_is_theirs_at_the_next_sign_in(person: Person):
    room, user = make_room(make_user("host")), known(person)
    grant(room, ADDRESS, Role.ADMINISTRATOR)
    assert person.sign_in("owner").status_code == 303
    db.session.expire_all()
    assert open_roles(room)[ADDRESS] is Role.ADMINISTRATOR
    assert db.session.scalars(sa.select(User.id).filter_by(email=ADDRESS)).all() == [user.id]
    entry = db.session.scalars(sa.select(AuditEntry).filter_by(action="access.take_over")).one()
    assert (entry.room_id, entry.details["person"], entry.details["role"]) == (room.id, str(user.id), "administrator")


@pytest.mark.parametrize(
    ("own", "granted", "held"),
    [(Role.MEMBER, Role.OWNER, Role.OWNER), (Role.OWNER, Role.MEMBER, Role.OWNER), (Role.MEMBER,) * 3],
)
def test_of_two_roles_in_one_room_the_higher_one_holds(person: Person, own: Role, granted: Role, held: Role):
    room, user = make_room(make_user("host")), known(person)
    grant(room, user.email, own)
    grant(room, ADDRESS, granted)
    person.sign_in("owner")
    db.session.expire_all()
    assert open_roles(room)[ADDRESS] is held
    assert db.session.scalar(sa.select(sa.func.count(Access.id)).filter_by(room_id=room.id, user_id=user.id)) == 2


def test_a_disabled_pending_account_gives_nothing_away(app: Flask, person: Person):
    room, user = make_room(make_user("host")), known(person)
    grant(room, ADDRESS, Role.MEMBER)
    pending = db.session.scalars(sa.select(User).filter_by(email=ADDRESS)).one()
    accounts.disable(pending, actor=Actor.system())
    db.session.commit()
    person.sign_in("owner")
    db.session.expire_all()
    assert user.email == "married@frontdesk.example"
    assert open_roles(room)[pending.email] is Role.MEMBER


def test_a_wrong_client_secret_is_named_in_the_log(
    person: Person, configure: Callable[..., None], capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
):
    configure(oidc_client_secret=SecretStr("of-another-client"))
    assert person.sign_in().status_code == 502
    assert "FRONTDESK_OIDC_CLIENT_SECRET" in capsys.readouterr().out + caplog.text
