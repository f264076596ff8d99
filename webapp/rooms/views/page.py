"""The page of one room: what all its sections need, read for the whole page alone."""

from datetime import timedelta
from typing import Any

from flask_login import current_user
from werkzeug.wrappers import Response

from webapp.access import queries as access_queries
from webapp.access import telling
from webapp.accounts import queries as account_queries
from webapp.audit import queries as audit_queries
from webapp.audit.models import AuditEntry
from webapp.core import htmx
from webapp.core.db import utcnow
from webapp.holds import waiting
from webapp.invitations import panel
from webapp.lobby import policy as lobby_policy
from webapp.lobby import queues
from webapp.recordings import queries as recording_queries
from webapp.rooms import phone, policy, queries
from webapp.rooms.forms import PhoneForm, RevealPinForm, RotatePinForm
from webapp.rooms.models import Room
from webapp.rules import problems
from webapp.rules.problems import Problem

PAGE = "rooms/show.html"
PEOPLE = 10  # people on the page; the whole list has a page of its own
TOLD = timedelta(days=30)  # how long the page tells that the number changed
TRAIL = 8  # deeds on the page; the whole trail has a page of its own


def respond(room: Room, fragment: str, status: int = 200, **context: Any) -> Response:
    """Answer a swap with one section, or with the page where it asks for that, and anything else with the page."""
    sections = {"room": room, "role": room.role_of(current_user), **phone_section(room)}
    if not htmx.is_swap() or fragment == PAGE:
        sections |= {"told": telling.listeners(room, current_user)}
        sections |= {"invitation": None, "running": recording_queries.running(room)}
        sections |= queue_section(room) | access_section(room) | activity_section(room) | panel.invited(room)
    return htmx.respond(PAGE, fragment, status, **(sections | context))


def queue_section(room: Room) -> dict[str, Any]:
    """Who waits, for those who decide. Who is inside and what is recorded come by fragments of their own: no page
    of ours waits for LiveKit."""
    if not lobby_policy.queue(current_user, room):
        return {"queue": None}
    if not room.queue_version:
        return {"queue": queues.of_nobody(room)}
    return {"queue": queues.of_room(room, number=queues.version_of_room(room))}


def phone_section(room: Room) -> dict[str, Any]:
    """What the phone block needs."""
    times = queries.pin_times(room)
    return {
        "phone": phone.describe(room, queries.trunk_of(room)),
        "rule_problem": problems.sentence(Problem.parse(room.rule_problem)),
        "pin_version": times.version,
        "blocked": times.blocked_until,
        "moved": _moved(room),
        "waiting": waiting.of(room),
        "revealed": "",
        "invitation_text": "",
        "rotate_form": RotatePinForm(formdata=None),
        "reveal_form": RevealPinForm(formdata=None),
        "phone_form": PhoneForm(formdata=None, obj=room),
        "unseen": None,
        "needs_reason": policy.reveal_pin_needs_reason(current_user, room),
        "problem": "",
    }


def _moved(room: Room) -> AuditEntry | None:
    """The last move to another trunk, as long as people may still have the old number."""
    entry = audit_queries.last_of_room(room.id, "room.move_trunk") if room.trunk_id else None
    return entry if entry is not None and entry.at > utcnow() - TOLD else None


def access_section(room: Room) -> dict[str, Any]:
    """The first people of the access list; nothing of it is read for those who may not see it."""
    if not policy.view_access(current_user, room):
        return {"people": None, "people_count": 0}
    people = access_queries.people(room, PEOPLE + 1)
    count = len(people) if len(people) <= PEOPLE else access_queries.count(room)
    return {"people": people[:PEOPLE], "people_count": count}


def activity_section(room: Room) -> dict[str, Any]:
    """The newest deeds, for those who may see them."""
    if not policy.view_activity(current_user, room):
        return {"deeds": None}
    entries = audit_queries.newest_of_room(room.id, TRAIL)
    return {"deeds": account_queries.deeds(entries)}
