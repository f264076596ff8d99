"""Whatever is done to the stored trail behind the application's back is caught: ten thousand times, at random.

Most is done to small chains in memory, through the verifier that the command and the page use, and some of it to rows.
"""

import random
import uuid
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support.chain import PUBLIC, sign, verdict, write
from tests.support.tampering import TAMPERINGS, Rows, copied, whole
from webapp.audit import Actor, chain, encoding, forgetting, intents, keys, pruning, record, records, sealing
from webapp.audit.chain_models import AuditSeal, ChainState
from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome
from webapp.core.db import db, utcnow

IN_MEMORY, IN_ROWS = 10_000, 300
TABLES = ("audit_entries", "audit_seals", "audit_heads", "audit_anchors")
FORGOTTEN, OTHER = uuid.UUID(int=7), uuid.UUID(int=8)
KNOWN = {keys.key_id(PUBLIC): PUBLIC}


def test_ten_thousand_tamperings_are_all_caught(app: Flask, change_settings):
    sign(change_settings)
    signer, chance = keys.signer(), random.Random(12)
    escaped, caught = [], Counter()
    chains = [whole(signer, chance) for _ in range(100)]
    for seals, heads, kept, anchors in chains:
        assert chain.verify(seals, heads, KNOWN, kept=kept, anchor=anchors[0]).state is ChainState.INTACT
    for number in range(IN_MEMORY):
        before = chains[number % len(chains)]
        found = copied(before)
        deed = TAMPERINGS[number // len(chains) % len(TAMPERINGS)]
        deed(found, chance)
        assert found != before, deed.__name__
        said = chain.verify(found[0], found[1], KNOWN, kept=found[2], anchor=found[3][0])
        caught[f"{deed.__name__} {said.problem or said.state.value}"] += 1
        if said.state is ChainState.INTACT:
            escaped.append((deed.__name__, before, found))
    assert escaped == [], caught


def stored() -> dict[str, sa.Table]:
    """The tables as the database has them, without our types: whoever tampers keeps to no choice of ours."""
    metadata = sa.MetaData()
    metadata.reflect(db.engine, only=TABLES)
    return {name: metadata.tables[name] for name in TABLES}


def rows_of(table: sa.Table) -> Rows:
    return [dict(row) for row in db.session.execute(sa.select(table).order_by(*table.primary_key)).mappings()]


def other(column: sa.Column[Any], value: Any, chance: random.Random) -> Any:
    """Another value that the column takes."""
    if isinstance(column.type, sa.Integer):
        return (value or 0) + chance.choice([1000, 2000])
    if isinstance(column.type, sa.JSON):
        return value | {"more": 1}
    if isinstance(column.type, sa.Uuid):
        return uuid.UUID(int=chance.getrandbits(128))
    if isinstance(column.type, sa.DateTime):
        return value - timedelta(microseconds=chance.choice([1, 1_000_000]))
    return ("y" if str(value or "").startswith("x") else "x") + str(value or "")[1:]


def tamper(tables: dict[str, sa.Table], chance: random.Random) -> str:
    """One deed in the database; says what it was."""
    deed = chance.choice(["edit", "edit", "edit", "edit", "delete", "swap", "cut", "pass_off"])
    entries, seals = tables["audit_entries"], tables["audit_seals"]
    if deed == "edit":
        table = chance.choice(list(tables.values()))
        column = chance.choice([column for column in table.columns if column.name != "address"])  # it is shortened
        row = chance.choice(rows_of(table))
        changed = sa.update(table).where(*(key == row[key.name] for key in table.primary_key))
        db.session.execute(changed.values({column.name: other(column, row[column.name], chance)}))
        return f"edit {column}"
    if deed == "delete":
        table = chance.choice([entries, seals])
        (key,) = table.primary_key
        db.session.execute(sa.delete(table).where(key == chance.choice(rows_of(table))[key.name]))
        return f"delete {table}"
    if deed == "swap":
        one, two = chance.sample(rows_of(entries), 2)
        for row, by in ((one, two), (two, one)):
            values = {name: value for name, value in by.items() if name != "id"}
            db.session.execute(sa.update(entries).where(entries.c.id == row["id"]).values(**values))
        return "swap"
    if deed == "pass_off":
        return pass_off(entries, seals, chance)
    at = chance.choice(rows_of(seals))["seq"]
    db.session.execute(sa.delete(seals).where(seals.c.seq >= at if chance.random() < 0.5 else seals.c.seq <= at))
    return "cut"


def pass_off(entries: sa.Table, seals: sa.Table, chance: random.Random) -> str:
    """Empty an entry of somebody else, as forgetting would, and name the entry by which a person was forgotten."""
    told = {row["id"]: row for row in rows_of(entries)}
    salted = [seal for seal in rows_of(seals) if seal["salt"]]
    seal = chance.choice([seal for seal in salted if told[seal["entry_id"]]["user_id"] in {None, OTHER}])
    kept = {
        f"{name}_commitment": encoding.commitment(seal["salt"], name, told[seal["entry_id"]][name])
        for name in encoding.TYPED
    }
    gone = sa.update(AuditSeal).where(AuditSeal.seq == seal["seq"])
    db.session.execute(gone.values(salt="", forgotten=FORGOTTEN if chance.random() < 0.5 else OTHER, **kept))
    db.session.execute(sa.update(entries).where(entries.c.id == seal["entry_id"]).values(reason="", details={}))
    return "pass_off"


@pytest.fixture
def sealed_trail(app: Flask, change_settings) -> Iterator[None]:
    """A trail with all kinds of entries, sealed, of which the oldest were pruned."""
    sign(change_settings)
    change_settings(audit_keep_days=90)
    for entry in write(3):
        entry.at = utcnow() - timedelta(days=100)
    write(6)
    pruning.prune(pruning.plan())
    assert records.anchor()["seq"] == 3
    record("room.rotate_pin", "room", Actor.guest("192.0.2.7"), reason="leaked", name="é")
    open_one = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    db.session.commit()
    sealing.seal()
    open_one.target_id = "ST_1"
    intents.settle(open_one, DeedOutcome.FAILED, "unavailable")
    for user_id in (FORGOTTEN, OTHER, FORGOTTEN):
        record("room.reveal_pin", "room", Actor(ActorKind.USER, user_id, "192.0.2.7"), reason="asked")
    write(3)
    sealing.seal()
    record(encoding.FORGET, str(FORGOTTEN), Actor.system())
    assert forgetting.forget(FORGOTTEN) == 2
    db.session.commit()
    sealing.seal()
    assert verdict().state is ChainState.INTACT
    yield
    db.session.rollback()


def test_hundreds_of_tamperings_with_rows_are_all_caught(sealed_trail: None):
    chance = random.Random(12)
    tables = stored()
    before = {table: rows_of(table) for table in tables.values()}
    escaped = []
    for _ in range(IN_ROWS):
        done = tamper(tables, chance)
        db.session.commit()
        said = verdict()
        if said.state is ChainState.INTACT:
            escaped.append(done)
        for table, rows in before.items():
            if rows_of(table) != rows:
                db.session.execute(sa.delete(table))
                db.session.execute(sa.insert(table), rows)
        db.session.commit()
    assert escaped == []
    assert verdict().state is ChainState.INTACT


def test_the_network_address_may_be_shortened(sealed_trail: None):
    db.session.execute(sa.update(AuditEntry).values(address="192.0.2.0"))
    db.session.commit()
    assert verdict().state is ChainState.INTACT
