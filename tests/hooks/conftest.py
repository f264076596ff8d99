"""A room, and hooks about it."""

import json
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.support.livekit import LiveKit
from tests.support.personas import Browser
from webapp.core.db import utcnow


@pytest.fixture
def send(client: Browser, livekit: LiveKit) -> Callable[..., TestResponse]:
    """Sends an event as LiveKit would."""

    def _send(event: str, name: str = "", **fields: Any) -> TestResponse:
        told: dict[str, Any] = {"event": event, "id": f"EV_{uuid.uuid4().hex[:12]}"}
        told["createdAt"] = str(int(utcnow().timestamp()))
        if name:
            told["room"] = {"sid": "RM_x", "name": name, "turnPassword": "secret"}
        raw = json.dumps({**told, **fields}).encode()
        answer = client.post("/hooks/livekit", data=raw, headers=livekit.signed(raw))
        answer.get_data()
        answer.close()  # the server's end of the answer: the work begins
        return answer

    return _send
