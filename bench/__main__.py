"""`python -m bench`: measure everything on PostgreSQL, print it, and write build/bench.json."""

import argparse
import json
import logging
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import requests
import sqlalchemy as sa

from bench import burst, doctor, download, hold, livekit, review, trail
from bench.load import LoadFailed, Measured, run
from bench.report import Figure, Line, as_json, text
from bench.scenarios import SCENARIOS, Plan, Proof, Scenario
from bench.servers import CEILING, FRONTDESK, ROOT, WORKERS, Server, clean_environment, gunicorn
from bench.world import FULL, QUICK, SMOKE, Size, World
from tests.plugins.bucket import fresh_bucket, s3_server
from tests.plugins.servers import postgresql
from webapp import create_app
from webapp.core import schema
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.deliveries.models import Delivery, Result

FIGURES = [each.KEY for each in (hold, burst, download, review, trail, doctor)]
BY_HAND = {review.KEY, trail.KEY}  # a million rows are a quarter of an hour to fill: --only names them
UNLIMITED = "1000000000 per minute"
POSTGRESQL_CONF = "max_connections = 100\nshared_buffers = 512MB\n"
PLAIN = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


class Bench:
    """One run: the ceiling is measured before each scenario, because other work on the machine comes and goes."""

    def __init__(self, world: World, ceiling_url: str, seconds: float) -> None:
        self.world = world
        self.ceiling_url = ceiling_url
        self.seconds = seconds
        self.ceilings: list[Measured] = []
        self.measured: dict[str, tuple[Measured, int]] = {}

    def measure(self, scenario: Scenario, url: str) -> None:
        """Prepare, ask once to see that the answer is right, warm up, measure, see that the work was done."""
        plan = scenario.prepare(self.world)
        prove(url, plan.proof)
        requests_ = list(plan.requests)
        queries = count_queries(url, requests_[0], scenario.expects)
        warm = requests_[1 : len(requests_) // 10] or requests_
        run(url, warm, 1, scenario.connections, scenario.expects)
        self.ceilings.append(run(self.ceiling_url, [PLAIN], max(self.seconds / 3, 1)))
        before = self._made(plan)
        rest = requests_[len(warm) + 1 :] or requests_
        measured = run(url, rest, self.seconds, scenario.connections, scenario.expects)
        if plan.made is not None and self._made(plan) - before < measured.requests:
            raise LoadFailed(f"{scenario.key}: {measured.requests} answers, but less was made")
        self.measured[scenario.key] = measured, queries
        say(f"{scenario.key:26}{measured.rps:>8.0f}/s, ceiling just before {self.ceilings[-1].rps:.0f}/s")

    def rest(self) -> None:
        """Wait until what the hooks left to do is done, so that it does not slow the next; a minute at most."""
        left = sa.select(sa.func.count(Delivery.id)).where(Delivery.result == Result.STORED)
        deadline = time.monotonic() + 60
        while db.session.scalar(left) and time.monotonic() < deadline:
            db.session.commit()
            time.sleep(0.2)
        db.session.commit()

    def _made(self, plan: Plan) -> int:
        """How much there is of what the requests make."""
        found = db.session.scalar(plan.made) if plan.made is not None else 0
        db.session.commit()
        return found or 0

    def lines(self) -> dict[str, Line]:
        """The results against the median of the ceilings."""
        if not self.ceilings:
            return {}
        ceiling = sorted(self.ceilings, key=lambda measured: measured.rps)[len(self.ceilings) // 2]
        every = {"ceiling": (ceiling, 0)} | self.measured
        return {key: Line.of(measured, ceiling, queries) for key, (measured, queries) in every.items()}


def ask(url: str, request: bytes, expects: int) -> requests.Response:
    """Send one prepared request; another status than expected ends the run."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *rest = head.decode().split("\r\n")
    method, path, _version = first.split(" ")
    headers = dict(line.split(": ", 1) for line in rest if not line.startswith(("Host", "Content-Length")))
    answer = requests.request(method, url + path, headers=headers, data=body, timeout=30, allow_redirects=False)
    if answer.status_code != expects:
        raise LoadFailed(f"{method} {path}: {answer.status_code} instead of {expects}\n{answer.text[:800]}")
    return answer


def count_queries(url: str, request: bytes, expects: int) -> int:
    """How many statements the database is sent for the request."""
    return int(ask(url, request, expects).headers["X-Queries"])


def prove(url: str, proof: Proof) -> None:
    """See that the answer is the page that is meant, and not some other that is as fast."""
    answer = ask(url, proof.request, proof.status)
    if answer.text.count(proof.says) < proof.times:
        raise LoadFailed(f"not {proof.times} times {proof.says!r} in the answer:\n{answer.text[:800]}")


def measure_start(environment: dict[str, str], folder: Path) -> float:
    """Seconds from the command to the first answer, the best of three: the others measure the machine."""

    def once() -> float:
        with gunicorn(("--workers", str(WORKERS), "wsgi:app"), environment, "/healthz", folder / "start.log") as server:
            return server.start_s

    return min(once() for _ in range(3))


def main(arguments: Sequence[str]) -> None:
    """Read the options and measure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    data = parser.add_mutually_exclusive_group()
    data.add_argument("--quick", action="store_true", help="on 1,000 rooms, in about two minutes")
    data.add_argument("--smoke", action="store_true", help="on 100 rooms, a second each: that all runs, not how fast")
    parser.add_argument("--to", type=Path, default=ROOT / "build" / "bench.json", help="where the results go")
    parser.add_argument("--only", action="append", help="a scenario's key; may be repeated")
    parser.add_argument("--seconds", type=float, help="how long each scenario is measured")
    options = parser.parse_args(arguments)
    logging.getLogger("werkzeug").setLevel(logging.WARNING)  # the bucket's server tells of each request
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or the servers would outlive us

    def wanted(key: str) -> bool:
        return key in options.only if options.only else options.smoke or key not in BY_HAND

    chosen = [scenario for scenario in SCENARIOS if wanted(scenario.key)]
    size, seconds = (SMOKE, 1) if options.smoke else (QUICK, 3) if options.quick else (FULL, 8)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="frontdesk-bench-")))
        figures = [key for key in FIGURES if wanted(key)]
        results = measure_all(stack, folder, size, options.seconds or seconds, chosen, *figures)
    options.to.parent.mkdir(exist_ok=True)
    options.to.write_text(json.dumps(results, indent=2) + "\n")


def measure_all(
    stack: ExitStack, folder: Path, size: Size, seconds: float, chosen: Sequence[Scenario], *figures: str
) -> dict[str, object]:
    """Start everything, measure, print the report, and return what it says."""
    url = stack.enter_context(postgresql(POSTGRESQL_CONF))
    simulator = stack.enter_context(livekit.running(folder))
    told = {
        "environment": "development",
        "database_url": url,
        "secret_key": "bench-secret-key-of-32-characters",
        "livekit_url": simulator.url,
        "hook_limit": UNLIMITED,
        "join_limit": UNLIMITED,
        "recordings_dir": str(folder / "recordings"),
    }
    environment = clean_environment(**{f"FRONTDESK_{name.upper()}": value for name, value in told.items()})
    app = create_app(Settings.model_validate(told | {"environment": "testing"}))
    with app.app_context():
        schema.upgrade()
        world = World(app, size)
        started = time.monotonic()
        world.fill()
        say(f"{size.rooms} rooms in {time.monotonic() - started:.1f} s")
        start_s = measure_start(environment, folder)
        ceiling = stack.enter_context(gunicorn(CEILING, environment, "/", folder / "ceiling.log"))
        bench = Bench(world, ceiling.url, seconds)
        with gunicorn(FRONTDESK, environment, "/healthz", folder / "frontdesk.log") as server:
            for scenario in (each for each in chosen if not each.in_bucket):
                if scenario.key.startswith("hook_intake"):
                    simulator.fill_rules(size.rules if "10000" in scenario.key else 100)
                bench.measure(scenario, server.url)
                bench.rest()
            measured = measure_callers(world, simulator, server, figures)
            worker_mb = server.worker_mb()
            if review.KEY in figures:
                measured.append(review.measure(world, server))
        in_bucket = [each for each in chosen if each.in_bucket]
        if in_bucket or download.KEY in figures:
            bucket = fresh_bucket(stack.enter_context(s3_server()))
        if in_bucket:
            with gunicorn(FRONTDESK, environment | bucket.environment, "/healthz", folder / "of-bucket.log") as server:
                for scenario in in_bucket:
                    bench.measure(scenario, server.url)
        if download.KEY in figures:
            measured.append(download.measure(world, environment, bucket, folder))
        if trail.KEY in figures:
            measured.append(trail.measure(world, environment))
        if doctor.KEY in figures:
            measured.append(measure_doctor(world, simulator, environment, folder / "doctor.log"))
    say("\n" + text(bench.lines(), worker_mb, start_s, *measured))
    return as_json(bench.lines(), worker_mb, start_s, *measured)


def measure_callers(world: World, simulator: livekit.Simulator, server: Server, figures: Sequence[str]) -> list[Figure]:
    """How soon callers are muted, alone and among many."""
    measured: list[Figure] = []
    if hold.KEY in figures:
        measured.append(hold.measure(world, simulator, server.url, world.size.calls))
    if burst.KEY in figures:
        measured.append(burst.measure(world, simulator, server.url, world.size.burst))
    return measured


def measure_doctor(world: World, simulator: livekit.Simulator, environment: dict[str, str], log: Path) -> Figure:
    """A Frontdesk of its own: what the others still had to do would put the rooms right."""
    count = doctor.fill(world, simulator)
    with gunicorn(FRONTDESK, environment, "/healthz", log) as server:
        return doctor.diagnose(world, server.url, count)


def say(line: str) -> None:
    """Print at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
