"""Which event calls what: the one list of everything that happens because LiveKit said so.

Reconciling comes last, once for all events that have come, because it asks LiveKit how things stand now.
"""

from collections.abc import Callable, Mapping
from typing import Any

from webapp.live import hooks as live_hooks
from webapp.lobby import hooks as lobby_hooks
from webapp.recordings import hooks as recording_hooks
from webapp.rooms.models import Room

# The redacted event, its room (None: one of the guard's), and whether something newer was applied already.
Handler = Callable[[Mapping[str, Any], Room | None, bool], None]

HANDLERS: dict[str, tuple[Handler, ...]] = {
    "room_started": (live_hooks.room_started,),
    "room_finished": (lobby_hooks.room_finished, live_hooks.room_finished),
    "participant_joined": (live_hooks.participant_joined,),
    "participant_left": (live_hooks.participant_left,),
    "participant_connection_aborted": (live_hooks.participant_left,),
    "track_published": (),
    "track_unpublished": (),
    "egress_started": (recording_hooks.egress_changed,),
    "egress_updated": (recording_hooks.egress_changed,),
    "egress_ended": (recording_hooks.egress_changed,),
}
