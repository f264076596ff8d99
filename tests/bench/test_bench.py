"""The bench's report has the agreed keys, and a server that refuses or lies ends the run."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
from flask import Flask
from werkzeug.serving import make_server

from bench.__main__ import count_queries, prove
from bench.burst import Silenced
from bench.doctor import Diagnosed
from bench.download import Passed
from bench.hold import Held
from bench.load import LoadFailed, Measured, raw, run
from bench.report import Line, as_json, misses, text
from bench.scenarios import SCENARIOS, Proof
from bench.servers import ROOT
from bench.world import SMOKE
from tests.plugins.components import program

KEYS = {
    "ceiling",
    "room_list",
    "room_list_owner_of_10000",
    "room_page",
    "guest_poll",
    "host_poll",
    "host_poll_100000_entries",
    "hook_intake",
    "hook_intake_10000_rules",
    "room_create",
    "recording_list",
    "recording_list_1000000",
    "media_auth",
}
REQUEST = raw("GET", "/", {})


@contextmanager
def answering(status: int) -> Iterator[str]:
    """A server that says "seven" with that status to everybody."""
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: ("seven", status, {"X-Queries": "7"}))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def line(share: float) -> Line:
    return Line.of(Measured(1000 * share, 1.0, 2.0, 500), Measured(1000, 1.0, 2.0, 500), 3)


def test_the_report_has_each_scenario_with_its_five_figures():
    lines = {key: line(0.5) for key in ["ceiling", *(scenario.key for scenario in SCENARIOS)]}
    results = as_json(lines, 80.04, 0.91)
    assert set(results) == KEYS | {"worker_mb", "start_s"}
    assert results["guest_poll"] == {"rps": 500.0, "share": 0.5, "p50_ms": 1.0, "p99_ms": 2.0, "queries": 3}
    assert "Every aim is met." in text(lines, 80, 0.9)


def test_the_report_has_the_doctors_seconds_and_says_when_they_are_too_many():
    lines, quick, slow = {}, Diagnosed(1.5, 10_000, 100_000, 5), Diagnosed(6.5, 10_000, 100_000, 5)
    assert as_json(lines, 80, 0.9, quick)["doctor"] == {"seconds": 1.5, "rules": 10_000, "rooms": 100_000, "queries": 5}
    assert "doctor: 1.50 s for 10000 rules and 100000 rooms" in text(lines, 80, 0.9, quick)
    assert misses(lines, 80, 0.9, quick) == []
    assert misses(lines, 80, 0.9, slow) == [slow.text()]


def test_a_missed_aim_is_named_with_by_how_much():
    lines = {"host_poll": line(0.36), "host_poll_100000_entries": line(0.18)}
    said = misses(lines, 104, 1.5)
    assert said[0] == "host_poll: 0.36 of the ceiling instead of 0.45 (-20%)"
    assert "host_poll_100000_entries: 50% of host_poll, so it is not flat" in said
    assert said[-2:] == ["worker memory: 4 MB too many", "start to first answer: 0.50 s too long"]


def test_the_report_says_how_soon_callers_are_silenced_and_whether_that_is_in_time():
    held, late = Held(12.3, 31.0, 30), Held(51.0, 90.0, 30)
    assert as_json({}, 80, 0.9, held)["hold"] == {"p50_ms": 12.3, "p95_ms": 31.0, "calls": 30}
    assert "median 12.3 ms, p95 31.0 ms, 30 calls" in text({}, 80, 0.9, held)
    assert misses({}, 80, 0.9, held) == []
    assert misses({}, 80, 0.9, late) == [late.text()]


def test_of_many_callers_at_once_nearly_all_must_be_silent_in_time_and_the_machines_load_is_told():
    held, late = Silenced(20.0, 99.0, 130.0, 50, 1.0, 0.7), Silenced(20.0, 101.0, 130.0, 50, 1.0, 11.5)
    assert "p95 99.0 ms, worst 130.0 ms, 50 calls within 1.0 s at a load of 0.7" in text({}, 80, 0.9, held)
    assert misses({}, 80, 0.9, held) == []
    assert misses({}, 80, 0.9, late) == [late.text()]


def test_a_process_that_grows_with_the_size_of_a_download_is_named():
    flat, grown = Passed(1024, 2.5, 256, 3.0, 8.2), Passed(1024, 2.5, 256, 3.0, 256.4)
    assert as_json({}, 80, 0.9, flat)["download"]["grew_mb"] == 8.2
    assert "1024 MB from a folder in 2.5 s, 256 MB from a bucket in 3.0 s" in text({}, 80, 0.9, flat)
    assert misses({}, 80, 0.9, flat) == []
    assert misses({}, 80, 0.9, grown) == [grown.text()]


@pytest.mark.parametrize(("status", "expects"), [(500, 200), (303, 200), (200, 204)])
def test_load_that_is_answered_otherwise_than_expected_ends_the_run(status: int, expects: int):
    program("wrk")
    with answering(status) as url, pytest.raises(LoadFailed, match=f"other than {expects}.*{status}"):
        run(url, [REQUEST], 1, 2, expects)


def test_load_that_is_answered_well_is_measured():
    program("wrk")
    with answering(200) as url:
        measured = run(url, [REQUEST], 1, 2)
    assert measured.requests > 0 and measured.rps > 0 and measured.p50_ms <= measured.p99_ms


def test_a_page_that_says_something_else_ends_the_run():
    with answering(200) as url:
        prove(url, Proof(REQUEST, "seven"))
        with pytest.raises(LoadFailed, match="not 2 times 'seven'"):
            prove(url, Proof(REQUEST, "seven", 2))


def test_a_page_that_fails_ends_the_run_before_any_load():
    with answering(500) as url, pytest.raises(LoadFailed, match="500 instead of 200"):
        prove(url, Proof(REQUEST, "seven"))


def test_the_queries_are_those_the_server_counted():
    with answering(200) as url:
        assert count_queries(url, REQUEST, 200) == 7


def test_every_scenario_runs_to_its_end_on_the_smallest_data(tmp_path: Path):
    program("wrk")
    file = tmp_path / "bench.json"
    command = [sys.executable, "-m", "bench", "--smoke", "--to", str(file)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    results = json.loads(file.read_text())
    figures = {"hold", "hold_burst", "download", "access_review", "audit_trail", "doctor"}
    assert set(results) == KEYS | {"worker_mb", "start_s"} | figures
    assert all(results[key]["rps"] > 0 for key in KEYS)
    assert results["hold_burst"]["calls"] == SMOKE.burst
    assert results["download"]["folder_mb"] == SMOKE.folder_mb and results["download"]["bucket_mb"] == SMOKE.bucket_mb
    assert results["hold"]["calls"] == SMOKE.calls and results["doctor"]["rules"] > 0
