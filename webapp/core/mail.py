"""Mail by SMTP: one mail to one address per transaction, over TLS that is checked, with an end to everything.

No exception repeats what a server said or whom a mail is for: servers quote addresses. Python's own errors end here.
"""

import enum
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import cast
from urllib.parse import urlsplit

from webapp.core.db import db, utcnow
from webapp.core.mail_values import Mailbox, SmtpServer, mailbox
from webapp.core.settings import settings

WHOLE = 6  # times the patience for one answer: what a whole transaction may take
LAST = 4  # times: the answer to the last dot, before which servers do most of their work
GOODBYE = 0.5  # seconds
READY, GO_ON = 220, 354  # replies (RFC 5321 4.3.2)


class _Unfolded(EmailPolicy):
    """Python writes a long address without blanks as an encoded word, which no mail program follows (RFC 2369)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One line for it, as RFC 5322 allows up to 998 characters."""
        if name.lower() == "list-unsubscribe":
            return f"{name}: {value}\r\n".encode("ascii")
        return super().fold_binary(name, value)


ON_THE_WIRE = _Unfolded(linesep="\r\n", raise_on_defect=False)


class Prospect(enum.Enum):
    """What becomes of a mail that was not taken."""

    AGAIN = "again"  # later
    NEVER = "never"  # the server refuses this mail, or this address, for good
    UNKNOWN = "unknown"  # it was handed over whole, and nobody said whether it was taken


class NotTaken(Exception):
    """The server did not take the mail; `code` is a word of our own, without anything of the mail or the server."""

    def __init__(self, code: str, prospect: Prospect = Prospect.AGAIN) -> None:
        super().__init__(code)
        self.code = code
        self.prospect = prospect


@dataclass(frozen=True)
class CalendarFile:
    """What a calendar is to do (RFC 5546): `method` is said in the file, too, and where mail programs look for it."""

    method: str
    content: bytes
    name: str = "invitation.ics"


@dataclass(frozen=True)
class Letter:
    """What a mail says, twice: programs and people choose what they show.

    In the name of a person it says so beside ours, and answers go to `reply_to`, an address in ASCII.
    """

    subject: str
    text: str
    html: str
    calendar: CalendarFile | None = None
    from_name: str = ""
    reply_to: str = ""


def sender() -> Mailbox:
    """In whose name mails go out."""
    return mailbox(settings.mail_from).called(settings.brand)


def message(letter: Letter, to: Mailbox, message_id: str, off_url: str = "") -> EmailMessage:
    """The mail to one person; its parts are ASCII on the wire, whatever they say.

    `off_url` turns such mails off when it is asked by POST (RFC 8058). `message_id` is the same whenever the same mail
    is handed over, so that a server that has it already can tell.
    """
    made = EmailMessage()
    made["From"] = _sender_for(letter).header
    if letter.reply_to:
        made["Reply-To"] = letter.reply_to
    made["To"] = to.header
    made["Subject"] = " ".join(letter.subject.split())
    made["Date"] = utcnow()
    made["Message-ID"] = f"<{message_id}@{_public_name()}>"
    made["Auto-Submitted"] = "auto-generated"  # RFC 3834: no absence note is to answer it
    if off_url:
        made["List-Unsubscribe"] = f"<{off_url}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made.set_content(letter.text, cte="quoted-printable")
    made.add_alternative(letter.html, subtype="html", cte="quoted-printable")
    if letter.calendar is not None:
        _enclose(made, letter.calendar)
    return made


def _sender_for(letter: Letter) -> Mailbox:
    """Our address; in somebody's name where the letter is, as far as a head takes it."""
    name = " ".join(letter.from_name.split())
    return replace(sender(), name=name) if name.isprintable() and name else sender()


def _enclose(mail: EmailMessage, calendar: CalendarFile) -> None:
    """Twice: programs that know calendars look among the alternatives (RFC 6047), the others show a file."""
    mail.add_alternative(calendar.content, "text", "calendar", cte="base64")
    alternative = cast("list[EmailMessage]", mail.get_payload())[-1]
    for name, value in (("method", calendar.method), ("charset", "utf-8")):
        alternative.set_param(name, value)
    mail.add_attachment(calendar.content, "application", "ics", filename=calendar.name)


def hand_over(mail: EmailMessage, to: Mailbox, begin: Callable[[], bool]) -> bool:
    """Hand the mail to the server; False when `begin` said that somebody else does.

    `begin` is asked, and commits, once the server wants this sender and this address, and before it gets a word of the
    mail: what a process leaves that dies before was certainly not sent. Raises NotTaken.
    """
    db.refuse_open_transaction()
    with _connected() as server:
        _ask(server, to)
        if not begin():
            return False
        db.refuse_open_transaction()
        _give(server, _bytes(mail, to))
    return True


def try_out(patience: float) -> None:
    """Connect and sign in, as before a mail, within so many seconds. Raises NotTaken."""
    db.refuse_open_transaction()
    with _connected(patience):
        pass


@contextmanager
def _connected(whole: float = 0) -> Iterator[smtplib.SMTP]:
    """A server that knows us, on a connection that ends itself after so many seconds. Raises NotTaken."""
    told = settings.smtp
    if told is None:
        raise NotTaken("not_configured")
    with _in_our_words():
        server = _client(told, min(whole, settings.smtp_timeout) or settings.smtp_timeout)
    late = threading.Event()
    end = threading.Timer(whole or WHOLE * settings.smtp_timeout, _hang_up, [server, late])
    end.daemon = True
    end.start()
    try:
        with _in_our_words():
            _introduce(server, told)
        yield server
        _leave(server)
    except NotTaken as refusal:
        raise NotTaken("timeout" if late.is_set() else refusal.code, refusal.prospect) from None
    finally:
        end.cancel()
        server.close()


def _leave(server: smtplib.SMTP) -> None:
    """Say goodbye, without patience: what was to be done is done, and waits to be written down."""
    with suppress(smtplib.SMTPException, OSError):
        if server.sock is not None:
            server.sock.settimeout(GOODBYE)
            server.quit()


def _client(told: SmtpServer, patience: float) -> smtplib.SMTP:
    """Not connected yet. By our public name: Python would ask the resolver for this machine's, and tell that."""
    name = _public_name()
    server = (
        smtplib.SMTP_SSL(local_hostname=name, timeout=patience, context=_context())
        if told.tls
        else smtplib.SMTP(local_hostname=name, timeout=patience)
    )
    server._host = told.host  # type: ignore[attr-defined]  # what the certificate must name, as when it connects at once
    return server


def _introduce(server: smtplib.SMTP, told: SmtpServer) -> None:
    _expect(server.connect(told.host, told.port), READY, "greeting_refused")
    _expect(server.ehlo(), 250, "greeting_refused")
    if told.starttls:
        if not server.has_extn("starttls"):
            raise NotTaken("no_tls")
        _expect(server.starttls(context=_context()), READY, "no_tls")
        _expect(server.ehlo(), 250, "greeting_refused")
    if told.user:
        server.login(told.user, told.password)


def _context() -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.smtp_ca_file or None)


def _hang_up(server: smtplib.SMTP, late: threading.Event) -> None:
    """Whoever reads or writes there learns that it ended; not by TLS' own way, which would wait for an answer."""
    late.set()
    with suppress(OSError):
        if server.sock is not None:
            socket.socket.shutdown(server.sock, socket.SHUT_RDWR)


def _ask(server: smtplib.SMTP, to: Mailbox) -> None:
    """Say from whom it comes and to whom it goes; a sender that is refused is ours to mend, so it is tried again."""
    if not to.is_ascii and not server.has_extn("smtputf8"):
        raise NotTaken("address_not_ascii", Prospect.NEVER)
    with _in_our_words():
        _expect(server.mail(sender().address, [] if to.is_ascii else ["SMTPUTF8"]), 250, "sender_refused")
        answer = server.rcpt(to.address)
        _expect(answer, 251 if answer[0] == 251 else 250, "address_refused", Prospect.NEVER)


def _give(server: smtplib.SMTP, body: bytes) -> None:
    """The mail itself. Until its last dot is out nothing was taken; from then on only the answer tells."""
    with _in_our_words():
        _expect(server.docmd("DATA"), GO_ON, "mail_refused", Prospect.NEVER)
        server.send(body)
    with _in_our_words(Prospect.UNKNOWN):
        if server.sock is not None:
            server.sock.settimeout(LAST * settings.smtp_timeout)
        _expect(server.getreply(), 250, "mail_refused", Prospect.NEVER, odd=Prospect.UNKNOWN)


def _bytes(mail: EmailMessage, to: Mailbox) -> bytes:
    """As DATA has it (RFC 5321 4.5.2): lines end with CRLF, a dot that begins one is doubled, and one ends it all."""
    whole = re.sub(rb"(?m)^\.", b"..", mail.as_bytes(policy=ON_THE_WIRE.clone(utf8=not to.is_ascii)))
    return whole + (b"" if whole.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _expect(
    answer: tuple[int, bytes],
    wanted: int,
    refused: str,
    prospect: Prospect = Prospect.AGAIN,
    odd: Prospect = Prospect.AGAIN,
) -> None:
    """Raise NotTaken unless the server agrees: what it refuses for now (4xx) is always tried again."""
    code = answer[0]
    if code == wanted:
        return
    if code // 100 == 5:
        raise NotTaken(refused, prospect)
    if code // 100 == 4:
        raise NotTaken("busy")
    raise NotTaken("not_smtp", odd)


@contextmanager
def _in_our_words(prospect: Prospect = Prospect.AGAIN) -> Iterator[None]:
    """Let nothing out that quotes the server."""
    try:
        yield
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise NotTaken(_code(error), prospect) from None


def _code(error: Exception) -> str:
    known: list[tuple[type[Exception], str]] = [
        (ssl.SSLCertVerificationError, "certificate"),
        (ssl.SSLError, "no_tls"),
        (smtplib.SMTPAuthenticationError, "sign_in_refused"),
        (smtplib.SMTPNotSupportedError, "sign_in_refused"),
        (TimeoutError, "timeout"),
        (smtplib.SMTPServerDisconnected, "closed"),
        (smtplib.SMTPException, "not_smtp"),
    ]
    if isinstance(error.__context__, TimeoutError):  # smtplib says of it that the server has gone
        return "timeout"
    return next((code for kind, code in known if isinstance(error, kind)), "no_connection")


def _public_name() -> str:
    return urlsplit(settings.public_url).hostname or "localhost"
