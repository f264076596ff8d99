"""What a room's page shows of invitations: the form that sends them, and who was invited."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_login import current_user

from webapp.audit import queries as audit_queries
from webapp.core import paging
from webapp.core.db import utcnow
from webapp.core.settings import settings
from webapp.invitations import policy, queries, service
from webapp.invitations.forms import SendForm
from webapp.invitations.models import Invitee
from webapp.mails import service as mails
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Room

LISTED = 10  # on the room's page; the whole list has a page of its own


@dataclass(frozen=True)
class NewPin:
    """Who has another PIN in the mail than the room has now; nobody is chosen beforehand where a PIN leaked."""

    invitees: Sequence[Invitee]
    leaked: bool


def form(room: Room, **preset: Any) -> SendForm:
    """The form as it is when nobody has typed yet."""
    return SendForm(formdata=None, roles=policy.roles(current_user, room), **preset)


def sending(room: Room, filled: SendForm) -> dict[str, Any]:
    """What the form's half of the panel needs."""
    return {
        "send_form": filled,
        "sent_today": settings.invitations_per_day - service.left_today(room, current_user),
        "per_day": settings.invitations_per_day,
        "can_mail": settings.smtp is not None,
    }


def invited(room: Room, at: paging.Place | None = None, *, withdrawn: bool = False) -> dict[str, Any]:
    """What the list of invited people needs; nothing of it is read for those who may not see it."""
    if not policy.index(current_user, room):
        return {"invited": None}
    page = queries.page(room, at or paging.Place(size=LISTED), withdrawn=withdrawn)
    now = utcnow()
    lost = frozenset(line.mail.id for line in page.rows if line.mail is not None and mails.unconfirmed(line.mail, now))
    return {
        "invited": page,
        "invited_count": queries.count(room) if page.rows or withdrawn else 0,
        "withdrawn": withdrawn,
        "lost": lost,
        "moving": any(line.mail is not None and mails.moves(line.mail, now) for line in page.rows),
        "new_pin": None if withdrawn or not page.rows else new_pin(room),
    }


def new_pin(room: Room) -> NewPin | None:
    """Who would have to be told of the PIN; None: nobody, or there is none to tell."""
    if room.pin is None or not room.phone_enabled or settings.smtp is None:
        return None
    invitees = queries.with_another_pin(room, room_queries.pin_times(room).version)
    if not invitees:
        return None
    entry = audit_queries.last_of_room(room.id, "room.rotate_pin")
    return NewPin(invitees, entry is not None and entry.details.get("overlap") == 0)
