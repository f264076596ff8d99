"""Entries as syslog: RFC 5424 by UDP, TCP and TLS, each once at least and in the chain's order."""

import json
import re
import socket
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from flask import Flask

from tests.support import certificates
from tests.support.chain import seals, write
from tests.support.syslog import SyslogReceiver, receiving, receiving_datagrams
from webapp.audit import Actor, record, sealing, streaming, syslog
from webapp.audit.chain_models import HeadOutlet
from webapp.audit.models import AuditEntry
from webapp.core.db import db
from webapp.core.settings import settings

MESSAGE = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<at>\S+) (?P<host>\S+) frontdesk - (?P<id>[!-~]{1,32}) "
    r"\[frontdesk@32473(?P<data>(?: \w+=\"(?:[^\"\\\]]|\\[\"\\\]])*\")*)\] (?P<text>\{.*\})",
    re.ASCII | re.DOTALL,
)


def outlet() -> HeadOutlet:
    db.session.rollback()
    return db.session.get_one(HeadOutlet, streaming.name(), populate_existing=True)


def later() -> None:
    db.session.execute(sa.update(HeadOutlet).values(tried_at=outlet().tried_at - timedelta(hours=1)))
    db.session.commit()


def sealed(count: int) -> None:
    write(count)
    sealing.seal()


def parsed(message: bytes) -> re.Match[str]:
    found = MESSAGE.fullmatch(message.decode())
    assert found, message
    return found


def seqs(receiver: SyslogReceiver) -> list[int]:
    return [json.loads(parsed(message)["text"])["seq"] for message in receiver.messages]


def test_a_message_is_whole_and_escaped_whatever_an_entry_holds(app: Flask, change_settings):
    with receiving() as receiver:
        change_settings(audit_stream_url=f"syslog+tcp://127.0.0.1:{receiver.port}")
        record("job.run_now", 'x"]\\ é\n', Actor.guest("192.0.2.7"), reason="“leaked”\n<165>1 forged")
        db.session.commit()
        sealing.seal()
        streaming.send()
    (message,) = receiver.messages
    found = parsed(message)
    (seal,) = seals()
    entry = db.session.scalars(sa.select(AuditEntry)).one()
    assert (found["pri"], found["id"], found["host"]) == ("110", "job.run_now", urlsplit(settings.public_url).hostname)
    assert found["at"] == entry.at.isoformat(timespec="microseconds")
    assert ' target="x\\"\\]\\\\ é\n"' in found["data"] and f' hash="{seal.hash}"' in found["data"]
    assert ' address="192.0.2.7"' in found["data"]
    told = json.loads(found["text"])
    assert told["reason"] == "“leaked”\n<165>1 forged" and "salt" not in told and "\n" not in found["text"]


def test_by_tcp_all_arrive_once_in_order_and_what_comes_later_follows(app: Flask, change_settings):
    with receiving() as receiver:
        change_settings(audit_stream_url=f"syslog+tcp://127.0.0.1:{receiver.port}")
        sealed(230)
        streaming.send()
        sealed(5)
        streaming.send()
    assert seqs(receiver) == list(range(1, 236)) and receiver.connections == 4


def test_a_connection_that_is_reset_loses_nothing(app: Flask, change_settings):
    with receiving() as receiver:
        change_settings(audit_stream_url=f"syslog+tcp://127.0.0.1:{receiver.port}")
        receiver.resets = 2
        sealed(150)
        for _try in range(3):
            streaming.send()
            if outlet().problem:
                assert outlet().problem == "no_answer" and outlet().seq == 0
            later()
    assert seqs(receiver) == list(range(1, 151)) and outlet().seq == 150


def test_a_server_that_never_ends_its_side_has_confirmed_nothing(app: Flask, change_settings):
    change_settings(audit_timeout=0.6)
    with receiving() as receiver:
        change_settings(audit_stream_url=f"syslog+tcp://127.0.0.1:{receiver.port}")
        receiver.silent = True
        sealed(2)
        began = time.monotonic()
        streaming.send()
        assert time.monotonic() - began < 5
        assert (outlet().problem, outlet().seq) == ("no_answer", 0)
        receiver.silent = False
        later()
        streaming.send()
    assert seqs(receiver) == [1, 2, 1, 2] and outlet().seq == 2


def test_by_tls_the_certificate_has_to_be_trusted(app: Flask, change_settings, monkeypatch, tmp_path: Path):
    made = certificates.make(tmp_path)
    with receiving(made.shown) as receiver:
        change_settings(audit_stream_url=f"syslog+tls://127.0.0.1:{receiver.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(made.other_authority))
        sealed(120)
        streaming.send()
        assert (outlet().problem, receiver.messages) == ("certificate", [])
        monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
        later()
        streaming.send()
    assert seqs(receiver) == list(range(1, 121)) and outlet().problem == ""


def test_by_udp_each_is_a_datagram_and_one_too_long_goes_without_what_makes_it_long(app: Flask, change_settings):
    with receiving_datagrams() as receiver:
        change_settings(audit_stream_url=f"syslog://127.0.0.1:{receiver.port}")
        record("job.run_now", "x", Actor.system(), reason="é" * 40_000)
        sealed(3)
        streaming.send()
        end = time.monotonic() + 10
        while len(receiver.messages) < 4 and time.monotonic() < end:
            receiver.arrived.wait(0.1)
    assert seqs(receiver) == [1, 2, 3, 4]
    told = [json.loads(parsed(message)["text"]) for message in receiver.messages]
    assert [each.get("cut", False) for each in told] == [True, False, False, False] and "reason" not in told[0]


def test_nobody_who_listens_by_udp_is_noticed_where_the_network_says_so(app: Flask, change_settings):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    change_settings(audit_stream_url=f"syslog://127.0.0.1:{port}")
    sealed(3)
    streaming.send()
    assert (outlet().problem, outlet().seq) == ("no_answer", 0)


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example"])
def test_a_host_that_there_is_not_is_said(app: Flask, change_settings, host: str):
    change_settings(audit_stream_url=f"syslog+tcp://{host}:601")
    sealed(1)
    streaming.send()
    assert outlet().problem == "no_answer"


def test_what_failed_or_is_lost_is_a_warning(app: Flask):
    for told in ({"part": "settled", "outcome": "failed"}, {"part": "whole", "lost": "missing"}):
        assert parsed(syslog.message({"seq": 1, "entry": 1, "hash": "x", **told}))["pri"] == "108"
    assert parsed(syslog.message({"seq": 1, "entry": 1, "part": "settled", "outcome": "done"}))["pri"] == "110"
