"""What LiveKit's egress hooks do to recordings."""

from collections.abc import Mapping
from typing import Any

from webapp.core.db import db
from webapp.livekit import egress
from webapp.recordings import follow, service
from webapp.recordings.states import ReportedBy
from webapp.rooms.models import Room


def egress_changed(event: Mapping[str, Any], _room: Room | None, _outdated: bool) -> None:
    """Move the recording to where the egress is; an egress that is not one of ours is left alone."""
    found = egress.from_hook(event.get("egressInfo", {}))
    recording = follow.recording_of(found)
    if recording is not None:
        follow.take(recording, found, ReportedBy.WEBHOOK)
        if follow.to_be_stopped(recording, found):
            service.let_stop(recording)
            db.session.commit()
