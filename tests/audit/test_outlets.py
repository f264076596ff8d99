"""Heads are sent elsewhere until they arrive, and a chain that was cut behind them is caught."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr, ValidationError

from tests.plugins.receiver import Receiver
from tests.support.chain import heads, sign, write
from tests.support.personas import Browser
from webapp.audit import outlets, sealing, sending, verifying
from webapp.audit.chain_models import AuditSeal, ChainHead, ChainState, HeadOutlet
from webapp.audit.models import AuditEntry
from webapp.core.config import Settings
from webapp.core.db import db

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture(autouse=True)
def signed(change_settings) -> None:
    sign(change_settings)


@pytest.fixture
def file(tmp_path: Path, change_settings) -> Path:
    change_settings(audit_heads_file=str(tmp_path / "heads"))
    return tmp_path / "heads"


def sealed(count: int) -> None:
    write(count)
    sealing.seal()


def later(by: timedelta) -> None:
    """So much time has passed since the last try."""
    for outlet in db.session.scalars(sa.select(HeadOutlet)):
        outlet.tried_at -= by
    db.session.commit()


def cut(seq: int) -> None:
    """As somebody does who knows how: nothing behind that place is left, and a head is over the rest."""
    last = db.session.get(AuditSeal, seq)
    for rows in (
        sa.delete(AuditEntry).where(AuditEntry.id > last.entry_id), sa.delete(AuditSeal).where(AuditSeal.seq > seq),
        sa.delete(ChainHead).where(ChainHead.seq > seq),
    ):  # fmt: skip
        db.session.execute(rows)
    db.session.commit()


def state() -> ChainState:
    return verifying.look(lambda _checked, _total: None).state


def test_the_newest_head_is_appended_to_the_file_and_not_twice(app: Flask, file: Path):
    outlets.send()
    assert not file.exists()
    sealed(2)
    outlets.send()
    outlets.send()
    (line,) = file.read_text().splitlines()
    assert json.loads(line)["seq"] == 2 and json.loads(line)["signature"] == heads()[-1].signature
    sealed(2)
    outlets.send()
    assert len(file.read_text().splitlines()) == 1
    later(outlets.EVERY)
    outlets.send()
    assert [json.loads(one)["seq"] for one in file.read_text().splitlines()] == [2, 4]


def test_a_chain_that_was_cut_behind_a_head_in_the_file_is_caught(app: Flask, file: Path):
    sealed(2)
    before = heads()[-1]
    kept = {column.key: getattr(before, column.key) for column in sa.inspect(ChainHead).columns}
    sealed(2)
    outlets.send()
    assert state() is ChainState.INTACT
    cut(2)
    db.session.execute(sa.insert(ChainHead).values(**kept))
    db.session.execute(sa.delete(HeadOutlet))
    db.session.commit()
    assert state() is ChainState.BROKEN
    file.unlink()
    assert state() is ChainState.INTACT  # nobody can know


def test_a_line_that_was_not_written_to_its_end_is_no_head(app: Flask, file: Path):
    sealed(2)
    outlets.send()
    with file.open("a") as more:
        more.write('{"what": "head", "seq": 9')
    assert state() is ChainState.INTACT


def test_a_file_that_cannot_be_written_is_tried_again_ever_less_often(app: Flask, tmp_path: Path, change_settings):
    change_settings(audit_heads_file=str(tmp_path / "none" / "heads"))
    sealed(1)
    for failures, pause in ((1, 1), (2, 2), (3, 4)):
        outlets.send()
        (outlet,) = outlets.standing()
        assert (outlet.problem, outlet.failures) == ("not_written", failures)
        later(timedelta(minutes=pause) - timedelta(seconds=5))
        outlets.send()
        assert outlets.standing()[0].failures == failures
        later(timedelta(seconds=5))
    (tmp_path / "none").mkdir()
    outlets.send()
    (outlet,) = outlets.standing()
    assert (outlet.problem, outlet.failures, outlet.seq) == ("", 0, 1)


def test_a_head_is_posted_with_the_signature_of_standard_webhooks(app: Flask, receiver: Receiver, change_settings):
    change_settings(audit_heads_url=f"{receiver.url}?of=frontdesk", audit_heads_secret=SecretStr(SECRET))
    sealed(2)
    receiver.answer = lambda hooks: 503 if len(hooks) == 1 else 204
    outlets.send()
    assert outlets.standing()[0].problem == "http_503"
    later(timedelta(minutes=1))
    outlets.send()
    first, second = receiver.hooks
    told = {name.lower(): value for name, value in second.headers.items()}
    message, at = told["webhook-id"], told["webhook-timestamp"]
    assert told["webhook-signature"] == sending.signature(SECRET, message, at, second.body)
    assert message == {name.lower(): value for name, value in first.headers.items()}["webhook-id"]
    body = json.loads(second.body)
    assert (body["type"], body["data"]["hash"]) == ("audit.head", heads()[-1].hash)
    assert outlets.standing()[0].seq == 2


def test_the_signature_is_that_of_the_published_example():
    """Standard Webhooks, the example of its reference implementations."""
    said = sending.signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}')
    assert said == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_server_that_is_away_is_told_of_and_tried_again(app: Flask, change_settings):
    change_settings(audit_heads_url="http://127.0.0.1:1/", audit_heads_secret=SecretStr(SECRET))
    sealed(1)
    outlets.send()
    assert outlets.standing()[0].problem == "no_answer"


def test_the_page_says_what_is_kept_elsewhere_and_since_when_nothing_is(
    client_as: Callable[[str], Browser], room, file: Path, change_settings
):
    admin = client_as("admin")
    assert "nothing yet" in admin.get("/audit/chain").text
    sealed(3)
    outlets.send()
    text = admin.get("/audit/chain").text
    assert "up to seal" in text and "Unproven since" in text
    change_settings(audit_heads_file="")
    assert "Nowhere, so a chain that was cut at its end looks like a shorter one." in admin.get("/audit/chain").text


def test_the_page_says_why_a_head_did_not_arrive(client_as: Callable[[str], Browser], room, file: Path):
    for code, words in (("not_written", "be written"), ("no_answer", "answer. Retrying"), ("http_503", "503")):
        db.session.merge(HeadOutlet(name="file", problem=code))
        db.session.commit()
        assert words in client_as("admin").get("/audit/chain").text


@pytest.mark.parametrize("secret", ["", "whsec_AA==", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_é"])
def test_a_webhook_without_a_good_secret_is_refused_at_the_start(secret: str):
    with pytest.raises(ValidationError):
        Settings(environment="testing", audit_heads_url="https://heads.example.org", audit_heads_secret=secret)
