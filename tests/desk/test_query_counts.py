"""The first page and the lists of one person ask the database as often for much as for little."""

import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from tests.plugins.queries import Counted
from tests.support.doors import guest
from tests.support.factories import make_room
from tests.support.personas import Browser, browser, persona
from webapp.core.db import db, utcnow
from webapp.deliveries.models import Delivery, Result
from webapp.recordings.models import Recording
from webapp.recordings.modes import Mode
from webapp.recordings.states import State

As = Callable[[str], Browser]
MOST = {"/": 22, "/lobby/": 7, "/recordings/": 5, "/system/hooks/": 6, "/account/": 6}


def fill(app: Flask, number: int) -> None:
    """One more of everything that the pages list: a live room, who waits, a recording, a hook, a sign-in."""
    room = make_room("admin", name=f"Hearing {number}")
    room.live_since, room.web_count = utcnow(), 2
    db.session.commit()
    guest(app, room, f"Guest {number}")
    soon = {"stored_at": utcnow(), "expires_at": utcnow() + timedelta(days=2)}
    key = f"recordings/{uuid.uuid4()}"
    db.session.add(Recording(room_id=room.id, mode=Mode.VIDEO, state=State.SAVED, key=key, **soon))
    hook = {"event": "participant_left", "body": {}, "created_at": utcnow(), "room_id": room.id}
    db.session.add(Delivery(event_id=f"EV_{uuid.uuid4()}", result=Result.FAILED, **hook))
    db.session.commit()
    browser(app, persona("admin"))


@pytest.mark.parametrize("path", MOST)
def test_a_page_asks_as_often_for_seven_of_everything_as_for_one(
    app: Flask, client_as: As, count_queries: Counted, path: str
):
    admin, asked = client_as("admin"), []
    for numbers in (range(1), range(1, 7)):
        for number in numbers:
            fill(app, number)
        with count_queries() as sent:
            answer = admin.get(path)
        assert answer.status_code == 200
        asked.append(sent)
    few, many = asked
    assert len(few) == len(many) <= MOST[path], many
