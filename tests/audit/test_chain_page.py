"""The log says whether its chain holds: a badge, what is broken and where, and a button that has it verified."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from tests.support.chain import PUBLIC, sign, write
from tests.support.personas import SWAP, Browser
from webapp.audit import sealing, verifying
from webapp.audit.chain_models import ChainState, Verification
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.jobs import register, work

ClientAs = Callable[[str], Browser]
VERIFY = "/audit/chain/verify"


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


def verified() -> None:
    db.session.commit()
    verifying.periodic()


@pytest.mark.parametrize("who", ["owner", "support", "stranger"])
def test_only_admins_see_and_verify_it(client_as: ClientAs, room, who: str):
    assert client_as(who).get("/audit/chain").status_code == 403
    assert client_as(who).post(VERIFY).status_code == 403


def test_an_intact_chain_is_said_quietly_with_the_time(client_as: ClientAs, room):
    verified()
    text = client_as("admin").get("/audit/log").text
    assert "Chain intact, verified" in text and "just now" in text and "Chain broken" not in text
    page = client_as("admin").get("/audit/chain").text
    assert PUBLIC in page and "With Ed25519" in page and "Intact" in page


def test_a_broken_chain_stands_on_top_and_names_the_entry_and_what_to_do(client_as: ClientAs, room):
    entry = write(3)[1]
    sealing.seal()
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.id == entry.id).values(reason="never said"))
    verified()
    for path in ("/audit/log", "/audit/chain"):
        text = client_as("admin").get(path).text
        assert f"Chain broken at entry {entry.id:,}" in text
        assert f"Entry {entry.id:,} was changed after it was sealed." in text
        assert "Keep a copy of the database" in text


def test_a_chain_that_nobody_signs_says_so_and_how_to_sign_it(client_as: ClientAs, room, change_settings):
    change_settings(audit_key=SecretStr(""))
    verified()
    text = client_as("admin").get("/audit/log").text
    assert "Chain not signed" in text and "FRONTDESK_AUDIT_KEY" in text


def test_a_chain_that_nobody_has_verified_for_long_is_not_called_intact(client_as: ClientAs, room):
    assert "Chain not verified yet" in client_as("admin").get("/audit/log").text
    verified()
    db.session.execute(sa.update(Verification).values(started_at=utcnow() - timedelta(hours=27)))
    db.session.commit()
    text = client_as("admin").get("/audit/log").text
    assert "Chain not verified since" in text and "Chain intact" not in text


def test_verify_now_begins_and_the_badge_is_asked_for_until_it_is_done(client_as: ClientAs, room):
    admin = client_as("admin")
    begun = admin.post(VERIFY, headers=SWAP)
    assert begun.status_code == 200 and "Verifying" in begun.text and 'hx-trigger="every 2s"' in begun.text
    assert "<html" not in begun.text
    work.run_due(register.HANDLERS)
    done = admin.get("/audit/chain", headers=SWAP)
    assert "Chain intact" in done.text and "hx-trigger" not in done.text
    assert "started a verification of the audit log" in admin.get("/audit/log").text


def test_how_far_it_is_stands_in_the_badge(client_as: ClientAs, room):
    db.session.add(Verification(checked=31_000, total=48_219))
    db.session.commit()
    assert "Verifying 31,000 of 48,219…" in client_as("admin").get("/audit/log").text


def test_without_scripts_the_page_says_when_it_began(client_as: ClientAs, room):
    answer = client_as("admin").post(VERIFY)
    assert (answer.status_code, answer.location) == (303, "/audit/chain")
    assert "A verification began" in client_as("admin").get("/audit/chain").text


def test_pressed_twice_it_runs_once(client_as: ClientAs, app: Flask, room):
    for _ in range(2):
        client_as("admin").post(VERIFY)
    assert work.run_due(register.HANDLERS) == 1
    assert [run.state for run in verifying.lately(5)] == [ChainState.INTACT]
