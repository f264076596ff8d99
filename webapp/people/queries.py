"""What is read of people beside their own account: who is staff, who is disabled and, where it is switched on, all."""

import enum
import uuid
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.accounts.models import Staff, User
from webapp.core import paging
from webapp.core.db import db


class PeopleShow(enum.Enum):
    """Who is listed; everybody only where the installation has switched that on."""

    STAFF = "staff"
    DISABLED = "disabled"
    EVERYONE = "everyone"


@dataclass(frozen=True)
class PeopleFilters(paging.Filters):
    """What the reader of the list asked for."""

    show: PeopleShow = paging.asked("show", paging.one_of(PeopleShow), PeopleShow.STAFF)


def _place(text: str) -> tuple[Any, ...]:
    """The cursor is the row's key alone: an address belongs in no link."""
    key = uuid.UUID(text)
    return sa.select(User.email).where(User.id == key).scalar_subquery(), key


ORDER = paging.Order((User.email, User.id), lambda user: user.id.hex, _place, descending=False)


def page(show: PeopleShow, at: paging.Place) -> paging.Page[User]:
    """One page of people, by their address."""
    return paging.turn(lambda people: db.session.scalars(people).all(), select(show), ORDER, at)


def select(show: PeopleShow) -> sa.Select[User]:
    """The people asked for, in no order; nobody who was forgotten."""
    people = sa.select(User).where(User.forgotten_at.is_(None))
    if show is PeopleShow.STAFF:
        people = people.where(User.staff != Staff.NONE)
    if show is PeopleShow.DISABLED:
        people = people.where(User.disabled_at.is_not(None))
    return people
