"""A mail server that speaks SMTP (aiosmtpd), refuses, hangs and dies as it is told, and keeps what it took."""

import asyncio
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from flask import Flask
from pydantic import SecretStr

from tests.support.waiting import PATIENCE, until

SENDER = "Frontdesk <desk@frontdesk.example>"
STAGES = ("EHLO", "MAIL", "RCPT", "DATA")


@dataclass
class MailServer:
    """The server as tests see it: what it took, and how it is to behave."""

    port: int = 0
    taken: list[tuple[str, EmailMessage]] = field(default_factory=list)  # the address of the envelope, and the mail
    raw: list[bytes] = field(default_factory=list)  # what came for each, as it came
    transactions: list[list[str]] = field(default_factory=list)  # the addresses of each
    said: dict[str, str] = field(default_factory=dict)  # what it answers at a stage instead of yes
    refused: dict[str, str] = field(default_factory=dict)  # what it answers of an address
    hangs_at: str = ""  # it says nothing any more, from this stage on
    asked: list[str] = field(default_factory=list)  # the stages that came
    user: tuple[str, str] | None = None  # who may sign in, and must
    takes_utf8: bool = True

    @property
    def url(self) -> str:
        """Its address."""
        return f"smtp://127.0.0.1:{self.port}"

    @property
    def recipients(self) -> list[str]:
        """Who got a mail, in their order."""
        return sorted(to for to, _mail in self.taken)

    def mail_to(self, address: str) -> EmailMessage:
        """The one mail that somebody got."""
        (found,) = [mail for to, mail in self.taken if to == address]
        return found

    def heal(self) -> None:
        """Behave from here on."""
        self.said, self.refused, self.hangs_at = {}, {}, ""

    async def stage(self, name: str) -> str:
        """What is answered at a stage; nothing, for long, where it hangs."""
        self.asked.append(name)
        while self.hangs_at == name:
            await asyncio.sleep(0.02)
        return self.said.get(name, "")


class _Handler:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    async def handle_EHLO(
        self, _smtp: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        said = await self._server.stage("EHLO")
        return [said] if said else responses

    async def handle_MAIL(
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := await self._server.stage("MAIL"):
            return said
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, _smtp: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if said := await self._server.stage("RCPT"):
            return said
        if address in self._server.refused:
            return self._server.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _smtp: SMTP, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        self._server.raw.append(content)
        mail: Any = email.message_from_bytes(content, policy=email.policy.default)
        taken = [(to, mail) for to in envelope.rcpt_tos]
        if self._server.hangs_at == "DATA":  # it has the mail, and does not say so
            self._server.taken += taken
        if said := await self._server.stage("DATA"):
            return said
        if self._server.taken[-len(taken) :] != taken:
            self._server.taken += taken
        self._server.transactions.append(list(envelope.rcpt_tos))
        return "250 taken"


@contextmanager
def mail_server(
    tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, user: tuple[str, str] | None = None
) -> Iterator[MailServer]:
    """A server on a port of its own, until the block ends."""
    made = MailServer(user=user)

    def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
        given = (told.login.decode(), told.password.decode())
        return AuthResult(success=given == made.user, handled=False)

    def protocol() -> SMTP:
        how: dict[str, Any] = {"authenticator": authenticate, "auth_required": True} if user else {}
        how |= {"auth_require_tls": starttls is not None, "enable_SMTPUTF8": made.takes_utf8}
        return SMTP(_Handler(made), hostname="mail.frontdesk.example", tls_context=starttls, loop=loop, **how)

    loop = asyncio.new_event_loop()
    listening = socket.create_server(("127.0.0.1", 0))
    made.port = listening.getsockname()[1]
    thread = threading.Thread(target=_run, args=(loop, protocol, listening, tls), daemon=True)
    thread.start()
    until(loop.is_running)
    try:
        yield made
    finally:
        made.heal()
        loop.call_soon_threadsafe(loop.stop)
        thread.join(PATIENCE)


def _run(
    loop: asyncio.AbstractEventLoop, protocol: Callable[[], SMTP], listening: socket.socket, tls: ssl.SSLContext | None
) -> None:
    asyncio.set_event_loop(loop)
    server = loop.run_until_complete(loop.create_server(protocol, sock=listening, ssl=tls))
    try:
        loop.run_forever()
    finally:
        server.close()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))
        loop.close()


@pytest.fixture
def mails() -> Iterator[MailServer]:
    """A mail server that takes everything."""
    with mail_server() as server:
        yield server


@pytest.fixture
def mailing(app: Flask, mails: MailServer, change_settings: Callable[..., None]) -> MailServer:
    """Frontdesk hands its mails to that server."""
    change_settings(smtp_url=SecretStr(mails.url), mail_from=SENDER, smtp_timeout=30)
    return mails
