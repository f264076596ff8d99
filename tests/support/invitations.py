"""Invitations as tests send them and find them."""

from email.message import EmailMessage
from typing import Any

import sqlalchemy as sa
from icalendar import Calendar

from webapp.core.db import db
from webapp.invitations.models import Invitee
from webapp.rooms.models import Room

ANN, BOB = "ann@guests.example", "bob@guests.example"


def invitations_url(room: Room, way: str = "") -> str:
    """The address of the room's list, or of what stands below it."""
    return f"/rooms/{room.slug}/invitations/{way}"


def calendar_of(mail: EmailMessage) -> Any:
    """The event in the attached file, and its method; what stands among the alternatives is the same."""
    (attached,) = [each for each in mail.walk() if each.get_content_type() == "application/ics"]
    (inline,) = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    assert attached.get_payload(decode=True) == inline.get_payload(decode=True)
    assert attached.get_filename() == "invitation.ics"
    calendar = Calendar.from_ical(attached.get_content())
    assert inline.get_param("method") == calendar["METHOD"]
    (event,) = calendar.walk("VEVENT")
    return event, str(calendar["METHOD"])


def invited() -> list[Invitee]:
    """Everybody invited, as the database has them now."""
    db.session.rollback()
    rows = list(db.session.scalars(sa.select(Invitee).order_by(Invitee.id)))
    db.session.commit()
    return rows
