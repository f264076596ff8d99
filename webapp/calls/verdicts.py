"""What became of a call, in one word: told by how it stands, how it ended, and how it stood to the lobby."""

import enum

import sqlalchemy as sa

from webapp.calls.models import Call, Hold, Outcome


class Verdict(enum.Enum):
    """What became of a call; LiveKit tells of none that it refused itself."""

    IN_ROOM = "in_room"  # heard the meeting, at once or when a host let it in
    HELD = "held"  # waits now
    DENIED = "denied"
    IN_VAIN = "in_vain"  # left, was replaced, or the meeting ended, while it waited
    TURNED_AWAY = "turned_away"
    NO_NUMBER = "no_number"
    UNHELD = "unheld"


VERDICT: sa.ColumnElement[str] = sa.case(
    (Call.outcome == Outcome.NO_CALLER_NUMBER, Verdict.NO_NUMBER.value),
    (Call.hold == Hold.DENIED, Verdict.DENIED.value),
    (Call.hold == Hold.TURNED_AWAY, Verdict.TURNED_AWAY.value),
    (Call.hold == Hold.UNHELD, Verdict.UNHELD.value),
    (sa.and_(Call.hold == Hold.HELD, Call.left_at.is_(None)), Verdict.HELD.value),
    (Call.hold == Hold.HELD, Verdict.IN_VAIN.value),
    else_=Verdict.IN_ROOM.value,
)
