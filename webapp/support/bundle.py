"""What a ticket about one room needs, as JSON: ids, states and times; no name, link, number, PIN or address."""

from typing import Any

from webapp.core.db import utcnow
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room
from webapp.rules.problems import Problem
from webapp.support import answers, truth
from webapp.support.comparison import Line
from webapp.support.sides import Event, Kept, LiveSide

OF_ROOM = (
    *("id", "created_at", "last_used_at", "deleted_at", "phone_enabled", "hide_phone_number", "trunk_id"),
    *("sip_dispatch_rule_id", "rule_changed_at", "reconcile_at", "live_since", "live_sid", "web_count", "phone_count"),
    *("last_event_at", "old_sip_dispatch_rule_id", "old_pin_until"),
)


def bundle(room: Room, live: LiveSide, lines: list[Line], kept: list[Kept], events: list[Event]) -> dict[str, Any]:
    """The bundle; times are ISO 8601 in UTC."""
    return {
        "made_at": utcnow().isoformat(),
        "room": {
            **{name: _plain(getattr(room, name)) for name in OF_ROOM},
            "access_level": room.access_level.value,
            "has_pin": room.pin is not None,
            "rule_problem": _of_problem(Problem.parse(room.rule_problem)),
        },
        "livekit": {
            "problem": live.problem,
            "room_sid": live.room.sid if live.room else "",
            "egresses": [{"egress_id": each.egress_id, "status": each.status} for each in live.egresses],
        },
        "lines": [
            {"key": line.key, "ours": line.ours, "livekit": line.theirs, "differs": line.differs} for line in lines
        ],
        "recordings": [_recording(each, livekit_answered=not live.problem) for each in kept],
        "events": [_event(event) for event in events],
    }


def _of_problem(problem: Problem) -> list[str]:
    """Its code and the first id: what comes after may be a foreign rule's name."""
    return [problem.code, problem.first] if problem.first else [problem.code]


def _recording(kept: Kept, *, livekit_answered: bool) -> dict[str, Any]:
    row, stored = kept.row, kept.stored
    return {
        "id": str(row.id),
        "state": row.state.value,
        "problem": row.problem,
        "reason": row.reason,
        "egress_id": row.egress_id,
        "livekit": kept.egress.status if kept.egress else None,
        "size": row.size,
        "stored_size": stored.size if isinstance(stored, Stored) else stored,
        "agrees": kept.agrees,
        "truth": truth.of(kept, livekit_answered=livekit_answered).value,
        "proxy": {answer.who: [answer.status, answer.why] for answer in answers.of(row)},
    }


def _event(event: Event) -> dict[str, Any]:
    told = {"at": event.at.isoformat(), "what": event.what, "by": event.by}
    return {**told, "result": event.result, "lag_ms": event.lag_ms} if event.result else told


def _plain(value: object) -> object:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value if isinstance(value, (bool, int, str)) or value is None else str(value)
