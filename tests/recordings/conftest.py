"""A room that is live, with an owner, and recordings of it."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.plugins.bucket import TestBucket
from tests.support.films import FILM
from tests.support.livekit import LiveKit
from tests.support.nginx import running, written
from webapp.core.db import db, new_id, utcnow
from webapp.core.settings import settings
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.retention import expires_at
from webapp.recordings.states import State
from webapp.rooms.models import Room


@pytest.fixture
def live(room: Room, livekit: LiveKit) -> Iterator[LiveKit]:
    """LiveKit with somebody inside the room."""
    livekit.join(str(room.id), "web")
    return livekit


@pytest.fixture
def make_recording(room: Room) -> Callable[..., Recording]:
    """Makes a recording; a saved one with its file."""

    def _make(state: State = State.SAVED, *, days: int | None = None, age: int = 0) -> Recording:
        key = new_id()
        stored_at = utcnow() - timedelta(days=age) if state is State.SAVED else None
        recording = Recording(
            id=key,
            room_id=room.id,
            mode=Mode.VIDEO,
            state=state,
            key=f"recordings/{key}.mp4",
            stored_at=stored_at,
            retention_days=days,
            expires_at=expires_at(stored_at, days),
            egress_id=f"EG_{key.hex[-8:]}",
        )
        if state is State.SAVED:
            path = settings.recordings_dir / recording.key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(FILM)
            recording.size, recording.duration_ms = len(FILM), 61_000
        db.session.add(recording)
        db.session.commit()
        return recording

    return _make


@pytest.fixture
def proxy(nginx: str, served: str, in_bucket: TestBucket, tmp_path: Path) -> Iterator[str]:
    """nginx as we ship it, in front of Frontdesk and of the bucket."""
    site = written(tmp_path, [served.removeprefix("http://")], in_bucket.s3.url.removeprefix("http://"), secure=False)
    with running(nginx, site):
        yield f"http://127.0.0.1:{site.secure}"
