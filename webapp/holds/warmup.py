"""What silences a process' first caller is made ready before one comes: that one would be heard ten times as long."""

from sqlalchemy.exc import SQLAlchemyError

from webapp.core.db import new_id
from webapp.holds import status
from webapp.livekit import rooms
from webapp.livekit.errors import LiveKitError

NOBODY = "nobody"


def warm_up() -> None:
    """Ask the database and LiveKit, of nobody, what a caller makes us ask: connections open, statements are compiled.

    What is away is asked when a caller comes.
    """
    room_id = new_id()
    try:
        status.of_calls(room_id, [NOBODY])
        status.of_sid(room_id, NOBODY)
        rooms.get_participant(str(room_id), NOBODY)
    except (SQLAlchemyError, LiveKitError):
        return
