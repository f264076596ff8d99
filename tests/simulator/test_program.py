"""`python -m simulator` as a program: it says where it is, stops when asked, and leaves nothing behind."""

import signal
import socket
import subprocess
import sys
import threading

import pytest
import requests

from tests.support.livekit import LiveKit
from tests.support.simulator_program import program
from tests.support.waiting import PATIENCE


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_in_the_middle_of_everything(number: signal.Signals) -> None:
    with program("--webhook-url=http://127.0.0.1:9/nobody") as (process, livekit):
        livekit.join("meeting", publish=["microphone"])
        livekit.store_sip(
            trunks=[{"sip_trunk_id": "ST_x", "numbers": ["+1"]}],
            rules=[{"trunk_ids": ["ST_x"], "rule": {"dispatch_rule_direct": {"room_name": "elsewhere"}}}],
        )
        livekit.control("dial", to="+1")
        livekit.delay("ListRooms", 60)
        waiting = threading.Thread(target=ask_in_vain, args=(livekit,), daemon=True)
        waiting.start()
        livekit.go_away("hang")
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out, err) == (0, "", "")
        waiting.join(PATIENCE)


def ask_in_vain(livekit: LiveKit) -> None:
    """A request that is still waiting when the simulator stops."""
    with pytest.raises(requests.RequestException):
        requests.post(f"{livekit.url}/twirp/livekit.RoomService/ListRooms", json={}, timeout=PATIENCE)


def test_a_taken_port_is_said_in_words() -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        command = (sys.executable, "-m", "simulator", f"--port={holder.getsockname()[1]}", "--oidc-port=0")
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 1
    assert "cannot listen on 127.0.0.1" in done.stderr and "Traceback" not in done.stderr


def test_its_help_names_every_command_of_the_control_api() -> None:
    command = (sys.executable, "-m", "simulator", "--help")
    told = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=True)
    for command in ("fail", "delay", "html", "away", "hooks", "forget-egress", "store-twin", "restart", "switches"):
        assert f"POST /control/{command} " in told.stdout
    assert "GET  /control/state " in told.stdout
    assert "--enable-remote-unmute" in told.stdout


def test_switches_and_factors_of_the_command_line_are_kept_after_a_reset() -> None:
    options = ("--enable-remote-unmute", "--no-egress-worker", "--racy-creates", "--no-redis", "--latency-factor=0.5")
    with program(*options) as (_, livekit):
        livekit.switch(redis=True)
        livekit.reset()
        state = livekit.reading("state")
        assert state["switches"] == {
            "racy_creates": True,
            "enable_remote_unmute": True,
            "redis": False,
            "egress_worker": False,
        }
        assert state["timing"]["latency"] == 0.5
