"""What is wrong in LiveKit for repairs to put right, the pages that do it, and what became of a run."""

import html
import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from werkzeug.test import TestResponse

from tests.support.installation import Installation
from tests.support.personas import Browser
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.doctor import reading
from webapp.jobs import register, work
from webapp.repairs.models import ItemResult, RepairItem, RepairRun
from webapp.rooms.models import Room

As = Callable[[str], Browser]
URL = "/telephony/repairs/"


def url(kind: str, which: int = 0) -> str:
    """The page of a finding of that kind."""
    found = [finding for finding in reading.read().findings if finding.kind.value.startswith(kind)]
    assert found, f"no {kind} among {[finding.key for finding in reading.read().findings]}"
    db.session.commit()
    return f"/telephony/repairs/of/{found[which].key}"


def shown(page: TestResponse) -> dict[str, str]:
    """The fields of the dry run's form."""
    assert page.status_code in {200, 409, 422}, page.status_code
    fields = re.findall(r'<input[^>]*name="(choice|fingerprint)"[^>]*value="([^"]*)"', page.text)
    return {name: html.unescape(value) for name, value in fields}


def press(browser: Browser, page: str, **typed: str) -> TestResponse:
    """Look at the dry run and press its button."""
    return browser.post(page, data={**shown(browser.get(page)), **typed})


def orphan(installation: Installation) -> Room:
    """A room whose last web participant left unheard, so that its rule is still there."""
    room = installation.live()
    installation.livekit.call("RoomService", "DeleteRoom", room=str(room.id))
    db.session.query(Room).filter_by(id=room.id).update({"web_count": 0})
    db.session.commit()
    return room


def twin(installation: Installation, **fields: Any) -> list[str]:
    """Two foreign rules with one key on the trunk."""
    direct = {"dispatch_rule_direct": {"room_name": "elsewhere", "pin": "4711"}}
    names = ({"name": "Night line"}, {"name": "Day line"})
    rule = {"rule": direct, "trunk_ids": [installation.trunk_id], **fields}
    return installation.store(*[{**rule, **name} for name in names])


def ids(installation: Installation) -> set[str]:
    """The rules LiveKit has."""
    return {rule["sip_dispatch_rule_id"] for rule in installation.livekit.rules()}


def deed(action: str = "rule.repair") -> AuditEntry:
    """The one entry of the trail."""
    return db.session.query(AuditEntry).filter_by(action=action).one()


def missing(installation: Installation) -> Room:
    """A live room whose rule somebody deleted."""
    room = installation.live()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=str(room.sip_dispatch_rule_id))
    return room


def begin(browser: Browser, **typed: str) -> RepairRun:
    """Press the button of the dry run, and find the run."""
    answer = browser.post(URL, data={"scope": "all", **typed})
    assert answer.status_code == 303, answer.text
    assert answer.headers["Location"].startswith(URL)
    return last_run()


def last_run() -> RepairRun:
    """The newest run, as it is stored."""
    db.session.expire_all()
    run = db.session.scalars(sa.select(RepairRun).order_by(RepairRun.id.desc())).first()
    assert run is not None
    db.session.commit()
    return run


def results(run: RepairRun) -> dict[str, ItemResult]:
    """What became of each item."""
    found = db.session.scalars(sa.select(RepairItem).where(RepairItem.run_id == run.id).order_by(RepairItem.position))
    told = {item.key: item.result for item in found}
    db.session.commit()
    return told


def later() -> None:
    """What was put off is due, and is done."""
    db.session.execute(sa.update(DueWork).values(due_at=utcnow()))
    db.session.commit()
    work.run_due(register.HANDLERS)
