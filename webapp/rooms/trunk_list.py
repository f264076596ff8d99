"""LiveKit's list of trunks is asked for once more before a room is put on one, when the last list is old."""

from datetime import timedelta

import sqlalchemy as sa
import structlog

from webapp.core.db import db, utcnow
from webapp.livekit import sip
from webapp.livekit.errors import LiveKitError
from webapp.rooms import trunk_rows
from webapp.rooms.models import TAKES_ROOMS, TrunkRow

log = structlog.get_logger()

OLD = timedelta(seconds=10)  # the sweep lists the trunks once a minute
PATIENCE = 1.0  # seconds: a room is made whether LiveKit answers or not


def refresh(old: timedelta = OLD) -> None:
    """Mark the trunks that LiveKit has deleted since it was last asked; what is known stays while it does not answer.

    Where no trunk is open, or the list is not `old`, nobody is asked. Commits; before anything is changed, as LiveKit
    is not asked inside a transaction.
    """
    there = sa.select(sa.func.min(TrunkRow.seen_at)).where(TAKES_ROOMS)
    seen_at = db.session.scalar(there)
    db.session.commit()
    if seen_at is None or seen_at > utcnow() - old:
        return
    try:
        listed = sip.list_trunks(PATIENCE)
    except LiveKitError as error:
        log.info("trunks.not_listed", code=error.code)
        return
    trunk_rows.see(listed)
