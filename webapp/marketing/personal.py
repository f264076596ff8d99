"""What marketing keeps about people: whether their address was passed on."""

from collections.abc import Iterator

from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.audit import Actor
from webapp.marketing import queries, service


def _contact(user: User) -> Iterator[Record]:
    contact = queries.of(user)
    if contact is not None:
        yield fields(contact, "state", "created_at", "due_at", "ended_at")


def _forget(user: User, _actor: Actor) -> None:
    service.forget(user)


NEWS = PersonalData({"news": _contact}, _forget)
