"""One call step by step: what the book says of it, and what LiveKit told by its hooks, in the order of their coming."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext as _

from webapp.calls import words as call_words
from webapp.calls.models import Call, Hold
from webapp.core.db import db
from webapp.deliveries.models import Delivery

AROUND = timedelta(minutes=1)
LOOKED_AT = 400  # hooks of the room during the call
EVENTS = ("participant_joined", "participant_left", "track_published", "track_unpublished")


@dataclass(frozen=True)
class VisitStep:
    """Something that happened; `source` is the hook that told it, empty for what Frontdesk did."""

    at: datetime
    text: str
    source: str = ""


def tell(row: Any, trunk: str, *, names: bool) -> list[VisitStep]:
    """The steps in order; `trunk` is what to call it, `names` says whether the reader may see who decided."""
    call: Call = row.Call
    steps = [VisitStep(call.came_at, _came(row.room, trunk)), *_held(call, names=names), *_hooks(call)]
    if call.left_at is not None:
        steps.append(VisitStep(call.left_at, call_words.why(call, row.verdict)))
    return sorted(steps, key=lambda step: step.at)


def _came(room: str | None, trunk: str) -> str:
    if not room:
        return str(_("Called over %(trunk)s without a caller number", trunk=trunk or _("no trunk")))
    return str(_("Called over %(trunk)s into %(room)s", trunk=trunk or _("no trunk"), room=room))


def _held(call: Call, *, names: bool) -> list[VisitStep]:
    steps = []
    if call.held_at is not None:
        steps.append(VisitStep(call.held_at, _("On hold and muted")))
    if call.decided_at is not None and call.hold in {Hold.ADMITTED, Hold.DENIED}:
        who = call.decided_by.name if names and call.decided_by else _("A host")
        admitted = call.hold is Hold.ADMITTED
        said = _("%(who)s admitted the caller", who=who) if admitted else _("%(who)s denied the caller", who=who)
        steps.append(VisitStep(call.decided_at, said))
    return steps


def _hooks(call: Call) -> list[VisitStep]:
    """What LiveKit told of this call: by its id, and of its track by the participant's."""
    if call.room_id is None:
        return []
    during = sa.and_(Delivery.received_at > call.came_at - AROUND, Delivery.event.in_(EVENTS))
    found = sa.select(Delivery).where(Delivery.room_id == call.room_id, during)
    if call.left_at is not None:
        found = found.where(Delivery.received_at < call.left_at + AROUND)
    rows = db.session.scalars(found.order_by(Delivery.id).limit(LOOKED_AT))
    return [VisitStep(row.received_at, _told(row.event), row.event) for row in rows if _about(row.body, call)]


def _about(body: Any, call: Call) -> bool:
    participant = body.get("participant") or {}
    same_call = (participant.get("attributes") or {}).get("sip.callID") == call.sip_call_id
    return bool(same_call or (call.participant_sid and participant.get("sid") == call.participant_sid))


def _told(event: str) -> str:
    words = {
        "participant_joined": _("LiveKit reported that the caller joined"),
        "participant_left": _("LiveKit reported that the caller left"),
        "track_published": _("LiveKit reported the caller's audio"),
        "track_unpublished": _("LiveKit reported that the caller's audio ended"),
    }
    return str(words[event])
