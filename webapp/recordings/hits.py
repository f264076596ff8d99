"""Recordings as the search finds them: by their room, or by LiveKit's id of the egress."""

from flask_babel import lazy_gettext as _l

from webapp.accounts.hits import Hit, SearchSource
from webapp.accounts.models import User
from webapp.recordings import queries
from webapp.recordings.models import Recording
from webapp.rooms.queries import named_like


def _find(words: str, user: User, limit: int) -> list[Hit]:
    known = queries.visible_to(user).where(Recording.deleting_at.is_(None))
    known = known.where(named_like(words) | (Recording.egress_id == words))
    recordings = queries.remembering(user, known.order_by(Recording.id.desc()).limit(limit))
    return [
        Hit("recordings.show", each.room.name, {"recording_id": each.id}, at=each.created_at) for each in recordings
    ]


RECORDING_HITS = SearchSource("recordings", _l("Recordings"), "recordings", _find)
