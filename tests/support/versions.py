"""What the pages' forms carry in their hidden field `seen`: the version of the thing as it is now."""

from collections.abc import Callable, Mapping
from typing import Any

from flask import Flask
from werkzeug.exceptions import HTTPException

from tests.support.livekit import LiveKit
from webapp.core.db import db
from webapp.core.settings import settings
from webapp.recordings.models import Recording
from webapp.rooms import queries, trunk_rows
from webapp.rooms.models import Room


def _room(slug: str, **_: Any) -> Room | None:
    return db.session.query(Room).filter_by(slug=slug).one_or_none()


def _of_room(**arguments: Any) -> object:
    room = _room(**arguments)
    return room.version if room else None


def _of_pin(**arguments: Any) -> object:
    room = _room(**arguments)
    return queries.pin_times(room).version if room else None


def _of_overlap(**arguments: Any) -> object:
    room = _room(**arguments)
    return room.overlap if room else None


def _of_recording(recording_id: Any) -> object:
    recording = db.session.get(Recording, recording_id)
    return recording.version if recording else None


def _of_trunk(trunk_id: str) -> object:
    key, secret = settings.livekit_api_key, settings.livekit_api_secret.get_secret_value()
    with LiveKit(settings.livekit_url, key, secret).opened() as livekit:
        trunk = next((each for each in livekit.trunks() if each["sip_trunk_id"] == trunk_id), None)
    return trunk_rows.version(trunk) if trunk else None


VERSIONS: Mapping[str, Callable[..., object]] = {
    "access.transfer": _of_room,
    "recordings.set_retention": _of_recording,
    "rooms.delete": _of_room,
    "rooms.rotate_pin": _of_pin,
    "rooms.set_phone": _of_room,
    "rooms.stop_old_pin": _of_overlap,
    "rooms.update": _of_room,
    "trunks.delete": _of_trunk,
    "trunks.update": _of_trunk,
}


def shown_now(app: Flask, path: str) -> str | None:
    """The version that a form for this address carries when its page is opened now; None where it carries none."""
    try:
        endpoint, arguments = app.url_map.bind("").match(path, "POST")
    except HTTPException:
        return None
    if endpoint not in VERSIONS:
        return None
    with app.app_context(), app.test_request_context():  # a session of its own, which reads: it waits for no writer
        version = VERSIONS[endpoint](**arguments)
    return None if version is None else str(version)
