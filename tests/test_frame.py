"""The frame holds: health, sign-in by default, headers, refusals."""

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families
from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError

from tests.support.personas import Browser
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.core.leases import held
from webapp.core.security import local_url


def test_the_app_says_that_it_is_alive_and_ready(client: Browser):
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert "python_info" in client.get("/metrics").text


def test_every_answer_carries_a_policy_without_inline_script(client: Browser):
    headers = client.get("/healthz").headers
    assert "script-src 'self';" in headers["Content-Security-Policy"]
    assert "unsafe-inline" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "/\t/e", "", "//["])
def test_a_target_on_another_site_is_not_followed(target: str):
    assert local_url(target) is None


def test_a_target_on_this_site_is_followed():
    assert local_url("/rooms/?q=a") == "/rooms/?q=a"


def test_whoever_is_no_admin_is_sent_to_one_where_no_owner_can_help(client_as: Callable[[str], Browser]):
    refused = client_as("support").get("/telephony/moves/new")
    assert refused.status_code == 403
    assert "An admin can do this." in refused.text and "owner" not in refused.text


def test_production_refuses_to_run_on_development_secrets():
    with pytest.raises(ValidationError, match="FRONTDESK_SECRET_KEY"):
        Settings(environment="production")


def test_a_lease_is_held_by_one_at_a_time(app: Flask):
    with held("room:1") as first:
        assert first
        with held("room:1") as second:
            assert not second
    with held("room:1") as third:
        assert third


def test_no_call_goes_out_while_a_transaction_is_open(app: Flask):
    db.session.connection()
    with pytest.raises(RuntimeError, match="commit before"):
        db.refuse_open_transaction()
    db.session.commit()
    db.refuse_open_transaction()


def test_two_browsers_are_two_people(client_as: Callable[[str], Browser]):
    one, other = client_as("owner"), client_as("stranger")
    assert "owner@frontdesk.example" in one.get("/account/").text
    assert "stranger@frontdesk.example" in other.get("/account/").text


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_what_people_typed_is_in_no_database_error(app: Flask, method: str):
    with app.test_request_context("/", method=method), pytest.raises(DBAPIError) as failure:
        db.session.execute(sa.text("SELECT * FROM nowhere WHERE name = :typed"), {"typed": "Walburga"})
    assert "nowhere" in str(failure.value) and "Walburga" not in str(failure.value)


def test_no_metric_has_a_label_that_could_name_somebody(app: Flask, client: Browser):
    ours = {
        "event",
        "result",
        "job",
        "kind",
        "reason",
        "what",
        "door",
        "endpoint",
        "method",
        "status",
        "code",
        "severity",
        "le",
    }  # words of our own code, never of a request
    process = {"implementation", "major", "minor", "patchlevel", "version", "generation"}
    samples = [
        each for family in text_string_to_metric_families(client.get("/metrics").text) for each in family.samples
    ]
    assert {name for sample in samples for name in sample.labels} <= ours | process
    assert any(sample.name.startswith("frontdesk_") for sample in samples)
