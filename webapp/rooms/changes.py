"""What others did since a page was drawn: told to whoever comes second, who has overwritten nothing."""

import uuid
from datetime import datetime

from webapp.accounts import queries as account_queries
from webapp.audit import queries as audit_queries
from webapp.audit.sentences import Deed

MOST = 5  # deeds; the whole trail has a page of its own


def newest(room_id: uuid.UUID, actions: tuple[str, ...], count: int, target_id: object = "") -> list[Deed]:
    """The newest deeds of these kinds in a room, or to one thing of the room, newest first."""
    return account_queries.deeds(audit_queries.newest_of_room(room_id, min(count, MOST), actions, target_id))


def first_since(room_id: uuid.UUID, moment: datetime, kind: str) -> list[Deed]:
    """The deed of a kind (such as access) that was done at a moment which a row keeps; none when it is not recorded."""
    return account_queries.deeds(audit_queries.first_of_room(room_id, kind, moment))
