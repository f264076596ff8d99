"""The simulated LiveKit that Frontdesk follows up its hooks with."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from livekit.api import AccessToken, SIPGrants, VideoGrants

from bench.servers import ROOT, clean_environment
from webapp.core.config import Settings

API_KEY: str = Settings.model_fields["livekit_api_key"].default
API_SECRET: str = Settings.model_fields["livekit_api_secret"].default.get_secret_value()
NOWHERE = "http://127.0.0.1:9/"
RULES_PER_TRUNK = 100  # each new rule is compared with those of its trunk


@dataclass
class Simulator:
    """A running simulator and how many rules it has."""

    url: str
    rules: int = 0

    def fill_rules(self, count: int) -> None:
        """Let it have so many rules in all, as an installation with so many live rooms has."""
        trunk_id = ""
        for number in range(self.rules, count):
            if number % RULES_PER_TRUNK == 0:
                trunk = {"name": "bench", "numbers": [f"+1555{10**6 + number}"]}
                trunk_id = self._call("CreateSIPInboundTrunk", trunk=trunk)["sip_trunk_id"]
            rule = {"dispatch_rule_direct": {"room_name": f"bench-{number}", "pin": str(10**9 + number)}}
            self._call("CreateSIPDispatchRule", rule=rule, trunk_ids=[trunk_id], name=f"bench {number}")
        self.rules = max(self.rules, count)

    def store(self, **objects: list[dict[str, Any]]) -> None:
        """Let it have these trunks and rules, under the ids they bring."""
        requests.post(f"{self.url}/control/store-sip", json=objects, timeout=120).raise_for_status()

    def open_rooms(self, names: list[str]) -> None:
        """Let it have these rooms, for as long as anything is measured."""
        token = AccessToken(API_KEY, API_SECRET).with_grants(VideoGrants(room_create=True)).to_jwt()
        url, headers = f"{self.url}/twirp/livekit.RoomService/CreateRoom", {"Authorization": f"Bearer {token}"}
        with requests.Session() as session:
            for name in names:
                told = {"name": name, "empty_timeout": 86_400}
                session.post(url, json=told, headers=headers, timeout=30).raise_for_status()

    def trunk(self, number: str) -> str:
        """A trunk for a number; returns its id."""
        return self._call("CreateSIPInboundTrunk", trunk={"name": "bench", "numbers": [number]})["sip_trunk_id"]

    def let_in(self, trunk_id: str, room: str, pin: str) -> None:
        """Let callers of the trunk into a room by a PIN."""
        rule = {"dispatch_rule_direct": {"room_name": room, "pin": pin}}
        self._call("CreateSIPDispatchRule", rule=rule, trunk_ids=[trunk_id], name=f"bench {room}")

    def control(self, command: str, **told: object) -> None:
        """Have it do something."""
        requests.post(f"{self.url}/control/{command}", json=told, timeout=30).raise_for_status()

    def reading(self, name: str, **told: str) -> list[dict[str, Any]]:
        """Look at what it keeps."""
        answer = requests.get(f"{self.url}/control/{name}", params=told, timeout=30)
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found

    def _call(self, method: str, **body: object) -> dict[str, str]:
        token = AccessToken(API_KEY, API_SECRET).with_sip_grants(SIPGrants(admin=True)).to_jwt()
        headers = {"Authorization": f"Bearer {token}"}
        answer = requests.post(f"{self.url}/twirp/livekit.SIP/{method}", json=body, headers=headers, timeout=30)
        answer.raise_for_status()
        found: dict[str, str] = answer.json()
        return found


@contextmanager
def running(folder: Path) -> Iterator[Simulator]:
    """Run it while the block runs; its own webhooks go nowhere."""
    command = [sys.executable, "-m", "simulator", "--port", "0", "--oidc-port", "0", "--announce"]
    keys = ["--api-key", API_KEY, "--api-secret", API_SECRET, "--webhook-url", NOWHERE]
    with (folder / "simulator.log").open("ab") as log:
        process = subprocess.Popen(
            [*command, *keys], cwd=ROOT, env=clean_environment(), stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    try:
        yield Simulator(json.loads(process.stdout.readline())["livekit"])
    finally:
        process.terminate()
        process.wait(10)
        process.stdout.close()
