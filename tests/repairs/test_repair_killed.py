"""A worker that is killed in the middle of a run leaves it whole: the next one goes on, and does nothing twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import sqlalchemy as sa

from tests.support.installation import Installation, until
from tests.support.installed import ROOT, SECRET_KEY
from tests.support.processes import end
from tests.support.repairs import As, begin, last_run, later, orphan, results
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings
from webapp.core.db import db, utcnow
from webapp.core.leases import Lease
from webapp.repairs.models import ItemResult

WORK = """
from webapp import create_app
from webapp.repairs import runs
with create_app().app_context():
    runs.work_off()
"""


@contextmanager
def _worker(settings: Settings, livekit_url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that works off what waits."""
    chosen = {"environment": "testing", "secret_key": SECRET_KEY, "database_url": settings.database_url}
    chosen |= {"livekit_url": livekit_url, "livekit_api_key": settings.livekit_api_key}
    chosen |= {"livekit_api_secret": settings.livekit_api_secret.get_secret_value()}
    told = {f"FRONTDESK_{name.upper()}": str(value) for name, value in chosen.items()}
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ | told)
    try:
        yield process
    finally:
        end(process)


def asked(installation: Installation) -> set[str]:
    return {body["sip_dispatch_rule_id"] for body in installation.livekit.asked("DeleteSIPDispatchRule")}


def there(installation: Installation) -> set[str]:
    return {rule["sip_dispatch_rule_id"] for rule in installation.livekit.rules()}


def test_a_worker_killed_between_two_items_loses_nothing_and_repeats_nothing(
    installation: Installation, client_as: As, settings: Settings, asleep: None
):
    rooms = [orphan(installation) for _ in range(6)]
    rule_ids = {str(room.sip_dispatch_rule_id) for room in rooms}
    begin(client_as("support"))
    installation.livekit.delay("DeleteSIPDispatchRule", 0.5, times=6)
    with _worker(settings, installation.livekit.url) as process:
        until(lambda: last_run().done >= 2 or process.poll() is not None, seconds=90)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    db.session.commit()
    run = last_run()
    assert 2 <= run.done < 6, "it was killed in the middle"
    assert run.ended_at is None
    until(lambda: not asked(installation) & there(installation))  # LiveKit is through with what it was asked last
    db.session.execute(sa.update(Lease).values(until=utcnow() - timedelta(seconds=1)))  # as time does
    db.session.commit()
    later()
    run = last_run()
    assert run.ended_at is not None
    assert set(results(run).values()) <= {ItemResult.DONE, ItemResult.ALREADY_SO}
    assert not rule_ids & there(installation)
    assert asked(installation) == rule_ids
    assert installation.livekit.calls("DeleteSIPDispatchRule") == len(rule_ids), "each was asked for once"
