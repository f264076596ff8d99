"""A repair says that it was done only when it was: not while somebody else works there, nor after its lease is lost."""

import time
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from tests.support.installation import Installation
from tests.support.meanwhile import waiting_for_livekit
from tests.support.repairs import As, begin, deed, ids, last_run, missing, press, results, shown, twin, url
from webapp.audit.models import DeedOutcome
from webapp.core import heartbeat, leases
from webapp.core.db import db
from webapp.repairs.models import ItemResult

REPAIRED = "Repaired. LiveKit has taken it."


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of who waits for the other worker runs fifty times as fast."""
    hurry = SimpleNamespace(monotonic=lambda: time.monotonic() * 50, sleep=lambda seconds: time.sleep(seconds / 50))
    monkeypatch.setattr(leases, "time", hurry)


def unguarded(installation: Installation) -> None:
    """A live room whose trunk somebody took the guard from."""
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])


def test_a_guard_that_another_worker_is_at_is_not_called_repaired(installation: Installation, client_as: As):
    unguarded(installation)
    support, page = client_as("support"), url("unguarded")
    with leases.held(f"trunk:{installation.trunk_id}", seconds=60) as mine:
        assert mine
        assert press(support, page).status_code == 303
        told = support.get("/telephony/repairs/").text
    assert "Someone else is changing this" in told and REPAIRED not in told
    assert (deed().outcome, deed().problem) == (DeedOutcome.FAILED, "busy")
    assert "Failed: someone else was changing it" in client_as("admin").get("/audit/log").text
    assert press(support, page).status_code == 303
    assert REPAIRED in support.get("/telephony/repairs/").text
    assert len(installation.guards()) == 1


def test_a_room_that_another_worker_is_at_is_not_called_repaired(installation: Installation, client_as: As):
    room = missing(installation)
    support = client_as("support")
    with leases.held(f"room:{room.id}", seconds=60) as mine:
        assert mine
        assert press(support, url("missing")).status_code == 303
        told = support.get("/telephony/repairs/").text
    assert "Someone else is changing this" in told and REPAIRED not in told


def test_items_of_a_run_that_another_worker_is_at_fail_and_can_be_tried_again(
    installation: Installation, client_as: As
):
    room = missing(installation)
    unguarded(installation)
    support = client_as("support")
    names = (f"trunk:{installation.trunk_id}", f"room:{room.id}")
    with leases.held(names[0], seconds=60) as first, leases.held(names[1], seconds=60) as second:
        assert first and second
        run = begin(support)
        assert set(results(run).values()) == {ItemResult.FAILED}
    assert "Someone else is changing this" in support.get(f"/telephony/repairs/{run.id}/?show=failed").text
    assert support.post(f"/telephony/repairs/{run.id}/retry").status_code == 303
    assert (last_run().failed, last_run().done) == (0, 2)


def test_a_sweep_beside_another_worker_has_nothing_to_report(installation: Installation):
    unguarded(installation)
    with leases.held(f"trunk:{installation.trunk_id}", seconds=60) as mine:
        assert mine
        assert installation.sweep().failures == []
    assert installation.sweep().failures == []
    assert len(installation.guards()) == 1


def test_a_lease_that_is_lost_amid_a_repair_is_a_failure_in_the_trail(
    installation: Installation, client_as: As, monkeypatch: pytest.MonkeyPatch
):
    installation.foreign(pin="4711", name="Night line")
    support, page = client_as("support"), url("caller-visible")
    typed = {**shown(support.get(page)), "name": "Night line", "ticket": "INC1"}
    mine = sa.update(leases.Lease).where(leases.Lease.name == f"trunk:{installation.trunk_id}")
    with waiting_for_livekit(
        installation.livekit, "CreateSIPDispatchRule", lambda: support.post(page, data=typed)
    ) as answers:
        db.session.execute(mine.values(holder="another"))
        db.session.commit()
        later = SimpleNamespace(monotonic=lambda: time.monotonic() + 60, sleep=time.sleep)
        monkeypatch.setattr(heartbeat, "time", later)  # the process slept
    assert [answer.status_code for answer in answers] == [303]
    assert installation.livekit.calls("UpdateSIPDispatchRule") == 0
    assert REPAIRED not in support.get("/telephony/repairs/").text
    assert (deed().reason, deed().outcome) == ("INC1", DeedOutcome.FAILED)


def test_a_trunk_that_another_worker_is_at_keeps_a_foreign_rule_as_it_is(installation: Installation, client_as: As):
    pair = twin(installation)
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=pair[1])
    support = client_as("support")
    with leases.held(f"trunk:{installation.trunk_id}", seconds=60) as mine:
        assert mine
        assert press(support, url("caller-visible"), name="Night line", ticket="INC1").status_code == 303
        assert "Someone else is changing this" in support.get("/telephony/repairs/").text
    assert ids(installation) == {pair[0]}
