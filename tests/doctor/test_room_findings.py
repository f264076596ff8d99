"""The worst of each room is kept as a row, which lists read instead of LiveKit."""

import uuid

from tests.support.factories import make_room
from tests.support.findings import RECIPES
from tests.support.installation import Installation
from tests.support.repairs import missing
from webapp.core.db import db
from webapp.doctor import diagnosis, room_findings
from webapp.doctor import reading as readings
from webapp.doctor.kinds import ORDER, Kind
from webapp.doctor.models import RoomFinding


def rows() -> dict[uuid.UUID, tuple[str, int]]:
    """What is kept."""
    return {each.room_id: (each.kind, each.place) for each in db.session.query(RoomFinding)}


def test_an_outage_of_the_trunk_is_the_worst_of_every_room_on_it(installation: Installation):
    room, elsewhere = installation.live(), installation.live(trunk_id=installation.trunk("+15550077"))
    RECIPES[Kind.CONFLICT](installation)
    found = room_findings.worst(readings.read())
    assert found[room.id] is Kind.CONFLICT
    assert found.get(elsewhere.id) is not Kind.CONFLICT


def test_a_finding_about_rules_of_two_rooms_is_one_of_both(installation: Installation):
    first, second = installation.live(), installation.live()
    rule = installation.rule_of(second)
    assert rule is not None
    direct = {"room_name": str(second.id), "pin": str(first.pin)}
    installation.store({**rule, "rule": {"dispatch_rule_direct": direct}})
    found = room_findings.worst(readings.read())
    assert found[first.id] is found[second.id] is Kind.CONFLICT


def test_the_job_keeps_what_it_found_until_it_is_put_right(installation: Installation):
    room = missing(installation)
    diagnosis.diagnose()
    assert rows() == {room.id: ("missing", ORDER[Kind.MISSING])}
    installation.sweep()
    diagnosis.diagnose()
    assert rows() == {}


def test_the_rows_follow_what_is_found(app: object):
    first, second, third = make_room(), make_room(), make_room()
    room_findings.keep({first.id: Kind.MISSING, second.id: Kind.STALE})
    room_findings.keep({second.id: Kind.WRONG_PIN, third.id: Kind.STALE})
    db.session.commit()
    assert rows() == {
        second.id: ("wrong-pin", ORDER[Kind.WRONG_PIN]),
        third.id: ("stale-rule", ORDER[Kind.STALE]),
    }
