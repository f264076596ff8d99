"""What a room's page says of callers who would have to wait: whether they do, and how long they can be heard before."""

from dataclasses import dataclass
from statistics import median

import sqlalchemy as sa

from webapp.calls.models import Call
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.holds import unmute
from webapp.holds.models import Probe
from webapp.rooms.models import AccessLevel, Room

MEASURED = 50  # held calls, the last of the installation


@dataclass(frozen=True)
class Waiting:
    """How callers of a room wait."""

    works: bool | None  # None: LiveKit was not asked yet
    turned_away: bool  # where they cannot wait; otherwise they come in
    typical_ms: int | None  # from LiveKit's hook to its word that the caller is muted; None: none was measured


def of(room: Room) -> Waiting | None:
    """How callers of the room wait; None where everybody may come in, or phones may not."""
    if room.access_level is AccessLevel.PUBLIC or not room.phone_enabled:
        return None
    newest = sa.select(Call.hold_ms).where(Call.hold_ms.is_not(None)).order_by(Call.id.desc()).limit(MEASURED)
    probed = sa.select(sa.cast(sa.null(), sa.Integer), Probe.works).where(Probe.name == unmute.NAME)
    ms = newest.subquery()
    rows = db.session.execute(
        sa.union_all(sa.select(ms.c.hold_ms, sa.cast(sa.null(), sa.Boolean)), probed)
    ).all()  # one question for both
    took = [each for each, _works in rows if each is not None]
    works = next((bool(told) for _ms, told in rows if told is not None), None)
    typical = max(1, round(median(took))) if took else None
    return Waiting(works, settings.callers_without_hold == "turn_away", typical)
