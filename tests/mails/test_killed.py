"""Our process is killed in the middle of a mail: what the server may have is not sent twice, the rest is sent."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.plugins.mail_server import SENDER, MailServer
from tests.support.installed import ROOT, SECRET_KEY
from tests.support.mails import later, sent_mails, states, work_off
from tests.support.personas import Browser, persona
from tests.support.processes import end
from tests.support.waiting import PATIENCE, until
from webapp.core.config import Settings
from webapp.mails.models import Mail
from webapp.recordings.models import Recording

OWNER = "owner@frontdesk.example"
WORK = """
from webapp import create_app
from webapp.jobs import register, work
with create_app().app_context():
    work.run_due(register.HANDLERS)
"""


@contextmanager
def _worker(settings: Settings, server: MailServer) -> Iterator[subprocess.Popen[bytes]]:
    """A process of its own that does what is due."""
    chosen = {"environment": "testing", "secret_key": SECRET_KEY, "database_url": settings.database_url}
    chosen |= {"smtp_url": server.url, "mail_from": SENDER, "smtp_timeout": str(PATIENCE)}
    told = {f"FRONTDESK_{name.upper()}": value for name, value in chosen.items()}
    process = subprocess.Popen([sys.executable, "-c", WORK], cwd=ROOT, env=os.environ | told)
    try:
        yield process
    finally:
        end(process)


def _kill_at(stage: str, settings: Settings, server: MailServer) -> None:
    """Let a process send what is due, and kill it once the server hears of this stage and says nothing."""
    server.hangs_at = stage
    with _worker(settings, server) as process:
        until(lambda: stage in server.asked or process.poll() is not None)
        assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)
    server.heal()


def test_killed_between_the_mail_and_our_own_row_it_is_not_sent_twice_but_left_to_a_person(
    client_as: Callable[[str], Browser], recording: Recording, planned: Mail, mailing: MailServer, settings: Settings
):
    _kill_at("DATA", settings, mailing)
    assert mailing.recipients == [OWNER], "the server has it"
    assert states() == [("sending", "")]
    for _ in range(3):
        later()
    assert mailing.recipients == [OWNER]
    assert states() == [("sending", "not_confirmed")]
    page = client_as("owner").get(f"/recordings/{recording.id}/").text
    assert "Not confirmed" in page and "No one knows whether it arrived" in page
    data = {"owner": str(persona("owner").id)}
    assert client_as("owner").post(f"/recordings/{recording.id}/mails", data=data).status_code == 303
    work_off()
    assert states() == [("sent", "")]
    names = [mail["Message-ID"] for _to, mail in mailing.taken]
    assert len(names) == 2 and len(set(names)) == 1, "a server that drops what it has already does so here"


def test_killed_before_the_server_got_a_word_of_it_it_is_sent_once(
    planned: Mail, mailing: MailServer, settings: Settings
):
    _kill_at("RCPT", settings, mailing)
    assert (mailing.taken, states()) == ([], [("waiting", "")])
    later()
    later()
    assert (mailing.recipients, states()) == ([OWNER], [("sent", "")])
    assert sent_mails()[0].attempts == 1
