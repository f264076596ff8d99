"""A mail goes once: tried again for a day while the server is away, never after the server may have it."""

import re
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
import structlog
from flask import Flask
from pydantic import SecretStr

from tests.plugins.mail_server import MailServer, mail_server
from tests.support.certificates import Certificates, make
from tests.support.installed import free_port
from tests.support.mails import later, sent_mails, states, work_off
from tests.support.personas import Browser, persona
from tests.support.waiting import until
from webapp.accounts.models import User
from webapp.core import due, mail
from webapp.core.db import db, utcnow
from webapp.core.due import DueWork
from webapp.core.mail import NotTaken
from webapp.core.mail_values import mailbox
from webapp.jobs import register, work
from webapp.jobs.runner import Runner
from webapp.mails import sending
from webapp.mails.models import Mail, MailState
from webapp.recordings.models import Recording

Change = Callable[..., None]
OWNER = "owner@frontdesk.example"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority of the tests' own."""
    return make(tmp_path_factory.mktemp("certificates"))


def open_work() -> list[DueWork]:
    found = list(db.session.scalars(sa.select(DueWork).where(work.OPEN)))
    db.session.commit()
    return found


def test_the_address_that_turns_mails_off_stands_bare_on_the_wire_where_mail_programs_read_it(
    planned: Mail, mailing: MailServer
):
    work_off()
    (content,) = mailing.raw
    lines = [line for line in content.split(b"\r\n") if line.lower().startswith(b"list-unsubscribe:")]
    assert len(lines) == 1 and re.fullmatch(
        rb"List-Unsubscribe: <https?://[\x21-\x7e]+/mails/off/[\x21-\x7e]+>", lines[0]
    )


def test_a_server_that_is_down_gets_the_mail_when_it_is_back(
    planned: Mail, mailing: MailServer, change_settings: Change
):
    change_settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"))
    work_off()
    assert states() == [("waiting", "no_connection")]
    (waits,) = open_work()
    pause = waits.due_at - utcnow()
    assert timedelta(seconds=30) < pause <= timedelta(minutes=1)
    work_off()
    assert sent_mails()[0].attempts == 1, "not before its time"
    change_settings(smtp_url=SecretStr(mailing.url))
    later()
    assert (mailing.recipients, states()) == ([OWNER], [("sent", "")])
    assert open_work() == []


def test_it_is_tried_for_a_day_with_growing_pauses_and_then_given_up(planned: Mail, mailing: MailServer):
    mailing.said["MAIL"] = "451 4.3.0 later"
    pauses = []
    work_off()
    while open_work():
        pauses.append(open_work()[0].due_at - utcnow())
        later()
    assert states() == [("gave_up", "busy")]
    assert pauses == sorted(pauses) and timedelta(hours=24) < sum(pauses, timedelta()) < timedelta(hours=30)
    assert mailing.asked.count("MAIL") == len(pauses) + 1
    mailing.heal()
    later()
    assert mailing.taken == []


@pytest.mark.parametrize("stage", ["EHLO", "MAIL", "RCPT"])
def test_a_server_that_hangs_before_it_has_the_mail_is_left_and_tried_again(
    planned: Mail, mailing: MailServer, change_settings: Change, stage: str
):
    change_settings(smtp_timeout=0.5)
    mailing.hangs_at = stage
    work_off()
    assert states() == [("waiting", "timeout")]
    change_settings(smtp_timeout=30)
    mailing.heal()
    later()
    assert (mailing.recipients, states()) == ([OWNER], [("sent", "")])


def test_a_server_that_says_one_letter_after_the_other_is_left_after_a_while(planned: Mail, change_settings: Change):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        change_settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{listening.getsockname()[1]}"), smtp_timeout=0.3)
        threading.Thread(target=_dribble, args=[listening], daemon=True).start()
        work_off()
    assert states() == [("waiting", "timeout")]


def _dribble(listening: socket.socket) -> None:
    connection, _from = listening.accept()
    with connection, suppress(OSError):
        connection.sendall(b"220-")
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)


@pytest.mark.parametrize(
    ("stage", "said", "state", "problem"),
    [
        ("EHLO", "550 go away", "waiting", "greeting_refused"),
        ("MAIL", "550 who are you", "waiting", "sender_refused"),
        ("MAIL", "421 closing", "waiting", "busy"),
        ("RCPT", "450 greylisted", "waiting", "busy"),
        ("RCPT", "550 unknown", "refused", "address_refused"),
        ("DATA", "452 disk full", "waiting", "busy"),
        ("DATA", "554 spam", "refused", "mail_refused"),
    ],
)
def test_what_the_server_answers_decides_whether_it_is_tried_again(
    planned: Mail, mailing: MailServer, stage: str, said: str, state: str, problem: str
):
    mailing.said[stage] = said
    work_off()
    assert (mailing.taken, states()) == ([], [(state, problem)])
    mailing.heal()
    later()
    assert mailing.recipients == ([OWNER] if state == "waiting" else [])


def test_what_the_server_has_and_did_not_confirm_is_not_sent_twice_but_shown(
    client_as: Callable[[str], Browser],
    recording: Recording,
    planned: Mail,
    mailing: MailServer,
    change_settings: Change,
):
    change_settings(smtp_timeout=0.2)
    mailing.hangs_at = "DATA"
    work_off()
    assert (mailing.recipients, states()) == ([OWNER], [("sending", "timeout")])
    mailing.heal()
    later()
    assert mailing.recipients == [OWNER]
    page = client_as("owner").get(f"/recordings/{recording.id}/").text
    assert "Not confirmed" in page and "No one knows whether it arrived" in page and "Send again" in page
    change_settings(smtp_timeout=30)
    data = {"owner": str(persona("owner").id)}
    assert client_as("owner").post(f"/recordings/{recording.id}/mails", data=data).status_code == 303
    work_off()
    assert states() == [("sent", "")]
    first, second = (each["Message-ID"] for _to, each in mailing.taken)
    assert first == second, "whoever has the first can tell that this is the same"


def test_two_workers_that_get_to_the_same_mail_send_it_once(planned: Mail, mailing: MailServer, app: Flask):
    """The claim, not the order of the workers, decides."""
    mailing.hangs_at = "RCPT"
    key = str(planned.id)
    others = [due.add("mails.send", mail_id=key) for _ in range(2)]
    db.session.commit()
    runner = Runner(app, handlers=register.HANDLERS, jobs=list)
    runner.furnish(1)
    with app.app_context():
        runner.look()
    until(lambda: mailing.asked.count("RCPT") == 2)
    mailing.heal()
    until(lambda: not runner.is_busy)
    work_off()
    assert len(others) == 2 and mailing.recipients == [OWNER]
    assert states() == [("sent", "")]


def test_mails_that_hang_keep_no_other_work_waiting(planned: Mail, mailing: MailServer, app: Flask):
    mailing.hangs_at = "EHLO"
    for _ in range(5):
        due.add("mails.send", mail_id=str(planned.id))
    done: list[str] = []
    handlers = register.HANDLERS | {"lobby.announce": lambda **_payload: done.append("lobby")}
    due.add("lobby.announce", room_id="x")
    db.session.commit()
    runner = Runner(app, handlers=handlers, jobs=list)
    runner.furnish(1)
    with app.app_context():
        runner.look()
    until(lambda: done == ["lobby"])
    assert runner.is_busy, "the mails still wait"
    mailing.heal()
    until(lambda: not runner.is_busy)


def test_no_word_of_a_mail_is_said_while_a_transaction_is_open(planned: Mail, mailing: MailServer):
    db.session.execute(sa.update(Mail).values(attempts=0))
    to = mailbox("owner@frontdesk.example")
    with pytest.raises(RuntimeError, match="transaction is open"):
        mail.hand_over(EmailMessage(), to, lambda: True)
    with pytest.raises(RuntimeError, match="transaction is open"):
        mail.try_out(5)
    assert mailing.asked == []
    db.session.commit()


def test_nothing_personal_is_logged_whatever_the_server_says(
    planned: Mail, mailing: MailServer, change_settings: Change, capsys: pytest.CaptureFixture[str]
):
    with structlog.testing.capture_logs() as logs:
        for stage in ("MAIL", "RCPT", "DATA"):
            mailing.heal()
            mailing.said[stage] = f"451 <{OWNER}> Walburga"
            later()
        mailing.heal()
        mailing.said["RCPT"] = f"550 <{OWNER}> Walburga"
        later()
    assert [line["code"] for line in logs if line["event"] == "mail.not_taken"] == ["busy"] * 3 + ["address_refused"]
    assert OWNER not in str(logs) and "Walburga" not in str(logs) and "Housing" not in str(logs)
    assert OWNER not in "".join(capsys.readouterr())


def test_an_exception_repeats_neither_the_address_nor_what_the_server_said(mailing: MailServer):
    mailing.said["RCPT"] = f"550 <{OWNER}> Walburga"
    with pytest.raises(NotTaken) as refusal:
        mail.hand_over(EmailMessage(), mailbox(OWNER), lambda: True)
    chain: list[str] = []
    error: BaseException | None = refusal.value
    while error is not None:
        chain.append(str(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    assert chain == ["address_refused"]


def test_starttls_comes_before_any_word_of_the_mail_and_the_sign_in(
    app: Flask, planned: Mail, certificates: Certificates, change_settings: Change
):
    with mail_server(starttls=certificates.shown, user=("desk", "p@ss:word")) as server:
        url = f"smtp://desk:p%40ss%3Aword@127.0.0.1:{server.port}?starttls=required"
        change_settings(smtp_url=SecretStr(url), smtp_ca_file=str(certificates.authority))
        work_off()
        assert (server.recipients, states()) == ([OWNER], [("sent", "")])


def test_tls_from_the_first_byte(app: Flask, planned: Mail, certificates: Certificates, change_settings: Change):
    with mail_server(tls=certificates.shown) as server:
        change_settings(smtp_url=SecretStr(f"smtps://127.0.0.1:{server.port}"))
        change_settings(smtp_ca_file=str(certificates.authority))
        work_off()
        assert server.recipients == [OWNER]


@pytest.mark.parametrize("kind", ["tls", "starttls"])
def test_a_server_whose_certificate_is_not_trusted_gets_nothing(
    app: Flask, planned: Mail, certificates: Certificates, change_settings: Change, kind: str
):
    shown: dict[str, Any] = {kind: certificates.shown}
    with mail_server(**shown) as server:
        url = (
            f"smtps://127.0.0.1:{server.port}" if kind == "tls" else f"smtp://127.0.0.1:{server.port}?starttls=required"
        )
        change_settings(smtp_url=SecretStr(url), smtp_ca_file=str(certificates.other_authority))
        work_off()
        assert (server.taken, states()) == ([], [("waiting", "certificate")])
        assert "MAIL" not in server.asked


def test_where_tls_is_asked_for_and_not_offered_nothing_is_said(
    planned: Mail, mailing: MailServer, change_settings: Change
):
    change_settings(smtp_url=SecretStr(f"{mailing.url}?starttls=required"))
    work_off()
    assert states() == [("waiting", "no_tls")]
    assert mailing.asked == ["EHLO"]


def test_a_password_that_is_wrong_is_tried_again_when_it_is_mended(
    app: Flask, planned: Mail, certificates: Certificates, change_settings: Change
):
    with mail_server(starttls=certificates.shown, user=("desk", "right")) as server:
        change_settings(smtp_ca_file=str(certificates.authority))
        change_settings(smtp_url=SecretStr(f"smtp://desk:wrong@127.0.0.1:{server.port}?starttls=required"))
        work_off()
        assert states() == [("waiting", "sign_in_refused")]
        change_settings(smtp_url=SecretStr(f"smtp://desk:right@127.0.0.1:{server.port}?starttls=required"))
        later()
        assert states() == [("sent", "")]


@pytest.mark.parametrize(
    ("address", "state", "problem"),
    [
        ("walburga", "refused", "no_address"),
        ("a@b.example\r\nBcc: c@d.example", "refused", "no_address"),
        ("a b@frontdesk.example", "refused", "no_address"),
        ("walburga@büro.example", "sent", ""),
        ("bürgermeister@frontdesk.example", "sent", ""),
        ("walburga@corp.local", "sent", ""),
    ],
)
def test_an_address_of_any_alphabet_is_written_to_and_none_writes_lines_of_its_own(
    planned: Mail, mailing: MailServer, address: str, state: str, problem: str
):
    db.session.execute(sa.update(User).where(User.id == planned.user_id).values(email=address))
    work_off()
    assert states() == [(state, problem)]
    assert len(mailing.taken) == (state == "sent")


def test_a_server_that_takes_ascii_alone_gets_no_other_address(planned: Mail, mailing: MailServer):
    mailing.takes_utf8 = False
    db.session.execute(sa.update(User).where(User.id == planned.user_id).values(email="büro@frontdesk.example"))
    work_off()
    assert (mailing.taken, states()) == ([], [("refused", "address_not_ascii")])


def test_lines_that_begin_with_a_dot_arrive_as_they_were_written(mailing: MailServer):
    letter = mail.Letter("Dots", "one\n.\n..two\n", "<p>.</p>")
    to = mailbox("owner@frontdesk.example")
    assert mail.hand_over(mail.message(letter, to, "x"), to, lambda: True)
    ((_to, taken),) = mailing.taken
    body = taken.get_body(("plain",))
    assert body is not None and body.get_content().splitlines() == ["one", ".", "..two"]


def test_a_letter_that_cannot_be_written_is_tried_again_and_given_up_in_the_open(planned: Mail, mailing: MailServer):
    db.session.execute(sa.update(User).where(User.id == planned.user_id).values(timezone="Mars/Olympus"))
    work_off()
    assert states() == [("waiting", "broken")]
    db.session.execute(sa.update(User).where(User.id == planned.user_id).values(timezone=""))
    later()
    assert states() == [("sent", "")]


def test_mails_of_long_ago_are_forgotten_and_those_that_wait_are_not(planned: Mail, mailing: MailServer):
    long_ago = utcnow() - sending.KEPT - timedelta(days=1)
    for state, ended in ((MailState.SENT, long_ago), (MailState.SENT, utcnow()), (MailState.SENDING, None)):
        db.session.add(
            Mail(kind="x", user_id=planned.user_id, about_id=planned.about_id, key=f"{state} {ended}", state=state,
                 ended_at=ended, tried_at=long_ago)
        )  # fmt: skip
    planned.created_at = planned.due_at = long_ago
    db.session.commit()
    register.by_name()["purge_mails"].function()
    assert sorted(mail.state.value for mail in sent_mails()) == ["sent", "waiting"]


def test_no_address_is_kept_beside_a_mail(planned: Mail):
    kept = {column.name: str(getattr(planned, column.key)) for column in Mail.__table__.columns}
    assert all("@" not in value for value in kept.values())
