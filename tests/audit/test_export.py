"""A verifier that is not Frontdesk, fed with the export, comes to the verdict of `flask audit verify`."""

import json
import random
import subprocess
import sys
import uuid
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr

from tests.support.chain import PUBLIC, sign, write
from tests.support.database import LOCKED, failing
from tests.support.tampering import TAMPERINGS, Rows, copied, whole
from tools import verify_audit
from webapp.audit import Actor, chain, commands, encoding, forgetting, intents, keys, pruning, record, sealing
from webapp.audit.chain_models import AuditSeal, ChainAnchor, ChainHead
from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome
from webapp.core.db import db, utcnow

TOOL = Path(verify_audit.__file__)
FORGOTTEN, OTHER = uuid.UUID(int=7), uuid.UUID(int=8)
GONE = "forgotten IS NOT NULL"
CHANGES = {
    "nothing": sa.update(AuditEntry).values(address="192.0.2.0"),
    "a reason": sa.update(AuditEntry).where(AuditEntry.target_id == "job-2").values(reason="never said"),
    "a deletion": sa.delete(AuditEntry).where(AuditEntry.target_id == "job-1"),
    "a seal": sa.delete(AuditSeal).where(AuditSeal.seq == 3),
    "an outcome": sa.update(AuditEntry).where(AuditEntry.action == "trunk.create").values(problem=""),
    "a head": sa.update(ChainHead).values(hash="0" * 64),
    "a signature": sa.update(ChainHead).values(signature=""),
    "no signature": sa.update(ChainHead).values(key_id="", signature=""),
    "no head": sa.delete(ChainHead),
    "a forgotten entry's reason": sa.update(AuditEntry).where(AuditEntry.user_id == FORGOTTEN).values(reason="x"),
    "a forgotten entry's commitment": sa.update(AuditSeal).where(sa.text(GONE)).values(reason_commitment="0" * 64),
    "who was forgotten": sa.update(AuditSeal).where(sa.text(GONE)).values(forgotten=OTHER),
    "no one was forgotten": sa.update(AuditSeal).where(sa.text(GONE)).values(forgotten=None),
    "a commitment more": sa.update(AuditSeal).where(AuditSeal.seq == 2).values(details_commitment="0" * 64),
    "the anchor": sa.delete(ChainAnchor),
    "the anchor's hash": sa.update(ChainAnchor).values(hash="0" * 64),
    "the anchor's place": sa.update(ChainAnchor).values(seq=2),
    "the anchor's signature": sa.update(ChainAnchor).values(key_id="", signature=""),
    "the end": sa.delete(AuditSeal).where(AuditSeal.seq > 4),
}


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


@pytest.fixture
def trail(app: Flask, change_settings) -> None:
    """Entries with all kinds of seals; the oldest was pruned."""
    change_settings(audit_keep_days=90)
    record("job.run_now", "old", Actor.system()).at = utcnow() - timedelta(days=100)
    write(4)
    pruning.prune(pruning.plan())
    record("room.rotate_pin", "room", Actor.guest("192.0.2.7"), reason="leaked – “é” 😀", share=2.5, name=None)
    entry = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    db.session.commit()
    sealing.seal()
    record("room.reveal_pin", "room", Actor(ActorKind.USER, FORGOTTEN), reason="asked")
    record("room.reveal_pin", "room", Actor(ActorKind.USER, OTHER), reason="asked")
    db.session.commit()
    sealing.seal()
    record(encoding.FORGET, str(FORGOTTEN), Actor.system())
    assert forgetting.forget(FORGOTTEN) == 1
    intents.settle(entry, DeedOutcome.FAILED, "unavailable")
    db.session.commit()
    sealing.seal()


def run(app: Flask, *words: str) -> tuple[int, str]:
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["audit", *words])
    return result.exit_code, result.stdout


def outside(export: Path, *words: str) -> tuple[int, str]:
    command = [sys.executable, "-I", str(TOOL), str(export), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return done.returncode, done.stdout


@pytest.mark.parametrize("change", CHANGES)
def test_both_come_to_the_same_verdict(app: Flask, trail: None, tmp_path: Path, change: str):
    db.session.execute(CHANGES[change])
    db.session.commit()
    here = run(app, "verify")
    assert run(app, "export", "--output", str(tmp_path / "export"))[0] == 0
    assert outside(tmp_path / "export", "--public-key", PUBLIC) == here
    assert here[0] == {"nothing": 0, "no signature": 3, "the anchor's signature": 3}.get(change, 1)


def test_without_the_public_key_neither_calls_it_intact(app: Flask, trail: None, tmp_path: Path, change_settings):
    run(app, "export", "--output", str(tmp_path / "export"))
    change_settings(audit_key=SecretStr(""))
    assert outside(tmp_path / "export") == run(app, "verify")
    assert outside(tmp_path / "export")[0] == 3


def test_an_export_that_fails_in_the_middle_leaves_the_file_as_it_was_and_nothing_beside_it(
    app: Flask, trail: None, tmp_path: Path
):
    file = tmp_path / "export"
    file.write_text("the one of yesterday")
    with failing("SELECT audit_seals.seq, audit_seals.entry_id", LOCKED) as failed:
        assert run(app, "export", "--output", str(file))[0] == 1
    assert failed and file.read_text() == "the one of yesterday"
    assert list(tmp_path.iterdir()) == [file]


def test_a_file_that_nobody_can_write_is_refused_in_one_sentence(app: Flask, trail: None, tmp_path: Path):
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["audit", "export", "--output", str(tmp_path / "none" / "export")])
    assert result.exit_code == 1 and "No such file or directory. Choose another one." in result.output


def test_an_export_to_standard_output_has_the_same_lines(app: Flask, trail: None, tmp_path: Path):
    run(app, "export", "--output", str(tmp_path / "export"))
    assert run(app, "export")[1] == run(app, "export", "--output", "-")[1] == (tmp_path / "export").read_text()


def test_heads_that_were_kept_elsewhere_count_for_both(app: Flask, trail: None, tmp_path: Path):
    run(app, "export", "--output", str(tmp_path / "before"))
    (head,) = [line for line in (tmp_path / "before").read_text().splitlines() if '"what": "head"' in line]
    (tmp_path / "heads").write_text(head + "\n")
    for model in (AuditSeal, AuditEntry, ChainHead, ChainAnchor):
        db.session.execute(sa.delete(model))
    write(2)
    run(app, "export", "--output", str(tmp_path / "export"))
    heads = ("--heads", str(tmp_path / "heads"))
    assert outside(tmp_path / "export", "--public-key", PUBLIC, *heads) == run(app, "verify", *heads)
    assert outside(tmp_path / "export", "--public-key", PUBLIC, *heads) == (1, "broken at seal 3: cut\n")


def in_lines(seals: Rows, heads: Rows, anchors: Rows) -> Sequence[dict[str, object]]:
    lines = [{"what": "anchor", **anchor} for anchor in anchors if anchor != encoding.START]
    lines += [{"what": "head", **head} for head in heads] + [{"salt": "", **seal, "what": "seal"} for seal in seals]
    return list(map(json.loads, map(json.dumps, lines)))


def test_both_say_the_same_of_hundreds_of_tamperings(app: Flask):
    signer, chance = keys.signer(), random.Random(4)
    known, raw = {keys.key_id(PUBLIC): PUBLIC}, {keys.key_id(PUBLIC): verify_audit.base64.b64decode(PUBLIC)}
    differ = []
    chains = [whole(signer, chance) for _ in range(20)]
    for number in range(600):
        found = seals, heads, kept, anchors = copied(chains[number % len(chains)])
        TAMPERINGS[number % len(TAMPERINGS)](found, chance)
        here = commands.words(chain.verify(seals, heads, known, kept=kept, anchor=anchors[0]))
        there = verify_audit.follow(in_lines(seals, heads, anchors), raw, kept)
        if here != there:
            differ.append((TAMPERINGS[number % len(TAMPERINGS)].__name__, here, there))
    assert differ == []


def test_it_is_short_and_shares_no_code():
    text = TOOL.read_text()
    assert text.count("\n") < 100 and "webapp" not in text
