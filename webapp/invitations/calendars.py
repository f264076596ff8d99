"""One meeting as a calendar file that Outlook, Google and Apple take. Sources: RFC 5545, RFC 5546 (iTIP).

Times are in UTC, so that no zone's rules travel along.
"""

import enum
from dataclasses import dataclass
from datetime import datetime

from icalendar import Calendar, Event, vCalAddress, vText

from webapp.core.db import utcnow
from webapp.core.mail import CalendarFile
from webapp.core.mail_values import Mailbox
from webapp.core.settings import settings


class Method(enum.Enum):
    """What a calendar does with it (RFC 5546, 1.4)."""

    PUBLISH = "PUBLISH"  # somebody saved it
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True)
class Appointment:
    """The same meeting has the same `uid`, and a later word on it a higher `sequence`."""

    uid: str
    begins_at: datetime
    ends_at: datetime
    summary: str
    description: str
    url: str
    sequence: int = 0


def file(
    appointment: Appointment, method: Method, organizer: Mailbox, organizer_name: str, attendee: Mailbox | None = None
) -> CalendarFile:
    """The appointment as a file; it names one person at most."""
    calendar, event = Calendar(), Event()
    calendar.add("PRODID", f"-//{settings.brand}//Frontdesk//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", method.value)
    event.add("UID", appointment.uid)
    event.add("SEQUENCE", appointment.sequence)
    event.add("DTSTAMP", utcnow().replace(microsecond=0))
    event.add("DTSTART", appointment.begins_at)
    event.add("DTEND", appointment.ends_at)
    event.add("SUMMARY", appointment.summary)
    event.add("LOCATION", appointment.url)
    event.add("DESCRIPTION", appointment.description)
    event.add("URL", appointment.url)
    event.add("STATUS", "CANCELLED" if method is Method.CANCEL else "CONFIRMED")
    event.add("TRANSP", "OPAQUE")
    event.add("ORGANIZER", _person(organizer, organizer_name))
    if attendee is not None:
        invited = _person(attendee, "")
        invited.params.update({"ROLE": vText("REQ-PARTICIPANT"), "PARTSTAT": vText("NEEDS-ACTION")})
        invited.params["RSVP"] = vText("FALSE")  # nobody reads answers
        event.add("ATTENDEE", invited)
    calendar.add_component(event)
    return CalendarFile(method.value, calendar.to_ical())


def _person(mailbox: Mailbox, name: str) -> vCalAddress:
    person = vCalAddress(f"mailto:{mailbox.address}")
    if name:
        person.params["CN"] = vText(name.replace('"', "'"))
    return person
