"""The sweep of recordings looks at each, whatever becomes of another, and says when it could not."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from tests.support.livekit import LiveKit
from webapp.core.db import db, utcnow
from webapp.recordings import follow, storage
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State
from webapp.recordings.storage import Folder
from webapp.recordings.stored import Stored
from webapp.rooms.models import Room


class Shaky(Folder):
    """A store that is away for some keys."""

    def __init__(self) -> None:
        super().__init__(storage.Path())
        self.away: set[str] | None = set()  # None: for all
        self.asked: list[str] = []

    def find(self, key: str) -> Stored | None:
        """Nothing is there, if the store is."""
        self.asked.append(key)
        if self.away is None or key in self.away:
            raise OSError("the store does not answer")
        return None


@pytest.fixture
def shaky(app: Flask) -> Iterator[Shaky]:
    """The app's storage for the test."""
    before, store = app.extensions[storage.EXTENSION], Shaky()
    app.extensions[storage.EXTENSION] = store
    yield store
    app.extensions[storage.EXTENSION] = before


def stopping(count: int) -> list[Recording]:
    """Recordings that LiveKit has forgotten, so that the store is asked, in this order."""
    return [_stopping(turn) for turn in range(count)]


def _stopping(turn: int) -> Recording:
    room = Room(name=f"Room {turn}", slug=f"room-{turn}", phone_enabled=False)
    db.session.add(room)
    db.session.flush()
    recording = Recording(room_id=room.id, mode=Mode.VIDEO, state=State.STOPPING, key=f"{turn}.mp4")
    recording.egress_id, recording.looked_at = f"EG_{turn}", utcnow() - timedelta(hours=1) + timedelta(seconds=turn)
    db.session.add(recording)
    db.session.commit()
    return recording


def test_a_storage_that_is_away_for_one_recording_keeps_no_other_from_its_turn(livekit: LiveKit, shaky: Shaky):
    made = stopping(3)
    shaky.away = {made[0].key}
    with pytest.raises(follow.IncompleteError):
        follow.sweep()
    assert shaky.asked == [recording.key for recording in made]
    shaky.away = set()
    assert follow.sweep() == 1, "the others are over"


def test_a_storage_that_is_away_for_all_ends_the_sweep_after_some_failures_in_a_row(livekit: LiveKit, shaky: Shaky):
    made = stopping(follow.GIVE_UP + 3)
    shaky.away = None
    with pytest.raises(follow.IncompleteError):
        follow.sweep()
    assert len(shaky.asked) == follow.GIVE_UP
    shaky.away = {recording.key for recording in made[::2]}
    shaky.asked.clear()
    with pytest.raises(follow.IncompleteError):
        follow.sweep()
    assert len(shaky.asked) == len(made), "one that answers in between lets it go on"
    assert shaky.asked[:3] == [recording.key for recording in made[-3:]], "who had no turn comes first"
