"""A phone in its room: made to neither hear nor be heard, and let hear and speak again.

Never by `can_publish=false`: that takes the phone's track away for good. Unmuting needs `room.enable_remote_unmute` in
the server's configuration, else a muted phone stays so until it calls again.
"""

import re

from livekit.protocol.models import ParticipantPermission
from livekit.protocol.room import MuteRoomTrackRequest, UpdateParticipantRequest

from webapp.livekit.client import call
from webapp.livekit.errors import LiveKitError
from webapp.livekit.rooms import Participant, present

HELD = "frontdesk.held"  # the attribute of those whom we hold, so that nobody is let speak whom a host has muted
NO_TRACK = "TR_frontdesk_probe"  # nobody's: LiveKit says whether it would unmute, and unmutes nothing
NUMBERED = re.compile("Caller [0-9]+")
NOT_ALLOWED = "failed_precondition"


def deafen(room: str, identity: str) -> Participant | None:
    """Let the phone hear nothing, and mark it as held; None when it is not there."""
    return _update(room, identity, hears=False)


def undeafen(room: str, identity: str) -> Participant | None:
    """Let the phone hear the others, and take the mark away; None when it is not there."""
    return _update(room, identity, hears=True)


def numbered(number: int) -> str:
    """The name, in whatever language the others speak, of a caller whose phone number they shall not see."""
    return f"Caller {number}"


def is_numbered(name: str) -> bool:
    """The name is such a one, and tells nothing of the phone number."""
    return NUMBERED.fullmatch(name) is not None


def rename(room: str, identity: str, name: str) -> Participant | None:
    """Let the others see the phone under that name; rights and the mark stay. None when it is not there."""
    asked = UpdateParticipantRequest(room=room, identity=identity, name=name)
    return present(lambda livekit: livekit.room.update_participant(asked))


def mute(room: str, identity: str, track_sid: str) -> None:
    """Let nobody hear the phone; with many servers that is for good."""
    _mute(room, identity, track_sid, muted=True)


def unmute(room: str, identity: str, track_sid: str) -> bool:
    """Let the others hear the phone again; False when LiveKit is not configured to allow it."""
    try:
        _mute(room, identity, track_sid, muted=False)
    except LiveKitError as error:
        if error.code == NOT_ALLOWED:
            return False
        raise
    return True


def may_unmute(room: str, identity: str) -> bool:
    """Whether LiveKit would unmute, asked of somebody who is there without touching anything."""
    return unmute(room, identity, NO_TRACK)


def _mute(room: str, identity: str, track_sid: str, *, muted: bool) -> None:
    asked = MuteRoomTrackRequest(room=room, identity=identity, track_sid=track_sid, muted=muted)
    call(lambda livekit: livekit.room.mute_published_track(asked))


def _update(room: str, identity: str, *, hears: bool) -> Participant | None:
    rights = ParticipantPermission(
        can_subscribe=hears, can_publish=True, can_publish_data=True, can_update_metadata=True
    )
    mark = {HELD: "" if hears else "1"}  # an empty value deletes the attribute
    asked = UpdateParticipantRequest(room=room, identity=identity, permission=rights, attributes=mark)
    return present(lambda livekit: livekit.room.update_participant(asked))
