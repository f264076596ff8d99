"""LiveKit at the app's side."""

import pytest
from flask import Flask

from tests.livekit import LiveKit
from tests.telephony.installation import Installation
from webapp.config import Settings


@pytest.fixture
def installation(app: Flask, livekit: LiveKit, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Installation:
    """The app asks the simulated LiveKit, which has one trunk."""
    monkeypatch.setattr(settings, "livekit_url", livekit.url)
    made = Installation(livekit, "")
    made.trunk_id = made.trunk()
    return made
