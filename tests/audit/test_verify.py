"""The chain is followed by a command, by due work and once a day; what was found is kept, and says which entry."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask
from pydantic import SecretStr

from tests.support.chain import PUBLIC, entries, heads, sign, write
from webapp.audit import Actor, encoding, keys, sealing, verifying
from webapp.audit.chain_models import AuditSeal, ChainHead, ChainState, Verification
from webapp.audit.models import AuditEntry
from webapp.core.db import db, utcnow
from webapp.jobs import register, work


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


def verify(app: Flask, *words: str) -> Result:
    db.session.commit()
    with app.app_context():
        result = app.test_cli_runner().invoke(args=["audit", "verify", *words])
    db.session.expire_all()
    return result


def change(entry: AuditEntry) -> None:
    db.session.execute(sa.update(AuditEntry).where(AuditEntry.id == entry.id).values(reason="never said"))
    db.session.commit()


def test_an_intact_chain_is_one_line_and_exit_code_0(app: Flask):
    write(3)
    result = verify(app)
    assert (result.exit_code, result.stdout, result.stderr) == (0, "intact: 3 seals, the last is 3\n", "")


def test_a_broken_chain_names_the_first_broken_entry_and_exits_1(app: Flask):
    second = write(3)[1]
    sealing.seal()
    change(second)
    result = verify(app)
    assert (result.exit_code, result.stdout) == (1, f"broken at seal 2, entry {second.id}: changed\n")
    (run,) = verifying.lately(5)
    assert (run.state, run.seq, run.entry_id, run.problem) == (ChainState.BROKEN, 2, second.id, "changed")


def test_an_entry_that_was_deleted_is_named(app: Flask):
    first = write(3)[0]
    sealing.seal()
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.id == first.id))
    assert verify(app).stdout == f"broken at seal 1, entry {first.id}: missing\n"


def test_what_cannot_even_be_read_is_named(app: Flask, database_url: str):
    if not database_url.startswith("sqlite"):
        pytest.skip("PostgreSQL takes no time that is none")
    second = write(3)[1].id
    sealing.seal()
    db.session.execute(sa.text("UPDATE audit_entries SET at = 'yesterday' WHERE id = :id"), {"id": second})
    assert verify(app).stdout == f"broken at seal 2, entry {second}: unreadable\n"


def test_a_chain_that_nobody_signed_exits_3(app: Flask, change_settings):
    change_settings(audit_key=SecretStr(""))
    write(2)
    result = verify(app)
    assert (result.exit_code, result.stdout) == (3, "unsigned: 2 seals, the last is 2\n")


def test_an_empty_log_is_intact(app: Flask):
    assert verify(app).exit_code == 0


def test_a_wrong_question_exits_2(app: Flask, tmp_path: Path):
    (tmp_path / "heads").write_text('{"seq": 1}\n')
    for words in (["--heads", str(tmp_path / "heads")], ["--public-key", "é"], ["--heads", "/none"]):
        assert verify(app, *words).exit_code == 2


def test_a_key_of_elsewhere_may_count_instead_of_the_settings(app: Flask, change_settings):
    write()
    sealing.seal()
    change_settings(audit_key=SecretStr(keys.generate()[0]))
    assert verify(app).stdout == "broken at seal 1: unknown_key\n"
    assert verify(app, "--public-key", PUBLIC).exit_code == 0


def test_a_chain_that_was_cut_at_its_end_is_caught_by_a_head_that_was_kept_elsewhere(app: Flask, tmp_path: Path):
    write(4)
    sealing.seal(batch=2)
    (head,) = heads()
    told = {"seq": head.seq, "hash": head.hash, "sealed_at": encoding.moment(head.sealed_at), "key": head.key_id}
    (tmp_path / "heads").write_text(json.dumps(told | {"signature": head.signature}) + "\n")
    assert verify(app, "--heads", str(tmp_path / "heads")).exit_code == 0
    for model in (AuditSeal, AuditEntry, ChainHead):
        db.session.execute(sa.delete(model))
    write(2)
    sealing.seal()
    assert verify(app).exit_code == 0
    result = verify(app, "--heads", str(tmp_path / "heads"))
    assert (result.exit_code, result.stdout) == (1, "broken at seal 3: cut\n")


def test_due_work_follows_the_chain_and_keeps_what_was_found(app: Flask):
    write(3)
    run = verifying.request(actor=Actor.system())
    db.session.commit()
    assert verifying.under_way() == run
    assert verifying.request(actor=Actor.system()).id == run.id
    assert work.run_due(register.HANDLERS) == 1
    db.session.refresh(run)
    assert run.ended_at is not None and (run.state, run.checked, run.total) == (ChainState.INTACT, 4, 4)
    assert verifying.under_way() is None
    assert entries()[-1].action == "audit.verify"


def test_a_run_that_died_does_not_keep_others_from_beginning(app: Flask):
    run = verifying.request(actor=Actor.system())
    run.told_at = utcnow() - timedelta(minutes=5)
    db.session.commit()
    assert verifying.under_way() is None
    assert verifying.request(actor=Actor.system()).id != run.id


def test_the_chain_is_followed_once_a_day_and_runs_of_long_ago_are_forgotten(app: Flask):
    old = Verification(started_at=utcnow() - timedelta(days=500), ended_at=utcnow())
    db.session.add(old)
    db.session.commit()
    register.by_name()["verify_audit"].function()
    (run,) = db.session.scalars(sa.select(Verification)).all()
    assert run.id != old.id and run.state is ChainState.INTACT


def test_what_is_sealed_while_the_chain_is_followed_does_not_break_it(app: Flask):
    write(3)
    sealing.seal()
    begun: list[int] = []

    def tell(_checked: int, total: int) -> None:
        if not begun:
            begun.append(total)
            write(2)
            sealing.seal()

    assert verifying.look(tell).state is ChainState.INTACT
    assert begun == [3]
