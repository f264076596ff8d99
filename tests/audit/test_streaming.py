"""Entries are streamed to another system as they are sealed: in order, at least once; the page says how it stands."""

import json
import socket
import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from pydantic import SecretStr, ValidationError

from tests.plugins.receiver import Hook, Receiver
from tests.support.chain import seals, write
from tests.support.factories import stored
from tests.support.personas import Browser, persona
from webapp.audit import Actor, intents, sealing, sending, streaming
from webapp.audit.chain_models import AuditSeal, HeadOutlet
from webapp.audit.models import AuditEntry, DeedOutcome
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.jobs import register
from webapp.rooms.models import Room

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PAGE = "/audit/chain"


@pytest.fixture
def stream(receiver: Receiver, change_settings) -> Receiver:
    change_settings(audit_stream_url=receiver.url, audit_stream_secret=SecretStr(SECRET))
    return receiver


def sealed(count: int) -> None:
    write(count)
    sealing.seal()


def later(by: timedelta) -> None:
    """So much time has passed since the last try."""
    for outlet in db.session.scalars(sa.select(HeadOutlet)):
        outlet.tried_at -= by
    db.session.commit()


def outlet() -> HeadOutlet:
    db.session.rollback()
    return db.session.get_one(HeadOutlet, streaming.name(), populate_existing=True)


def records(hooks: list[Hook]) -> list[dict[str, object]]:
    return [entry for hook in hooks for entry in json.loads(hook.body)["data"]["entries"]]


def seqs(hooks: list[Hook]) -> list[object]:
    return [entry["seq"] for entry in records(hooks)]


def test_what_is_sealed_is_posted_in_order_with_the_signature_of_standard_webhooks(app: Flask, stream: Receiver):
    sealed(250)
    streaming.send()
    assert seqs(stream.hooks) == list(range(1, 251)) and len(stream.hooks) == 3
    for hook in stream.hooks:
        told = {name.lower(): value for name, value in hook.headers.items()}
        message, at = told["webhook-id"], told["webhook-timestamp"]
        assert told["webhook-signature"] == sending.signature(SECRET, message, at, hook.body)
        assert abs(int(at) - time.time()) < 60 and json.loads(hook.body)["type"] == "audit.entries"
    streaming.send()
    assert len(stream.hooks) == 3
    sealed(1)
    write(1)  # which has no seal yet
    streaming.send()
    assert seqs(stream.hooks) == list(range(1, 252))


def test_an_entry_goes_as_the_export_has_it_without_salts_and_names_and_with_its_address(
    client_as: Callable[[str], Browser], room: Room, stream: Receiver
):
    data = {"name": "Board of Mirela", "slug": room.slug, "access_level": "public"}
    client_as("owner").post(f"/rooms/{room.slug}/edit", data=data)
    entry = intents.record("room.end_meeting", stored(room), Actor.user(persona("owner")), sought="1", web=1, phones=0)
    db.session.commit()
    sealing.seal()
    intents.settle(entry, DeedOutcome.FAILED, "unavailable")
    db.session.commit()
    sealing.seal()
    streaming.send()
    *_, edited, opened, settled = records(stream.hooks)
    seal = seals()[-3]
    assert (edited["seq"], edited["hash"], edited["part"]) == (seal.seq, seal.hash, "whole")
    assert edited["address"] == "127.0.0.1" and edited["user"] == str(persona("owner").id)
    assert edited["details"]["fields"] == ["name", "access_level"] and list(edited["details"]["changes"]) == [
        "access_level"
    ]
    assert (opened["part"], opened["action"], "outcome" in opened) == ("opened", "room.end_meeting", False)
    assert (settled["part"], settled["outcome"], settled["problem"]) == ("settled", "failed", "unavailable")
    body = b"".join(hook.body for hook in stream.hooks).decode()
    assert "salt" not in body and "Mirela" not in body and "@" not in body and "Person" not in body


def test_nothing_is_lost_and_nothing_comes_out_of_order_when_it_fails_in_between(app: Flask, stream: Receiver):
    sealed(350)
    stream.answer = lambda hooks: 500 if len(hooks) in {3, 4} else 204
    taken = lambda: [hook for number, hook in enumerate(stream.hooks, 1) if number not in {3, 4}]  # noqa: E731
    streaming.send()
    assert (outlet().problem, outlet().seq, outlet().failures) == ("http_500", 200, 1)
    streaming.send()
    assert len(stream.hooks) == 3  # it rests for a minute
    later(timedelta(minutes=1))
    streaming.send()
    later(timedelta(minutes=1))
    streaming.send()
    assert len(stream.hooks) == 4  # and for two after the second time
    sealed(20)
    later(timedelta(minutes=1))
    streaming.send()
    assert seqs(taken()) == list(range(1, 371))
    assert stream.hooks[2].headers["webhook-id"] == stream.hooks[3].headers["webhook-id"]
    assert (outlet().problem, outlet().failures, outlet().failing_since) == ("", 0, None)


def test_who_dies_between_the_sending_and_the_commit_sends_a_batch_again(app: Flask, stream: Receiver):
    sealed(120)
    streaming.send()
    before = db.session.get_one(AuditSeal, 100)
    db.session.execute(sa.update(HeadOutlet).values(seq=before.seq, hash=before.hash))  # as it was before the second
    db.session.commit()
    streaming.send()
    first, second, again = stream.hooks
    assert seqs([first, second, again]) == [*range(1, 101), *range(101, 121), *range(101, 121)]
    assert second.headers["webhook-id"] == again.headers["webhook-id"]


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (302, "The server leads elsewhere (302)."),
        (410, "The server takes no more entries."),
        (401, "The server answered 401."),
        (503, "The server answered 503."),
    ],
)
def test_the_page_says_why_it_fails_since_when_and_how_much_waits(
    client_as: Callable[[str], Browser], room: Room, stream: Receiver, status: int, words: str
):
    sealing.seal()
    stream.answer = lambda hooks: status
    streaming.send()
    text = client_as("admin").get(PAGE).text
    assert words in text and "nothing yet" in text
    assert f"{len(seals())} seals are waiting to be sent." in text
    since = outlet().failing_since
    assert f'datetime="{since.isoformat(timespec="seconds")}"' in text
    later(timedelta(days=1))
    streaming.send()
    assert outlet().failures == 2 and outlet().failing_since == since
    stream.answer = lambda hooks: 200
    later(timedelta(days=1))
    streaming.send()
    text = client_as("admin").get(PAGE).text
    assert words not in text and "Webhook: up to seal" in text and "waiting to be sent" not in text


def test_who_wants_no_more_is_asked_once_a_day(app: Flask, stream: Receiver):
    sealed(1)
    stream.answer = lambda hooks: 410
    streaming.send()
    later(timedelta(hours=23))
    streaming.send()
    assert len(stream.hooks) == 1
    later(timedelta(hours=1))
    streaming.send()
    assert len(stream.hooks) == 2


def test_a_redirect_is_not_followed(app: Flask, stream: Receiver):
    sealed(1)
    stream.answer = lambda hooks: 307
    streaming.send()
    assert (len(stream.hooks), outlet().problem) == (1, "http_307")


def test_a_slow_server_is_not_waited_for_and_holds_no_lock(app: Flask, stream: Receiver, change_settings):
    change_settings(audit_timeout=0.5)
    sealed(1)
    written = []

    def slow(hooks: list[Hook]) -> int:
        with app.app_context():
            written.extend(write(1))
        time.sleep(1.5)
        return 200

    stream.answer = slow
    began = time.monotonic()
    streaming.send()
    assert time.monotonic() - began < 5 and outlet().problem == "no_answer"
    assert len(written) == 1


def test_a_server_that_answers_byte_by_byte_is_hung_up_on(app: Flask, change_settings):
    change_settings(audit_timeout=0.6)
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        change_settings(audit_stream_url=url, audit_stream_secret=SecretStr(SECRET))
        threading.Thread(target=_drip, args=(server,), daemon=True).start()
        sealed(1)
        began = time.monotonic()
        streaming.send()
    assert time.monotonic() - began < 5 and outlet().problem == "no_answer"


def _drip(server: socket.socket) -> None:
    connection, _address = server.accept()
    try:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while True:
            connection.sendall(b"X-A: b\r\n")
            time.sleep(0.3)
    except OSError:
        connection.close()


def test_a_new_place_gets_the_chain_from_its_beginning_and_an_old_one_goes_on(
    app: Flask, stream: Receiver, change_settings
):
    sealed(3)
    streaming.send()
    change_settings(audit_stream_url=f"{stream.url}another")
    streaming.send()
    assert seqs(stream.hooks) == [1, 2, 3, 1, 2, 3]
    change_settings(audit_stream_url=stream.url)
    sealed(1)
    streaming.send()
    assert seqs(stream.hooks)[-1] == 4 and len(stream.hooks) == 3


def test_after_a_restore_the_chain_that_there_is_now_is_sent_from_its_beginning(app: Flask, stream: Receiver):
    sealed(4)
    streaming.send()
    for rows in (
        sa.delete(AuditSeal).where(AuditSeal.seq > 2),
        sa.delete(AuditEntry).where(AuditEntry.target_id > "job-1"),
    ):
        db.session.execute(rows)
    db.session.commit()
    streaming.send()
    assert seqs(stream.hooks)[4:] == [1, 2]


def test_what_is_gone_or_unreadable_is_said_in_its_place(app: Flask, stream: Receiver):
    entries = write(3)
    sealing.seal()
    db.session.execute(sa.delete(AuditEntry).where(AuditEntry.id == entries[1].id))
    db.session.execute(sa.delete(AuditSeal).where(AuditSeal.seq == 1))
    db.session.commit()
    streaming.send()
    assert [(entry["seq"], entry.get("lost")) for entry in records(stream.hooks)] == [(2, "missing"), (3, None)]


def test_without_an_address_nothing_is_sent_and_the_page_says_how_to(client_as: Callable[[str], Browser], room: Room):
    streaming.send()
    assert "FRONTDESK_AUDIT_STREAM_URL names a webhook or a syslog server." in client_as("admin").get(PAGE).text


def test_it_is_a_job_and_prometheus_hears_how_it_stands(client: Browser, app: Flask, stream: Receiver):
    def told(name: str) -> float:
        lines = client.get("/metrics").text.splitlines()
        return float(next(line.rpartition(" ")[2] for line in lines if line.startswith(name + " ")))

    sealed(3)
    assert told("frontdesk_audit_stream_waiting") == 3
    stream.answer = lambda hooks: 500
    register.by_name()["stream_audit"].function()
    db.session.execute(sa.update(HeadOutlet).values(failing_since=outlet().failing_since - timedelta(hours=2)))
    assert 7200 <= told('frontdesk_audit_outlet_failing_seconds{outlet="stream"}') < 7300
    stream.answer = lambda hooks: 200
    later(timedelta(minutes=1))
    register.by_name()["stream_audit"].function()
    assert told("frontdesk_audit_stream_waiting") == 0
    assert told('frontdesk_audit_outlet_failing_seconds{outlet="stream"}') == 0


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("https://siem.example.org", ""),
        ("https://siem.example.org", "whsec_AA=="),
        ("ftp://siem.example.org", SECRET),
        ("syslog://", ""),
        ("syslog+tcp://siem.example.org:0", ""),
        ("syslog+tls://siem.example.org:x", ""),
        ("syslog+tls://siem.example.org/path", ""),
        ("syslog+tls://someone:secret@siem.example.org", ""),
    ],
)
def test_an_address_that_cannot_work_is_refused_at_the_start_without_repeating_it(url: str, secret: str):
    with pytest.raises(ValidationError) as refused:
        Settings(environment="testing", audit_stream_url=url, audit_stream_secret=secret)
    assert "someone" not in str([error["msg"] for error in refused.value.errors()])
