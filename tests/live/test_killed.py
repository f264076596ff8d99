"""Our process is killed between any two steps of following a room: the next one's sweeps mend everything."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
import requests
import sqlalchemy as sa
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from itsdangerous import URLSafeTimedSerializer

from tests.support.installation import Installation
from tests.support.installed import SECRET_KEY, inside, installed
from tests.support.installed import Installation as Site
from tests.support.livekit import LiveKit
from tests.support.oracle import Json, Seen
from tests.support.personas import CSRF, persona
from tests.support.waiting import PATIENCE, until, until_it_passes
from webapp.accounts import sessions
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core.db import db, utcnow
from webapp.core.leases import Lease
from webapp.deliveries.models import Delivery, Result
from webapp.jobs.models import PeriodicJob
from webapp.rooms.models import Access, Role, Room, TrunkRow

LATE = 20  # seconds until LiveKit answers; by then the one who asked is dead
HEALERS = ("rules", "hooks", "hooks_left", "rooms_left")
SHORT = 1.5  # so late it acts: after the death


@pytest.fixture
def site(tmp_path: Path, own_database_url: str, livekit: LiveKit) -> Iterator[Site]:
    """An installation whose LiveKit sends its hooks there; our processes wait for LiveKit as long as it takes."""
    chosen = {"database_url": own_database_url, "livekit_url": livekit.url, "sweep_seconds": 5, "livekit_timeout": 60}
    with installed(tmp_path, **chosen) as site, inside(site):
        livekit.hooks_to(f"{site.url}/hooks/livekit")
        yield site


@pytest.fixture
def ours(site: Site, livekit: LiveKit) -> Installation:
    """Its trunk and its rooms."""
    made = Installation(livekit, "")
    made.trunk_id = made.trunk()
    return made


@pytest.fixture
def victim(site: Site, ours: Installation) -> subprocess.Popen[bytes]:
    """The process that will be killed; each job that heals has run once there and does so no more."""
    process = site.serve("--workers", "1")
    until(lambda: all(_runs(name) for name in HEALERS))
    _next_sweep(utcnow() + timedelta(hours=1))
    return process


def _runs(name: str = "rules") -> int:
    found = db.session.scalar(sa.select(PeriodicJob.runs).where(PeriodicJob.name == name))
    db.session.commit()
    return found or 0


def _next_sweep(at: object) -> None:
    db.session.execute(sa.update(PeriodicJob).values(next_at=at))
    db.session.commit()


def _kill(victim: subprocess.Popen[bytes]) -> None:
    os.killpg(victim.pid, signal.SIGKILL)
    victim.wait(PATIENCE)


def _begin_again(site: Site) -> None:
    """Another process, after the leases of the dead one; returns after its first sweep."""
    db.session.execute(sa.update(Lease).values(until=utcnow() - timedelta(seconds=1)))
    db.session.commit()
    _next_sweep(utcnow() - timedelta(seconds=1))
    before = _runs()
    site.serve("--workers", "1")
    until(lambda: _runs() > before)


def _rule_stands(ours: Installation, room: Room) -> bool:
    db.session.refresh(room)
    db.session.commit()
    return ours.rule_of(room) is not None and room.sip_dispatch_rule_id is not None and room.reconcile_at is None


def _asked(ours: Installation, method: str, times: int) -> Callable[[], bool]:
    return lambda: ours.livekit.calls(method) >= times


def _one_comes(ours: Installation, room: Room) -> None:
    ours.join(room)


def _the_last_goes(ours: Installation, room: Room) -> None:
    ours.leave(room)


def _new_pin(ours: Installation, room: Room) -> None:
    room.pin = None
    ours.give_pin(room, "8080808080")
    ours.join(room, "second")  # its hook makes the process look


def _another_trunk(ours: Installation, room: Room) -> None:
    room.pin = None
    room.trunk_id = ours.trunk("+15550002")
    ours.give_pin(room, "9191919191")
    ours.join(room, "second")


Change = Callable[[Installation, Room], None]


@pytest.mark.parametrize(
    ("before", "change", "method", "times", "applied"),
    [
        pytest.param(None, _one_comes, "ListParticipants", 1, True, id="before the guard"),
        pytest.param(None, _one_comes, "CreateSIPDispatchRule", 1, True, id="guard made, row without it"),
        pytest.param(None, _one_comes, "CreateSIPDispatchRule", 1, False, id="guard made after the death"),
        pytest.param(None, _one_comes, "CreateSIPDispatchRule", 2, True, id="rule made, row without it"),
        pytest.param(None, _one_comes, "CreateSIPDispatchRule", 2, False, id="rule made after the death"),
        pytest.param(_one_comes, _new_pin, "UpdateSIPDispatchRule", 1, True, id="rule replaced, row without it"),
        pytest.param(_one_comes, _another_trunk, "CreateSIPDispatchRule", 4, True, id="moved, old one still there"),
        pytest.param(_one_comes, _another_trunk, "DeleteSIPDispatchRule", 1, True, id="moved, row without it"),
        pytest.param(_one_comes, _the_last_goes, "DeleteSIPDispatchRule", 1, True, id="rule deleted, row with it"),
    ],
)
def test_a_process_that_is_killed_in_the_middle_leaves_nothing_that_a_sweep_does_not_heal(
    site: Site,
    ours: Installation,
    victim: subprocess.Popen[bytes],
    before: Change | None,
    change: Change,
    method: str,
    times: int,
    applied: bool,
):
    theirs = ours.foreign(pin="4711", name="Night line")
    foreign = {rule["sip_dispatch_rule_id"]: rule for rule in ours.livekit.rules()}
    assert list(foreign) == [theirs]
    room = ours.room()
    if before:
        before(ours, room)
        until(lambda: _rule_stands(ours, room))
    already = ours.livekit.calls(method)
    for number in range(already + 1, times + 1):
        ours.livekit.delay(method, 0 if number < times else LATE if applied else SHORT, applied=applied)
    change(ours, room)
    until(_asked(ours, method, max(times, already + 1)))
    _kill(victim)
    _check_again(site, ours, foreign)


def _check_again(site: Site, ours: Installation, foreign: dict[str, Json]) -> None:
    """A sweep heals: the next one where work on hooks and marks beside the first changed what that had listed."""
    _begin_again(site)
    until_it_passes(lambda: Seen.now(ours, foreign).check())


def test_a_hook_that_was_answered_and_not_processed_is_processed_by_the_next_process(
    site: Site, ours: Installation, victim: subprocess.Popen[bytes]
):
    *busy, last = [ours.room() for _ in range(5)]
    ours.livekit.delay("ListParticipants", LATE, times=4)
    for room in busy:
        ours.join(room)
    until(_asked(ours, "ListParticipants", 4))  # every thread that follows a room waits for LiveKit
    ours.join(last)
    ours.livekit.settle()
    _kill(victim)
    assert Result.STORED in _results(last)
    _begin_again(site)
    until(lambda: Result.STORED not in _results(last))
    until_it_passes(lambda: Seen.now(ours, {}).check())


def _results(room: Room) -> list[Result]:
    found = list(db.session.scalars(sa.select(Delivery.result).where(Delivery.room_id == room.id)))
    db.session.commit()
    return found


def _signed_in(who: str) -> dict[str, str]:
    """Headers of a browser that is signed in at the installation."""
    token = sessions.start(persona(who))
    db.session.commit()
    signing = Flask("signing")
    signing.secret_key = SECRET_KEY
    serializer = SecureCookieSessionInterface().get_signing_serializer(signing)
    assert serializer is not None
    cookie = serializer.dumps({sessions.COOKIE_KEY: token, "csrf_token": CSRF})
    form = URLSafeTimedSerializer(SECRET_KEY, salt="wtf-csrf-token").dumps(CSRF)
    return {"Cookie": f"frontdesk={cookie}", "X-CSRFToken": form}


def _kill_while(ours: Installation, victim: subprocess.Popen[bytes], method: str, ask: Callable[[], object]) -> None:
    """Let somebody ask for something, and kill who serves it as soon as LiveKit hears of it."""
    before = ours.livekit.calls(method)
    with ThreadPoolExecutor(1) as pool:
        asking = pool.submit(ask)
        until(_asked(ours, method, before + 1))
        _kill(victim)
        assert isinstance(asking.exception(30), requests.ConnectionError)


def _outcome() -> DeedOutcome:
    found = db.session.scalars(sa.select(AuditEntry.outcome)).one()
    db.session.commit()
    return found


@pytest.mark.parametrize("done", [pytest.param(False, id="before LiveKit"), pytest.param(True, id="after LiveKit")])
def test_a_process_that_is_killed_while_a_meeting_is_ended_leaves_an_intent_that_the_next_sweep_fulfils(
    site: Site, ours: Installation, victim: subprocess.Popen[bytes], done: bool
):
    room = ours.room()
    db.session.add(Access(room_id=room.id, user_id=persona("owner").id, role=Role.OWNER))
    db.session.commit()
    _one_comes(ours, room)
    until(lambda: _rule_stands(ours, room))
    ours.livekit.delay("DeleteRoom", LATE if done else SHORT, applied=done)
    if not done:
        ours.livekit.fail("DeleteRoom")
    headers, url = _signed_in("owner"), f"{site.url}/rooms/{room.slug}/end"
    _kill_while(ours, victim, "DeleteRoom", lambda: requests.post(url, headers=headers, timeout=PATIENCE))
    assert _outcome() is DeedOutcome.NOT_CONFIRMED
    _begin_again(site)
    assert _outcome() is DeedOutcome.DONE
    assert ours.livekit.rooms() == []
    until(lambda: ours.rule_of(room) is None)


@pytest.mark.parametrize("done", [pytest.param(False, id="before LiveKit"), pytest.param(True, id="after LiveKit")])
def test_a_process_that_is_killed_while_a_trunk_is_made_leaves_an_intent_and_the_sweep_finds_out_what_became_of_it(
    site: Site, ours: Installation, victim: subprocess.Popen[bytes], done: bool
):
    ours.livekit.delay("CreateSIPInboundTrunk", LATE if done else SHORT, applied=done)
    if not done:
        ours.livekit.fail("CreateSIPInboundTrunk")
    headers, data = _signed_in("admin"), {"name": "Night line", "allowed_addresses": "192.0.2.7"}
    url = f"{site.url}/telephony/trunks/"
    ask = partial(requests.post, url, data=data, headers=headers, timeout=PATIENCE)
    _kill_while(ours, victim, "CreateSIPInboundTrunk", ask)
    assert _outcome() is DeedOutcome.NOT_CONFIRMED
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() - timedelta(minutes=2)))
    db.session.commit()
    _begin_again(site)
    assert _outcome() is (DeedOutcome.DONE if done else DeedOutcome.FAILED)
    made = db.session.scalars(sa.select(TrunkRow).where(TrunkRow.name == "Night line")).all()
    assert [row.assignable for row in made] == ([True] if done else [])
