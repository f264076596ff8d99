"""The trail is sealed into one chain: each entry once, whoever commits late, and however many seal at once."""

import threading
from datetime import timedelta
from functools import partial

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr
from sqlalchemy.orm import Session

from tests.support.chain import PUBLIC, entries, heads, seals, sign, verdict, write
from tests.support.database import failing
from tests.support.personas import make_user
from webapp.audit import Actor, encoding, intents, keys, record, sealing
from webapp.audit.chain import ChainState
from webapp.audit.chain_models import AuditSeal, ChainHead, SealPart
from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome, Origin
from webapp.core.db import db, utcnow

OF_THE_PAGE = {
    "reason": "ae9d5acd31b7937f1c7cc0c2bd01d72b9efc7deec6dd014e527e693172474caf",
    "whole": "6066de61d4fe38d0ea104357386beef2a435981d10fe01a6ac20e425a06e1274",
    "opened": "3836db09e5b21b77c573700a4f5cda231ffece13e297e9e1f23e24d6d46d51b8",
    "settled": "9c76398f65871f76c65d8600f6c709bd5547c3870e95f4c37a59e67901c54fcc",
}


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


def test_each_entry_is_sealed_once_in_the_order_of_its_id(app: Flask):
    written = write(5)
    assert sealing.seal() == 5
    assert sealing.seal() == 0
    assert [(seal.seq, seal.entry_id) for seal in seals()] == [(place + 1, one.id) for place, one in enumerate(written)]
    assert verdict().state is ChainState.INTACT


def test_more_than_a_batch_is_sealed_in_batches_under_one_head_of_the_hour(app: Flask):
    write(10)
    assert sealing.seal(batch=3) == 10
    assert verdict().checked == 10
    assert [head.seq for head in heads()] == [10]


def test_the_last_head_of_each_hour_is_kept(app: Flask):
    for hour in range(3):
        write(2)
        sealing.seal()
        newest = sa.update(ChainHead).where(ChainHead.seq == 2 * hour + 2)
        db.session.execute(newest.values(sealed_at=utcnow() - timedelta(hours=3 - hour)))
        db.session.commit()
    assert [head.seq for head in heads()] == [2, 4, 6]


def test_an_entry_that_is_committed_late_is_sealed_although_its_id_is_smaller(app: Flask, database_url: str):
    if database_url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    with Session(db.engine) as late:
        entry = AuditEntry(action="job.run_now", target_kind="job", target_id="late", actor=ActorKind.SYSTEM)
        late.add(entry)
        late.flush()
        (newer,) = write()
        sealing.seal()
        late.commit()
        assert entry.id < newer.id
        assert sealing.seal() == 1
        assert seals()[-1].entry_id == entry.id
    assert verdict().state is ChainState.INTACT


def test_what_is_committed_very_late_is_found_by_a_look_at_the_whole_trail(app: Flask):
    written = write(6)
    first = db.session.execute(sa.select(AuditEntry.__table__).where(AuditEntry.id == written[0].id)).mappings().one()
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.id == written[0].id))
    db.session.commit()
    assert sealing.seal() == 5
    db.session.execute(sa.insert(AuditEntry.__table__).values(**first))
    db.session.commit()
    assert sealing.seal(back=2) == 0
    assert sealing.seal_all() == 1
    assert seals()[-1].entry_id == written[0].id
    assert verdict().state is ChainState.INTACT


def test_many_that_seal_at_once_make_one_chain(app: Flask):
    write(60)
    failures: list[Exception] = []

    def work() -> None:
        try:
            with app.app_context():
                sealing.seal(batch=4)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(seal.entry_id for seal in seals()) == [entry.id for entry in entries()]
    assert (verdict().state, verdict().checked) == (ChainState.INTACT, 60)


def test_a_sealer_that_dies_in_the_middle_leaves_whole_batches_and_the_next_goes_on(app: Flask):
    write(10)
    sealing.seal(batch=5)
    write(10)
    with failing("INSERT INTO audit_heads", MemoryError()), pytest.raises(MemoryError):
        sealing.seal(batch=5)
    db.session.rollback()
    assert len(seals()) == 10 and heads()[-1].seq == 10
    assert sealing.seal(batch=5) == 10
    assert (verdict().state, verdict().checked) == (ChainState.INTACT, 20)


def test_a_clock_that_goes_back_breaks_nothing(app: Flask):
    write()
    db.session.execute(sa.update(AuditEntry).values(at=utcnow() + timedelta(days=2)))
    db.session.commit()
    sealing.seal()
    db.session.execute(sa.update(ChainHead).values(sealed_at=utcnow() + timedelta(days=2)))
    db.session.commit()
    write(2)
    assert sealing.seal() == 2
    assert verdict(public={}).checked == 3
    assert [head.seq for head in heads()] == [1, 3]


def test_an_open_deed_is_sealed_at_once_and_its_outcome_later(app: Flask):
    entry = intents.record("trunk.create", "", Actor.system(), sought="1", name="North")
    db.session.commit()
    assert sealing.seal() == 1
    assert seals()[0].part is SealPart.OPENED
    entry.target_id = "ST_1"
    intents.settle(entry, DeedOutcome.FAILED, "unavailable")
    db.session.commit()
    assert verdict().state is ChainState.INTACT
    assert sealing.seal() == 1
    assert sealing.seal() == 0
    assert [seal.part for seal in seals()] == [SealPart.OPENED, SealPart.SETTLED]
    assert verdict().state is ChainState.INTACT
    db.session.execute(sa.update(AuditEntry).values(problem=""))
    db.session.commit()
    said = verdict()
    assert (said.state, said.entry, said.problem) == (ChainState.BROKEN, entry.id, "changed")


def test_without_a_key_the_chain_agrees_with_itself_and_says_that_nobody_signed_it(app: Flask, change_settings):
    write(2)
    change_settings(audit_key=SecretStr(""))
    sealing.seal()
    assert keys.known() == {}
    assert verdict(public={}).state is ChainState.UNSIGNED
    assert verdict().state is ChainState.UNSIGNED


def test_a_key_is_replaced_and_the_heads_of_before_still_count(app: Flask, change_settings):
    write()
    sealing.seal()
    text = {"sealed_at": utcnow() - timedelta(hours=2)}
    first = heads()[-1]
    signature = keys.signer().sign(encoding.head_text(1, first.hash, encoding.moment(text["sealed_at"]), first.key_id))
    db.session.execute(sa.update(ChainHead).values(signature=signature, **text))
    db.session.commit()
    change_settings(audit_key=SecretStr(keys.generate()[0]), audit_old_keys=[PUBLIC])
    write()
    sealing.seal()
    assert set(keys.known()) == {keys.key_id(PUBLIC), heads()[-1].key_id}
    assert verdict(public=keys.known()).state is ChainState.INTACT
    assert verdict().problem == "unknown_key"


def test_what_is_hashed_is_what_the_page_describes():
    """Computed once with nothing but the page, hashlib and json."""
    seal = {
        "seq": 1, "part": "whole", "entry": 7, "salt": "ab" * 16, "at": "2026-11-24T13:02:37.000000+00:00",
        "actor": "user", "user": None, "action": "room.rotate_pin", "target_kind": "room", "target": "x", "room": None,
        "reason": "leaked – “é”", "details": {"b": [1, 2.5, None], "a": "\n😀"}, "outcome": "done", "problem": "",
        "origin": "page", "request": "r1",
    }  # fmt: skip
    assert encoding.canonical(seal["details"]) == rb'{"a":"\n\ud83d\ude00","b":[1,2.5,null]}'
    assert encoding.commitment("ab" * 16, "reason", seal["reason"]) == OF_THE_PAGE["reason"]
    for part in ("whole", "opened", "settled"):
        assert encoding.digest(seal | {"part": part}, encoding.BEGINNING) == OF_THE_PAGE[part]


def test_an_entry_says_by_what_way_and_in_which_request_it_was_made(client_as, room):
    client_as("owner").post(f"/rooms/{room.slug}/pin")
    (entry,) = db.session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "room.rotate_pin"))
    assert entry.origin is Origin.PAGE and len(entry.request_id) == 16
    assert record("job.run_now", "x", Actor.system()).origin is Origin.JOB
    assert record("recording.saved", "x", Actor.livekit()).origin is Origin.HOOK


def test_a_command_says_so(app: Flask):
    email = make_user("stranger").email
    db.session.commit()
    result = app.test_cli_runner().invoke(args=["users", "set-role", email, "support"])
    assert result.exit_code == 0, result.output
    assert {entry.origin for entry in entries()} == {Origin.COMMAND}


def test_a_key_pair_is_made_and_its_public_half_shown(app: Flask, change_settings):
    run = partial(app.test_cli_runner().invoke, args=["audit", "key"])
    made = run()
    private = made.stdout.strip().removeprefix("FRONTDESK_AUDIT_KEY=")
    change_settings(audit_key=SecretStr(private))
    shown = app.test_cli_runner().invoke(args=["audit", "public-key"])
    assert shown.stdout.strip() in made.stderr and private not in made.stderr
    change_settings(audit_key=SecretStr(""))
    without = app.test_cli_runner().invoke(args=["audit", "public-key"])
    assert without.exit_code == 1 and "FRONTDESK_AUDIT_KEY isn't set" in without.output


@pytest.mark.parametrize("left", [0, 2])
def test_sealing_goes_on_behind_a_cut_and_hides_no_trace_of_it(app: Flask, left: int):
    write(4)
    sealing.seal()
    db.session.execute(sa.delete(AuditSeal).where(AuditSeal.seq > left))
    db.session.commit()
    write(2)
    assert sealing.seal() == 6 - left
    assert (verdict().state, verdict().problem, verdict().seq) == (ChainState.BROKEN, "seal_missing", left + 1)


def test_sealing_keeps_a_head_that_the_chain_contradicts(app: Flask):
    write(2)
    sealing.seal()
    db.session.execute(sa.update(AuditSeal).where(AuditSeal.seq == 2).values(hash="0" * 64))
    db.session.commit()
    write(2)
    sealing.seal()
    assert [head.seq for head in heads()] == [2, 4]
    assert verdict().state is ChainState.BROKEN
