"""A process is ready for its first caller before one comes."""

from pathlib import Path

from flask import Flask

from tests.support.installed import installed
from tests.support.livekit import LiveKit
from tests.support.waiting import until
from webapp.holds import warmup


def test_a_web_process_asks_livekit_of_nobody_once_it_has_begun(tmp_path: Path, livekit: LiveKit):
    told = {"livekit_url": livekit.url, "livekit_api_key": livekit.key, "livekit_api_secret": livekit.secret}
    with installed(tmp_path, **told) as site:
        site.serve()
        until(lambda: livekit.calls("GetParticipant") == 1)


def test_what_is_away_meanwhile_is_no_failure(app: Flask, livekit: LiveKit):
    livekit.go_away()
    with app.app_context():
        warmup.warm_up()
    livekit.heal()
