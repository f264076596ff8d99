"""What cannot wait: a caller is held by the process that LiveKit's hook reached, before the hook is stored.

A caller is heard about a tenth of a second after LiveKit tells of one. So there is no queue, no lease and no store of
the delivery in between, and threads that do nothing else; the answer to LiveKit does not wait for them.
"""

import uuid
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from webapp.core import background
from webapp.core.db import db
from webapp.holds import hold, turns
from webapp.livekit import webhooks
from webapp.rules.wanted import as_room_id

Act = Callable[[], list[str]]


def begin(event: Mapping[str, Any], arrived: float) -> None:
    """Hold the caller whom the event tells of, if it is one and has to wait; `arrived` on the monotonic clock."""
    room_id = _room_id(event)
    act = _act(event, room_id, arrived) if room_id else None
    if room_id is None or act is None:
        return
    caller = turns.begin()
    try:
        background.run(partial(_do, act, room_id, caller), background.AT_ONCE)
    except RuntimeError:  # the process is ending: the look after the stored delivery does it
        turns.give_up(caller)


def _do(act: Act, room_id: uuid.UUID, caller: object) -> None:
    """Act; what failed is tried again as due work, with pauses that grow."""
    with turns.silencing(caller):
        failed = act()
    if failed:
        hold.try_again(room_id)
        db.session.commit()


def _room_id(event: Mapping[str, Any]) -> uuid.UUID | None:
    room = event.get("room")
    return as_room_id(str(room.get("name", ""))) if isinstance(room, Mapping) else None


def _act(event: Mapping[str, Any], room_id: uuid.UUID, arrived: float) -> Act | None:
    if event.get("event") == "participant_joined":
        phone = webhooks.phone_of(event)
        return partial(hold.agree, room_id, [phone], arrived) if phone else None
    if event.get("event") != "track_published":
        return None
    participant, track = event.get("participant"), event.get("track")
    if not isinstance(participant, Mapping) or not isinstance(track, Mapping):
        return None
    identity = str(participant.get("identity", ""))
    if not identity.startswith("sip_"):  # these events do not say who phoned in
        return None
    told = (str(participant.get("sid", "")), identity, str(track.get("sid", "")))
    return partial(hold.published, room_id, *told, arrived)
