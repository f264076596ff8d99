"""`flask worker` tells supervisors whether it works, and Prometheus what it did, on a port of its own."""

import socket
import threading
from pathlib import Path

import pytest
import requests
from flask import Flask

from simulator.server import Addresses
from tests.support.installed import free_port, installed
from tests.support.waiting import PATIENCE, until
from webapp.jobs import probes
from webapp.jobs.periodic import Job
from webapp.jobs.runner import Runner


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str]:
    answer = requests.get(f"http://{host}:{port}{path}", timeout=PATIENCE)
    return answer.status_code, answer.text


def test_a_worker_answers_health_and_metrics_where_the_settings_say(tmp_path: Path, simulator: Addresses):
    port = free_port()
    with installed(tmp_path, livekit_url=simulator.livekit, worker_port=port, sweep_seconds=5) as site:
        worker = site.work()
        until(lambda: "runner.started" in site.written())
        assert get(port, "/healthz") == (200, "ok\n")
        done = 'frontdesk_job_runs_total{job="purge_sessions",result="done"}'
        until(lambda: done in get(port, "/metrics")[1])
        assert "frontdesk_due_work_open 0.0" in get(port, "/metrics")[1]
        assert [get(port, path)[0] for path in ("/", "/login", "/readyz", "/rooms/")] == [404] * 4
        worker.terminate()
        assert worker.wait(PATIENCE) == 0


def test_a_worker_whose_port_is_taken_says_which_setting_to_change_and_does_nothing(
    tmp_path: Path, simulator: Addresses
):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with installed(tmp_path, livekit_url=simulator.livekit, worker_port=port) as site:
            assert site.work().wait(PATIENCE) == 1
            text = site.written()
    assert text.splitlines()[-1] == (
        f"Error: FRONTDESK_WORKER_PORT: port {port} of 127.0.0.1 is in use, perhaps by another worker. "
        "Set another one, or 0 for none."
    )
    assert "Traceback" not in text and "runner.started" not in text


def test_an_address_that_is_not_this_machine_s_is_refused_in_words(app: Flask):
    with (
        pytest.raises(probes.CannotListen) as refused,
        probes.listening(probes.Probes(app, Runner(app)), "192.0.2.1", 0),
    ):
        pass
    assert "FRONTDESK_WORKER_ADDRESS" in str(refused.value) and "192.0.2.1" in str(refused.value)


def test_a_worker_whose_loop_stopped_is_not_healthy(app: Flask):
    runner = Runner(app, jobs=list)
    with probes.listening(probes.Probes(app, runner), "127.0.0.1", 0) as port:
        assert get(port, "/healthz") == (503, "The runner has stopped.\n"), "it has not begun"
        runner.start()
        assert get(port, "/healthz") == (200, "ok\n")
        runner.stop()
        assert get(port, "/healthz") == (503, "The runner has stopped.\n")


def test_a_worker_whose_loop_hangs_is_not_healthy_until_it_goes_on(app: Flask):
    hangs, goes_on = threading.Event(), threading.Event()

    def jobs() -> list[Job]:
        if threading.current_thread().name == "runner":
            hangs.set()
            goes_on.wait(PATIENCE)
        return []

    runner = Runner(app, jobs=jobs, look=0.05)
    answer = probes.Probes(app, runner)
    with probes.listening(answer, "127.0.0.1", 0) as port:
        runner.start()
        assert hangs.wait(PATIENCE)
        assert get(port, "/healthz")[0] == 200, "a look may take a while"
        answer.quiet = 0.2
        until(lambda: get(port, "/healthz") == (503, "The runner hangs.\n"))
        goes_on.set()
        until(lambda: get(port, "/healthz")[0] == 200)
        runner.stop()


def test_a_database_that_is_away_does_not_make_a_worker_unhealthy(app: Flask):
    def jobs() -> list[Job]:
        if threading.current_thread().name == "runner":
            raise OSError
        return []

    runner = Runner(app, jobs=jobs)
    with probes.listening(probes.Probes(app, runner), "127.0.0.1", 0) as port:
        runner.start()
        assert get(port, "/healthz") == (200, "ok\n")
        runner.stop()


def test_whoever_connects_and_says_nothing_keeps_nobody_else_waiting(app: Flask):
    runner = Runner(app, jobs=list)
    with probes.listening(probes.Probes(app, runner), "127.0.0.1", 0) as port:
        runner.start()
        with socket.create_connection(("127.0.0.1", port)) as silent:
            silent.sendall(b"GET /healthz")
            assert get(port, "/healthz")[0] == 200
        runner.stop()


def test_a_worker_answers_on_ipv6_too(app: Flask):
    try:
        with socket.socket(socket.AF_INET6) as trial:
            trial.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6")
    with probes.listening(probes.Probes(app, Runner(app, jobs=list)), "::1", 0) as port:
        assert get(port, "/healthz", "[::1]")[0] == 503
