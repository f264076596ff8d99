"""What LiveKit's hooks do to the lobby."""

from collections.abc import Mapping
from typing import Any

from webapp.lobby import service
from webapp.rooms.models import Room


def room_finished(_event: Mapping[str, Any], room: Room | None, outdated: bool) -> None:
    """The meeting is over: its queue is cleared, unless a newer meeting has begun meanwhile."""
    if room is not None and not outdated:
        service.clear(room)
