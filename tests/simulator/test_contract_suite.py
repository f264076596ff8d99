"""The contract run as strangers run it: against a server of others, which it leaves as it found it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import three_free_ports
from tests.support.livekit import LiveKit
from tests.support.simulator_program import program

SECONDS = 500  # a run takes fifteen seconds on an idle machine
LEFTOVERS = {
    "trunks": [
        {"sip_trunk_id": "ST_theirs", "name": "theirs", "numbers": ["+15550001"]},
        {"sip_trunk_id": "ST_default", "allowed_addresses": ["192.0.2.1"]},
    ],
    "rules": [
        {"sip_dispatch_rule_id": "SDR_theirs", "trunk_ids": ["ST_theirs"], "rule": {"dispatch_rule_direct": {}}},
        {"sip_dispatch_rule_id": "SDR_wildcard", "rule": {"dispatch_rule_direct": {"room_name": "r", "pin": "4711"}}},
    ],
}
QUICK = "--latency-factor=0.05"


def run(livekit: LiveKit, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the contract against a server as `make contract` does."""
    told = {"LIVEKIT_URL": livekit.url, "LIVEKIT_API_KEY": livekit.key, "LIVEKIT_API_SECRET": livekit.secret}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LIVEKIT_", "PYTEST_"))}
    command = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "contract", "tests/contract")
    return subprocess.run(
        (*command, *options),
        cwd=Path(__file__).parent.parent.parent,
        env=inherited | told | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def stored(livekit: LiveKit) -> dict[str, Any]:
    """Everything on the server that could be left behind."""
    outbound = livekit.call("SIP", "ListSIPOutboundTrunk")["items"]
    return {"rooms": livekit.rooms(), "trunks": livekit.trunks(), "rules": livekit.rules(), "outbound": outbound}


def test_a_server_of_others_passes_and_is_left_as_it_was() -> None:
    port = three_free_ports()
    with program(QUICK, f"--webhook-url=http://127.0.0.1:{port}/") as (_, livekit):
        livekit.store_sip(**LEFTOVERS)
        livekit.join("theirs", "someone", publish=["microphone"])
        before = stored(livekit)
        done = run(livekit, WEBHOOK_PORT=str(port))
        assert done.returncode == 0, done.stdout
        assert "NOT TESTED against a foreign server: joining needs a media client" in done.stdout
        assert stored(livekit) == before
        assert livekit.outages == 0


def test_a_server_without_redis_passes_with_what_it_has() -> None:
    with program(QUICK, "--no-redis") as (_, livekit):
        done = run(livekit, "-k", "without_redis or test_egress or test_sip_rules or test_hooks")
        assert done.returncode == 0, done.stdout
        assert "NOT TESTED: this server has no Redis" in done.stdout
        assert "NOT TESTED: give WEBHOOK_PORT" in done.stdout
        assert livekit.rooms() == []


def test_what_a_failing_run_made_is_taken_away_too() -> None:
    with program(QUICK) as (_, livekit):
        livekit.fail("UpdateSIPInboundTrunk", times=1000)
        livekit.fail("GetSIPOutboundTrunk", times=1000)
        done = run(livekit, "-k", "replacing or guard_of_a_trunk or other_direction or deleting_a_rule")
        assert done.returncode == 1
        assert stored(livekit) == {"rooms": [], "trunks": [], "rules": [], "outbound": []}


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LIVEKIT_API_SECRET": ""}, "LIVEKIT_URL needs LIVEKIT_API_KEY and LIVEKIT_API_SECRET beside it"),
        ({"LIVEKIT_API_SECRET": "another secret of thirty-two bytes!!"}, "answers 401 to a token of LIVEKIT_API_KEY"),
        ({"LIVEKIT_URL": "ws://127.0.0.1:9"}, "No LiveKit answers at http://127.0.0.1:9"),
    ],
)
def test_a_server_that_cannot_be_asked_ends_the_run_in_words(environment: dict[str, str], words: str) -> None:
    with program() as (_, livekit):
        done = run(livekit, "-k", "the_root", **environment)
        assert done.returncode == 4
        assert words in done.stdout + done.stderr
        assert "eyJ" not in done.stdout + done.stderr


def test_webhooks_that_never_come_are_one_sentence_not_many_time_outs() -> None:
    with program(QUICK) as (_, livekit):
        done = run(livekit, "-k", "signed or camel_case", WEBHOOK_PORT=str(three_free_ports()))
        assert done.returncode == 1
        assert "no webhook of this server arrived at port" in done.stdout
        assert livekit.rooms() == []
