"""Which event calls what: the one list of everything that happens because LiveKit said so.

Reconciling comes last, once for all events that have come, because it asks LiveKit how things stand now.
"""

from collections.abc import Callable, Mapping
from typing import Any

from webapp.live import hooks as live
from webapp.lobby import hooks as lobby
from webapp.recordings import hooks as recordings
from webapp.rooms.models import Room

# The redacted event, its room (None: one of the guard's), and whether something newer was applied already.
Handler = Callable[[Mapping[str, Any], Room | None, bool], None]

HANDLERS: dict[str, tuple[Handler, ...]] = {
    "room_started": (live.room_started,),
    "room_finished": (lobby.room_finished, live.room_finished),
    "participant_joined": (live.participant_joined,),
    "participant_left": (live.participant_left,),
    "participant_connection_aborted": (live.participant_left,),
    "track_published": (),
    "track_unpublished": (),
    "egress_started": (recordings.egress_changed,),
    "egress_updated": (recordings.egress_changed,),
    "egress_ended": (recordings.egress_changed,),
}
