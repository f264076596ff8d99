"""Entries that are old enough go in the chain's order, and leave an anchor from which the rest is verified."""

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from pydantic import SecretStr

from tests.support.chain import PUBLIC, entries, heads, seals, sign, verdict, write
from tests.support.database import failing
from tools import verify_audit
from webapp.audit import Actor, chain, exporting, intents, pruning, records, sealing, verifying
from webapp.audit.chain_models import AuditSeal, ChainAnchor, ChainHead, ChainState, SealPart, Verification
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core.db import db, utcnow
from webapp.jobs import register

DAYS = 90


@pytest.fixture(autouse=True)
def kept_for_ninety_days(change_settings) -> None:
    sign(change_settings)
    change_settings(audit_keep_days=DAYS)


def age(written: list[AuditEntry], days: float = DAYS + 1) -> None:
    for entry in written:
        entry.at = utcnow() - timedelta(days=days)
    db.session.commit()


def written(old: int, young: int) -> None:
    """So many old entries and young ones, sealed."""
    age(write(old))
    write(young)
    sealing.seal()


def prune(piece: int = 100) -> None:
    pruning.prune(pruning.plan(), piece)
    sealing.seal()


def run(app: Flask, *words: str) -> Result:
    db.session.commit()
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["audit", *words])
    db.session.expire_all()
    return result


def places() -> list[int]:
    return [seal.seq for seal in seals()]


def test_what_is_older_goes_and_the_rest_is_verified_from_the_anchor(app: Flask):
    written(4, 3)
    hash_there = seals()[3].hash
    register.by_name()["prune_audit"].function()
    sealing.seal()
    assert places() == [5, 6, 7, 8]
    assert [entry.action for entry in entries()] == 3 * ["job.run_now"] + ["audit.prune"]
    anchor = records.anchor()
    assert (anchor["seq"], anchor["hash"], bool(anchor["signature"])) == (4, hash_there, True)
    assert (verdict().state, verdict().checked, verdict().last) == (ChainState.INTACT, 4, 8)
    assert run(app, "verify").stdout == "intact: 4 seals, the last is 8\n"


def test_the_log_tells_what_was_deleted(app: Flask):
    written(4, 3)
    prune()
    (told,) = [entry for entry in entries() if entry.action == "audit.prune"]
    day = (utcnow() - timedelta(days=DAYS)).date().isoformat()
    assert told.details == {"entries": 4, "seals": 4, "seq": 4, "until": day}


def test_by_default_nothing_is_ever_deleted(app: Flask, change_settings):
    change_settings(audit_keep_days=0)
    written(4, 1)
    register.by_name()["prune_audit"].function()
    assert len(entries()) == 5
    assert "kept for ever" in run(app, "prune").stdout


def test_what_is_not_old_enough_keeps_what_is_behind_it_in_the_chain(app: Flask):
    age(write(2))
    sealing.seal()
    age(write(1), DAYS - 1)
    sealing.seal()
    age(write(2))
    write(1)
    prune()
    assert places()[0] == 3
    assert verdict().state is ChainState.INTACT


def test_the_last_seal_stays_whatever_its_age_for_the_next_follows_it(app: Flask):
    written(3, 0)
    prune()
    assert places() == [3, 4]
    assert verdict().state is ChainState.INTACT


def test_a_deed_whose_outcome_is_open_stays_and_what_is_behind_it(app: Flask):
    age(write(2))
    open_one = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    age([open_one])
    written(2, 1)
    said = run(app, "prune", "--dry-run")
    assert (
        said.stdout.startswith("2 entries from before") and f"Entry {open_one.id} and all after it stay" in said.stderr
    )
    prune()
    assert places()[0] == 3
    open_one = db.session.get(AuditEntry, open_one.id)
    intents.settle(open_one, DeedOutcome.DONE)
    db.session.commit()
    prune()
    assert places()[0] == 6
    assert verdict().state is ChainState.INTACT


def test_a_deed_whose_outcome_was_sealed_much_later_keeps_its_entry_and_is_not_sealed_again(app: Flask):
    entry = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    age([entry])
    sealing.seal()
    write(1)
    sealing.seal()
    intents.settle(entry, DeedOutcome.DONE)
    db.session.commit()
    sealing.seal()
    assert [seal.part for seal in seals()] == [SealPart.OPENED, SealPart.WHOLE, SealPart.SETTLED]
    prune()
    assert sealing.seal_all() == 0 and records.unsealed() == (0, 0)
    assert [seal.seq for seal in seals()] == [2, 3, 4]
    assert db.session.get(AuditEntry, entry.id) is not None
    assert verdict().state is ChainState.INTACT


def test_it_goes_on_day_by_day_and_one_anchor_stays(app: Flask):
    written(2, 4)
    prune()
    age(list(entries())[:2])  # as it would be tomorrow; what is sealed was changed, so it is sealed anew
    db.session.execute(sa.delete(AuditSeal))
    db.session.execute(sa.delete(ChainHead))
    db.session.execute(sa.delete(ChainAnchor))
    db.session.commit()
    sealing.seal_all()
    prune()
    prune()
    assert [anchor.seq for anchor in db.session.scalars(sa.select(ChainAnchor))] == [2]
    assert verdict().state is ChainState.INTACT


def test_more_than_a_piece_goes_in_pieces_and_is_told_once(app: Flask):
    written(7, 2)
    prune(piece=2)
    assert places()[0] == 8
    assert [entry.action for entry in entries()].count("audit.prune") == 1


def test_who_dies_in_the_middle_leaves_a_chain_that_holds(app: Flask):
    written(7, 2)
    with failing("DELETE FROM audit_heads", MemoryError(), after=1), pytest.raises(MemoryError):
        prune(piece=2)
    db.session.rollback()
    sealing.seal()
    assert places()[0] == 3
    assert verdict().state is ChainState.INTACT
    prune()
    assert places()[0] == 8
    assert verdict().state is ChainState.INTACT


@pytest.mark.parametrize("deed", ["changed", "missing"])
def test_what_was_changed_behind_our_back_is_not_deleted(app: Flask, deed: str):
    written(4, 2)
    victim = entries()[1]
    changed = sa.update(AuditEntry).values(reason="never said") if deed == "changed" else sa.delete(AuditEntry)
    db.session.execute(changed.where(AuditEntry.id == victim.id))
    db.session.commit()
    register.by_name()["prune_audit"].function()
    assert places() == [1, 2, 3, 4, 5, 6]
    said = run(app, "prune")
    assert said.exit_code == 1 and f"broken at seal 2 ({deed})" in said.stderr


def test_while_the_last_verification_found_a_broken_chain_nothing_is_deleted(app: Flask):
    written(4, 2)
    db.session.add(Verification(ended_at=utcnow(), state=ChainState.BROKEN, problem="changed", seq=6, entry_id=6))
    db.session.commit()
    with pytest.raises(chain.Broken):
        prune()
    assert places()[0] == 1
    assert run(app, "verify").exit_code == 0
    prune()
    assert places()[0] == 5


def test_a_dry_run_says_what_would_go_and_deletes_nothing(app: Flask):
    written(4, 2)
    day = (utcnow() - timedelta(days=DAYS)).date().isoformat()
    said = run(app, "prune", "--dry-run")
    assert said.stdout == f"4 entries from before {day} (4 seals) would be deleted.\n"
    assert len(entries()) == 6
    assert run(app, "prune").stdout == f"4 entries from before {day} (4 seals) were deleted.\n"
    assert len(entries()) == 3
    assert run(app, "prune").stdout == f"0 entries from before {day} (0 seals) were deleted.\n"


def test_without_a_key_the_anchor_is_not_signed_and_the_verdict_says_so(app: Flask, change_settings):
    change_settings(audit_key=SecretStr(""))
    written(3, 2)
    prune()
    assert records.anchor()["signature"] == ""
    assert verdict(public={}).state is ChainState.UNSIGNED
    sign(change_settings)
    write(1)
    sealing.seal()
    assert verdict().state is ChainState.UNSIGNED, "nobody signed that the beginning was pruned"


FORGERIES: dict[str, Callable[[], object]] = {
    "signature": lambda: db.session.execute(sa.update(ChainAnchor).values(signature="A" * 86 + "==")),
    "seal_missing": lambda: db.session.execute(sa.delete(ChainAnchor)),
    "unknown_key": lambda: db.session.execute(sa.update(ChainAnchor).values(key_id="0" * 16)),
    "cut": lambda: [db.session.execute(sa.delete(model)) for model in (AuditSeal, AuditEntry, ChainHead)],
}


@pytest.mark.parametrize("problem", FORGERIES)
def test_an_anchor_that_is_forged_or_missing_is_caught(app: Flask, problem: str):
    written(3, 2)
    prune()
    FORGERIES[problem]()
    db.session.commit()
    assert (verdict().state, verdict().problem) == (ChainState.BROKEN, problem)


def test_entries_that_were_deleted_without_an_anchor_are_missed(app: Flask):
    written(3, 2)
    db.session.execute(sa.delete(AuditSeal).where(AuditSeal.seq <= 3))
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.id <= 3))
    db.session.commit()
    assert (verdict().problem, verdict().seq) == ("seal_missing", 1)


def kept_head(file: Path) -> None:
    head = records.head(heads()[-1])
    file.write_text(json.dumps({"what": "head", **head}) + "\n")


def test_a_head_from_before_the_anchor_that_was_kept_elsewhere_is_covered_by_it(app: Flask, tmp_path: Path):
    age(write(2))
    sealing.seal()
    kept_head(tmp_path / "heads")
    age(write(2))
    write(2)
    prune()
    assert records.anchor()["seq"] == 4
    assert run(app, "verify", "--heads", str(tmp_path / "heads")).exit_code == 0
    forged = json.loads((tmp_path / "heads").read_text()) | {"hash": "0" * 64}
    (tmp_path / "heads").write_text(json.dumps(forged) + "\n")
    assert run(app, "verify", "--heads", str(tmp_path / "heads")).stdout == "broken at seal 2: signature\n"


def test_a_head_at_the_anchor_must_have_its_hash(app: Flask, tmp_path: Path):
    age(write(2))
    sealing.seal()
    kept_head(tmp_path / "heads")
    for model in (AuditSeal, ChainHead):
        db.session.execute(sa.delete(model))
    db.session.execute(sa.update(AuditEntry).values(reason="made anew"))
    write(2)
    prune()
    words = ("--heads", str(tmp_path / "heads"))
    assert run(app, "verify", *words).stdout == "broken at seal 2: head\n"
    run(app, "export", "--output", str(tmp_path / "export"))
    tool = [sys.executable, verify_audit.__file__, str(tmp_path / "export"), "--public-key", PUBLIC, *words]
    assert subprocess.run(tool, capture_output=True, text=True, check=False).stdout == "broken at seal 2: head\n"


def test_the_export_begins_with_the_anchor(app: Flask, tmp_path: Path):
    written(3, 2)
    prune()
    run(app, "export", "--output", str(tmp_path / "export"))
    lines = list(map(json.loads, (tmp_path / "export").read_text().splitlines()))
    assert [line["what"] for line in lines] == ["anchor", "head", "seal", "seal", "seal"]


def test_the_log_may_be_pruned_while_the_chain_is_followed(app: Flask):
    written(3, 2)
    begun: list[int] = []

    def tell(_checked: int, total: int) -> None:
        if not begun:
            begun.append(total)
            prune()

    assert verifying.look(tell).state is ChainState.INTACT
    assert begun == [5]


def test_an_export_during_which_the_log_was_pruned_cannot_be_used(app: Flask):
    written(3, 2)
    lines = exporting.lines()
    next(lines)
    prune()
    with pytest.raises(exporting.Pruned):
        list(lines)


def test_the_standing_says_for_how_long_and_how_far(app: Flask):
    assert pruning.standing() == pruning.PruneStanding(DAYS, None, True)
    written(3, 2)
    prune()
    told = pruning.standing()
    assert told.anchor is not None and told.anchor.seq == 3 and told.anchor.pruned_at <= utcnow()
