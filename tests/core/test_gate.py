"""What is answered before Flask is told, counted and walled as any other answer; what is odd is left to Flask."""

import pytest
from flask import Flask

from tests.support.doors import guest
from tests.support.personas import SWAP
from webapp.core import request_log
from webapp.core.security import WALL
from webapp.rooms.models import Room


def test_an_answer_before_flask_has_its_id_its_wall_and_its_count(app: Flask, room: Room):
    waiting = guest(app, room)
    counted = request_log.REQUESTS.labels("lobby.wait", "GET", "2xx")
    before = counted._value.get()
    answer = waiting.get(f"/join/{room.slug}/wait", headers=SWAP)
    assert answer.status_code == 204 and counted._value.get() == before + 1
    assert set(WALL) <= set(answer.headers.keys()) and answer.headers["Cache-Control"] == "no-store"
    assert answer.headers[request_log.HEADER] and "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/join/{slug}/wait", {"Host": "elsewhere.example.org"}, 400),
        ("/join/{slug}/wait", {"Host": "a b"}, 400),
        ("/join/{slug}%00/wait", {}, 404),
        ("/rooms/{slug}/queue?v=1-1", {"Host": "elsewhere.example.org"}, 400),
        ("/rooms/{slug}%ED%A0%80/queue?v=1-1", {}, 204),  # htmx is sent to the sign-in
    ],
)
def test_what_flask_would_refuse_is_refused(app: Flask, room: Room, path: str, headers: dict[str, str], status: int):
    answer = guest(app, room).get(path.format(slug=room.slug), headers={**SWAP, **headers})
    assert answer.status_code == status and ("HX-Redirect" in answer.headers) is (status == 204)
