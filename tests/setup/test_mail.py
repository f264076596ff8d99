"""`flask check --connect` sends a mail to the sender's own address; the set-up page says whether mail works."""

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from pydantic import SecretStr

from tests.plugins.mail_server import SENDER, MailServer
from tests.support.installed import free_port
from tests.support.livekit import LiveKit
from tests.support.personas import Browser, persona
from tests.support.shown import text_of
from webapp.core.db import db, new_id, utcnow
from webapp.mails.models import Mail, MailState
from webapp.setup import connections

ADDRESS = "desk@frontdesk.example"


@pytest.fixture
def said(client_as: Callable[[str], Browser], livekit: LiveKit) -> Callable[[], tuple[str, str]]:
    """Reads the check of mail on the set-up page: its state and its text."""

    def _said() -> tuple[str, str]:
        page = client_as("support").get("/system/setup").text
        found = re.search(r'id="check-mail">(.*?)</article>', page, re.DOTALL)
        assert found
        text = text_of(found[1])
        return next(word for word in ("Fix", "Check", "Unknown", "OK") if text.startswith(word)), text

    return _said


@pytest.fixture
def outcome(app: Flask) -> Iterator[Callable[[], str]]:
    """What `flask check --connect` says of the mail server."""

    def _outcome() -> str:
        (line,) = [each.words for each in connections.connect() if each.setting == "FRONTDESK_SMTP_URL"]
        return line

    yield _outcome


def test_a_mail_to_the_senders_own_address_is_sent_and_said(mailing: MailServer, outcome: Callable[[], str]):
    assert "Mail server: open. It took a mail to the address in FRONTDESK_MAIL_FROM" in outcome()
    mail = mailing.mail_to(ADDRESS)
    assert mail["Subject"] == "Frontdesk: mail works" and mail["List-Unsubscribe"] is None


@pytest.mark.parametrize(
    ("stage", "words"),
    [
        ("EHLO", "takes no mail from this machine"),
        ("MAIL", "refuses the sender"),
        ("RCPT", "refuses a mail to the address in FRONTDESK_MAIL_FROM"),
        ("DATA", "refuses what the mail says"),
    ],
)
def test_what_it_refuses_is_told_apart_and_no_address_repeated(
    mailing: MailServer, outcome: Callable[[], str], stage: str, words: str
):
    mailing.said[stage] = f"550 <{ADDRESS}> no"
    line = outcome()
    assert line.startswith("FRONTDESK_SMTP_URL: ") and words in line and ADDRESS not in line


def test_without_a_server_nothing_is_said_of_mail(app: Flask):
    assert not [each for each in connections.connect() if "SMTP" in each.setting]


def test_the_page_says_that_no_server_is_named_and_what_to_type(said: Callable[[], tuple[str, str]]):
    state, text = said()
    assert state == "Check" and "No mail server is set" in text and "FRONTDESK_MAIL_FROM=" in text


def test_a_server_that_lets_us_in_is_fine_and_gets_no_mail(mailing: MailServer, said: Callable[[], tuple[str, str]]):
    assert said()[0] == "OK"
    assert (mailing.asked, mailing.taken) == (["EHLO"], [])


def test_a_server_that_is_away_is_to_be_mended(
    said: Callable[[], tuple[str, str]], change_settings: Callable[..., None]
):
    change_settings(smtp_url=SecretStr(f"smtp://127.0.0.1:{free_port()}"), mail_from=SENDER)
    state, text = said()
    assert state == "Fix" and "Nothing answers at its address." in text


def test_a_server_that_hangs_keeps_the_page_waiting_no_longer_than_others(
    mailing: MailServer, said: Callable[[], tuple[str, str]]
):
    mailing.hangs_at = "EHLO"
    state, text = said()
    assert state == "Fix" and "didn't answer in time" in text


def test_mails_that_were_lost_are_counted_without_anybody_s_name(
    mailing: MailServer, said: Callable[[], tuple[str, str]]
):
    for number, state in enumerate([MailState.GAVE_UP, MailState.REFUSED, MailState.REFUSED, MailState.SENT]):
        mail = Mail(kind="recording_saved", user_id=persona("owner").id, about_id=new_id(), key=str(number))
        mail.state, mail.ended_at = state, utcnow()
        mail.problem = "timeout" if state is MailState.GAVE_UP else "address_refused"
        db.session.add(mail)
    db.session.commit()
    state_said, text = said()
    assert state_said == "Check" and "within the last week: 3" in text and "It refuses an address." in text
    assert "owner" not in text.lower()
