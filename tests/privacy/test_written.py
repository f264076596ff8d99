"""What is written while nobody looks: lines of jobs, metrics, and what commands print."""

import json

import pytest
from flask import Flask
from prometheus_client import REGISTRY
from werkzeug.test import Client

from tests.privacy.bodies import NUMBER, PIN
from tests.privacy.canaries import DIGITS, TEXTS, number
from tests.privacy.planted import Planted
from tests.privacy.walk import logged
from tests.support.personas import browser
from webapp.core.db import db
from webapp.jobs import periodic, probes, register, work
from webapp.jobs.runner import Runner


def _run_all() -> None:
    for job in register.jobs():
        periodic.run_now(job)
    work.run_due(register.HANDLERS)
    db.session.commit()


@pytest.mark.parametrize("away", [False, True])
def test_no_job_writes_down_whom_it_worked_for(planted: Planted, away: bool, change_settings):
    change_settings(smtp_timeout=2, livekit_timeout=2)
    if away:
        planted.livekit.go_away()
    with logged() as log:
        _run_all()
    planted.livekit.heal()
    text = log.getvalue()
    assert ("no_connection" in text) is away, "its failures are logged, too"
    assert planted.canaries.within(text) == {}


LABELS = "code door endpoint event job kind method reason result status what"


def test_each_label_of_a_metric_was_read_for_what_it_may_hold(app: Flask):
    known = {name for metric in REGISTRY._collector_to_names for name in getattr(metric, "_labelnames", ())}
    assert " ".join(sorted(known)) == LABELS, "are the values of the new one words of our own code?"


def test_no_metric_names_anybody_neither_of_the_web_process_nor_of_the_worker(planted: Planted):
    with logged():
        _run_all()
    token = {"Authorization": f"Bearer {TEXTS['secret.metrics']}"}
    web = browser(planted.app).get("/metrics", headers=token)
    worker = Client(probes.Probes(planted.app, Runner(planted.app, {}))).get("/metrics", headers=token)
    for answer in (web, worker):
        assert answer.status_code == 200 and "frontdesk_due_work_open" in answer.text
        assert planted.canaries.within(answer.data) == {}


def _printed(app: Flask, *arguments: str, typed: str = "") -> str:
    with logged() as log:
        result = app.test_cli_runner().invoke(args=arguments, input=typed)
    return f"{result.stdout}\n{result.stderr}\n{log.getvalue()}"


def test_the_explanation_of_a_call_in_a_terminal_repeats_no_number_and_no_pin(planted: Planted):
    asked = ("--to", number("number.trunk"), "--from", NUMBER)
    for pin in (DIGITS["pin.current"], DIGITS["pin.rule"], PIN):
        text = _printed(planted.app, "telephony", "explain", *asked, "--pin", pin)
        assert planted.canaries.within(text).keys() <= {"room.name", "number.trunk"}, pin
    refused = _printed(planted.app, "telephony", "explain", *asked, "--pin", f"{PIN}x")
    assert planted.canaries.within(refused) == {}


def test_the_verdict_on_a_written_case_repeats_no_number_and_no_pin(planted: Planted):
    trunk = {"sip_trunk_id": "ST_1", "numbers": [number("number.trunk")], "allowed_numbers": [number("number.allowed")]}
    rule = {"sip_dispatch_rule_id": "SDR_1", "name": f"line of {number('number.rule')}"}
    rule["rule"] = {"dispatch_rule_direct": {"room_name": "r", "pin": DIGITS["pin.rule"]}}
    call = {"to_user": number("number.trunk"), "from_user": number("number.caller")}
    case = {"id": "1", "trunks": [trunk], "rules": [rule], "call": call, "typed": DIGITS["pin.rule"]}
    text = _printed(planted.app, "telephony", "evaluate", typed=json.dumps(case) + f"\n{{{PIN}\n")
    assert planted.canaries.within(text) == {}, text


def test_the_check_of_an_installation_prints_no_secret(planted: Planted):
    text = _printed(planted.app, "check", "--connect")
    assert "FRONTDESK_SMTP_URL: nothing answers" in text
    assert planted.canaries.within(text) == {}
