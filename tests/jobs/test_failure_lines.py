"""A line about a failure says of what, by an id that can be looked up, and why, by a code."""

import ast
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

import webapp
from tests.support.installation import Installation
from tests.support.written import written
from webapp.core import due
from webapp.core.db import db, utcnow
from webapp.core.due import NotYet
from webapp.jobs import periodic, work
from webapp.jobs.periodic import Job
from webapp.livekit.errors import LiveKitUnavailable
from webapp.rooms.models import Room

ABOUT_THE_PROCESS = {"thread.failed", "process.failed", "background.failed", "heartbeat.failed", "question.failed"}
PAGES = {  # the request says of what
    "gate.failed",
    "intent.failed",
    "livekit.failed",
    "sign_in.failed",
    "sign_out.provider_failed",
}


def of(lines: list[dict[str, Any]], event: str) -> list[dict[str, Any]]:
    return [
        {name: value for name, value in line.items() if name not in {"timestamp", "level", "event"}}
        for line in lines
        if line["event"] == event
    ]


def test_a_sweep_that_could_not_delete_a_rule_names_the_room_its_rules_and_the_code(installation: Installation):
    room = installation.live()
    rule = installation.rule_of(room)
    assert rule is not None
    double = {name: value for name, value in rule.items() if name != "sip_dispatch_rule_id"}
    (stray,) = installation.store(double)
    db.session.execute(sa.update(Room).values(rule_changed_at=utcnow() - timedelta(minutes=1)))
    db.session.commit()
    installation.livekit.fail("DeleteSIPDispatchRule", "internal", times=5)
    with written() as lines:
        installation.sweep()
        told = of(lines(), "sweep.failed")
    rules = {rule["sip_dispatch_rule_id"], stray}
    assert [(each["room"], each["code"], set(each["rules"])) for each in told] == [(str(room.id), "internal", rules)]


def test_a_sweep_that_could_not_heal_a_guard_names_the_trunk_and_the_code(installation: Installation):
    installation.live()
    (guard,) = installation.guards()
    installation.livekit.call("SIP", "DeleteSIPDispatchRule", sip_dispatch_rule_id=guard["sip_dispatch_rule_id"])
    installation.livekit.fail("CreateSIPDispatchRule", "internal")
    with written() as lines:
        installation.sweep()
        told = of(lines(), "sweep.failed")
    assert told == [{"trunk": installation.trunk_id, "rules": [], "code": "internal"}]


def test_due_work_that_failed_names_its_ids_and_the_code(app: Flask, room: Room):
    for kind, error in (("one", NotYet("no_answer")), ("two", LiveKitUnavailable("timeout")), ("three", OSError())):
        work_id = str(due.add(kind, room_id=str(room.id)).id)
        db.session.commit()

        def fail(error: Exception = error, **_ids: str) -> None:
            raise error

        with written() as lines:
            work.run_due({kind: fail})
            (told,) = of(lines(), "due_work.failed")
        assert (told["kind"], told["work_id"], told["payload"]) == (kind, work_id, {"room_id": str(room.id)})
        assert told["code"] == {"one": "no_answer", "two": "timeout", "three": "OSError"}[kind]


def test_a_job_that_failed_is_named_with_livekits_code(app: Flask):
    def fail() -> None:
        raise LiveKitUnavailable("no_connection")

    with written() as lines:
        periodic.run_now(Job("rules", timedelta(minutes=1), fail))
        assert of(lines(), "job.failed") == [{"job": "rules", "code": "no_connection"}]


def calls_of_failures() -> list[tuple[str, set[str]]]:
    """Each event that is logged as failed, with the names of what is said of it."""
    found = []
    for path in sorted(Path(webapp.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            event = node.args[0]
            logs = node.func.attr in {"warning", "error", "exception", "critical"}
            if logs and isinstance(event, ast.Constant) and str(event.value).endswith("failed"):
                found.append((event.value, {keyword.arg or "**" for keyword in node.keywords}))
    return found


@pytest.mark.parametrize(("event", "said"), calls_of_failures())
def test_whatever_failed_is_logged_with_a_code_and_an_id(event: str, said: set[str]):
    if event in ABOUT_THE_PROCESS | PAGES:
        return
    assert "code" in said or "error" in said
    assert (
        said & {"**", "room", "run", "work", "job", "recording", "move", "trunk", "rule", "mail"}
        or event == "runner.failed"
    )
