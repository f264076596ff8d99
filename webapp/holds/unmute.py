"""Whether LiveKit would give a muted caller the floor back (`room.enable_remote_unmute`): asked, learnt, kept.

Without it a mute is for good, so nobody is muted before it is known.

LiveKit looks at this setting only for a participant who is there, and where it allows it, it passes the question on to
them: a browser complains in its log of a track that it does not have. So callers alone are asked, who have no log that
anybody watches: the one who is just being held, and now and then one who is inside. To ask a participant of our own
would take a connection like a browser's, a room that all webhooks tell of, and that for a setting that matters only
once somebody phones in.
"""

from datetime import datetime, timedelta

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from webapp.core.db import db, utcnow
from webapp.holds.models import Probe
from webapp.livekit import phones, rooms
from webapp.livekit.errors import LiveKitError
from webapp.rooms.models import AccessLevel, Room

log = structlog.get_logger()
NAME = "remote_unmute"
STALE = timedelta(hours=1)  # a setting of the server: it changes with a restart
REFUSED_STALE = timedelta(seconds=30)  # who has just set it wants to see that it works
ASKED = 3  # callers in a room: where a crash left it behind, LiveKit takes three seconds to know nothing of each


def known() -> Probe | None:
    """What was learnt last; None when nobody was inside yet to ask of."""
    return db.session.get(Probe, NAME, populate_existing=True)


def is_fresh(works: bool, learnt_at: datetime) -> bool:
    """What was learnt then need not be asked again yet."""
    return learnt_at > utcnow() - (STALE if works else REFUSED_STALE)


def ask(room: str, identity: str) -> bool:
    """Ask LiveKit of a caller who is there, which changes nothing for them, and keep the answer. Commits."""
    works = phones.may_unmute(room, identity)
    learn(works)
    return works


def learn(works: bool) -> None:
    """Keep what LiveKit did or refused. Commits."""
    values = {"works": works, "learnt_at": utcnow()}
    if not db.changed(sa.update(Probe).where(Probe.name == NAME).values(**values)):
        try:
            with db.collision_safe():
                db.session.execute(sa.insert(Probe).values(name=NAME, **values))
        except IntegrityError:  # another process learnt it first
            pass
    db.session.commit()


def refresh() -> None:
    """Ask again when the answer is old, of a few callers in rooms where they wait, until one is there. Commits."""
    found = known()
    live = sa.select(Room.id).where(Room.phone_count > 0, Room.access_level != AccessLevel.PUBLIC)
    fresh = found is not None and is_fresh(found.works, found.learnt_at)
    asked = [] if fresh else db.session.scalars(live.limit(3)).all()
    db.session.commit()
    for room_id in asked:
        callers = [one for one in rooms.list_participants(str(room_id)) if one.is_phone]
        for one in callers[:ASKED]:
            try:
                ask(str(room_id), one.identity)
            except LiveKitError as error:  # gone meanwhile: the next one tells
                log.info("remote_unmute.not_told", room=str(room_id), code=error.code)
                continue
            return
