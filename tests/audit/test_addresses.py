"""The network addresses of entries are shortened after 90 days, and the chain does not notice."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from tests.support import plans
from tests.support.chain import entries, sign, verdict
from tests.support.database import failing
from webapp.audit import Actor, addresses, record, sealing
from webapp.audit.chain_models import ChainState
from webapp.audit.models import ActorKind, AuditEntry
from webapp.core.db import db, utcnow
from webapp.jobs import register

ADDRESSES = {
    "192.0.2.77": "192.0.2.0/24",
    "::ffff:192.0.2.77": "192.0.2.0/24",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::/48",
    "fe80::1%eth0": "fe80::/48",
    "192.0.2.0/24": "192.0.2.0/24",
    "of no kind": "",
    "": "",
}


def write(address: str, days: float) -> None:
    record("room.create", "room", Actor.guest(address)).at = utcnow() - timedelta(days=days)
    db.session.commit()


@pytest.mark.parametrize("address", ADDRESSES)
def test_of_an_old_address_its_network_is_left(app: Flask, change_settings, address: str):
    sign(change_settings)
    write(address, 90.1)
    sealing.seal()
    register.by_name()["shorten_addresses"].function()
    assert [entry.address for entry in entries()] == [ADDRESSES[address]]
    assert verdict().state is ChainState.INTACT


def test_a_newer_address_stays_and_what_is_short_is_written_no_second_time(app: Flask):
    write("192.0.2.77", 89.9)
    write("192.0.2.78", 91)
    assert addresses.shorten() == 1
    assert [entry.address for entry in entries()] == ["192.0.2.77", "192.0.2.0/24"]
    with failing("UPDATE audit_entries", AssertionError()):
        assert addresses.shorten() == 0


def test_more_than_a_piece_is_shortened(app: Flask):
    for number in range(5):
        write(f"192.0.2.{number}", 100)
    assert addresses.shorten(piece=2) == 5
    assert {entry.address for entry in entries()} == {"192.0.2.0/24"}


def test_each_run_reads_only_what_has_grown_old_since(app: Flask):
    old = ({"address": "192.0.2.0/24", "at": utcnow() - timedelta(days=100)} for _ in range(3000))
    new = ({"address": "192.0.2.77", "at": utcnow()} for _ in range(3000))
    about = {"actor": ActorKind.SYSTEM, "action": "room.edit", "target_kind": "room", "target_id": "", "details": {}}
    plans.fill(AuditEntry, ({**about, **row} for row in (*old, *new)))
    write("192.0.2.78", 91)
    with db.engine.connect() as connection:
        asked = addresses.whole(utcnow() - addresses.AGE).limit(100)
        text = str(asked.compile(connection, compile_kwargs={"literal_binds": True}))
        assert "ix_audit_entries_whole_address" in plans.explain(connection, text)
    assert addresses.shorten() == 1


def test_an_address_that_is_emptied_meanwhile_stays_empty(app: Flask):
    write("192.0.2.77", 100)
    emptied: list[str] = []

    def empty(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if emptied or not statement.startswith("SELECT audit_entries.id, audit_entries.address"):
            return
        emptied.append(statement)
        with db.engine.begin() as another:
            another.execute(sa.update(AuditEntry).values(address=""))

    for engine in db.engines:
        event.listen(engine, "after_cursor_execute", empty)
    try:
        addresses.shorten()
    finally:
        for engine in db.engines:
            event.remove(engine, "after_cursor_execute", empty)
    assert emptied and [entry.address for entry in entries()] == [""]
