"""What we believe of LiveKit's webhooks: who signs them, what is in them, in which order they come.

A real server must be configured to send its webhooks to WEBHOOK_PORT of this machine; the simulator is told to.
"""

import base64
import hashlib
import json
import os
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from tests.contract.server import Server

pytestmark = pytest.mark.contract
SECONDS = 10


@dataclass
class Hooks:
    """The webhooks that came: headers and raw bodies, of one room at a time."""

    came: "queue.Queue[tuple[dict[str, str], bytes]]" = field(default_factory=queue.Queue)

    def of_room(self, name: str) -> tuple[dict[str, str], bytes, dict[str, Any]]:
        """The next webhook that tells of this room; a shared server tells of others too."""
        while True:
            headers, body = self.came.get(timeout=SECONDS)
            told = json.loads(body)
            if told.get("room", {}).get("name") == name:
                return headers, body, told


@pytest.fixture
def hooks(server: Server, request: pytest.FixtureRequest) -> Iterator[Hooks]:
    """A receiver on WEBHOOK_PORT, or on a free port that the simulator is told."""
    real = bool(os.environ.get("LIVEKIT_URL"))
    if real and not os.environ.get("WEBHOOK_PORT"):
        pytest.skip("WEBHOOK_PORT says where the server sends its webhooks")
    received = Hooks()
    listener = ThreadingHTTPServer(("", int(os.environ.get("WEBHOOK_PORT") or 0)), _receiver(received))
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    if not real:
        request.getfixturevalue("livekit").hooks_to(f"http://127.0.0.1:{listener.server_port}/hooks")
    yield received
    if not real:
        request.getfixturevalue("livekit").settle()
    listener.shutdown()
    thread.join()
    listener.server_close()


def _receiver(received: Hooks) -> type[BaseHTTPRequestHandler]:
    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            received.came.put((dict(self.headers), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    return Receiver


def test_a_webhook_is_signed_over_its_raw_body_by_a_bare_token(server, hooks, make_room):
    headers, body, _ = hooks.of_room(make_room()["name"])
    assert headers["Content-Type"] == "application/webhook+json"
    key = OctKey.import_key(server.api_secret)
    claims = jwt.decode(headers["Authorization"], key, algorithms=["HS256"]).claims
    assert claims["iss"] == server.api_key
    assert claims["sha256"] == base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert claims["exp"] - claims["nbf"] == 300


def test_a_room_starts_and_finishes_in_this_order_with_ids_of_their_own(server, hooks, make_room):
    room = make_room()
    server.rooms("DeleteRoom", {"room": room["name"]})
    told = [hooks.of_room(room["name"])[2] for _ in range(2)]
    assert [each["event"] for each in told] == ["room_started", "room_finished"]
    assert {each["room"]["sid"] for each in told} == {room["sid"]}
    assert told[0]["id"] != told[1]["id"] and all(each["id"].startswith("EV_") for each in told)


def test_a_webhooks_body_is_camel_case_without_zero_values(hooks, make_room):
    _, _, told = hooks.of_room(make_room(empty_timeout=60)["name"])
    assert told["room"]["emptyTimeout"] == 60 and told["createdAt"].isdecimal()
    assert "numParticipants" not in told["room"] and "metadata" not in told["room"]
