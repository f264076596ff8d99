"""The settings of mail: where it is handed in, and in whose name. No refusal repeats a value: it may be a password."""

import re
from dataclasses import dataclass, field, replace
from email.headerregistry import Address
from email.utils import getaddresses
from typing import Annotated
from urllib.parse import parse_qsl, unquote, urlsplit

import idna
from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from webapp.core.values import CaFile, is_loopback

SCHEMES = {"smtp", "smtps"}
STARTTLS = {"required": True, "no": False}
IMPLICIT_TLS, SUBMISSION, PLAIN = 465, 587, 25  # ports (RFC 8314; RFC 6409; RFC 5321)
LOCAL_PART = re.compile(r"[^\s\x00-\x1f\x7f\"@<>()\[\],:;\\]{1,64}")
DOMAIN = re.compile(r"(?!-)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})*", re.IGNORECASE)


@dataclass(frozen=True)
class SmtpServer:
    """The server that takes mail; `tls` from the first byte, or `starttls` before anything of a mail is said."""

    host: str
    port: int
    tls: bool
    starttls: bool
    user: str = ""
    password: str = field(default="", repr=False)

    @property
    def in_clear(self) -> bool:
        """Others on the way can read what is said."""
        return not (self.tls or self.starttls or is_loopback(self.host))


def smtp_server(value: str) -> SmtpServer:
    """Take smtp://USER:PASSWORD@HOST:PORT?starttls=… apart; without that word TLS is asked of all but this machine.

    Raises ValueError.
    """
    wrong = ValueError("should be an address such as smtps://USER:PASSWORD@mail.example.org or smtp://localhost:25")
    try:
        parts = urlsplit(value)
        port, host = parts.port, parts.hostname or ""
        told = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
    except ValueError as error:  # a port that is no number, a bracket that is not closed
        raise wrong from error
    if parts.scheme not in SCHEMES or not host or port == 0 or parts.path.strip("/") or parts.fragment:
        raise wrong
    if set(told) - {"starttls"} or told.get("starttls", "no") not in STARTTLS:
        raise ValueError("should hold nothing behind its ? but starttls=required or starttls=no")
    tls = parts.scheme == "smtps"
    if tls and told:
        raise ValueError("should not ask for starttls where it begins with smtps://, which is TLS from the first byte")
    starttls = not tls and STARTTLS[told.get("starttls", "no" if is_loopback(host) else "required")]
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("should hold both a user and a password, each percent-encoded, or neither")
    if password and not (tls or starttls or is_loopback(host)):
        raise ValueError("should not send its password in clear: leave starttls=no out")
    usual = IMPLICIT_TLS if tls else SUBMISSION if starttls else PLAIN
    return SmtpServer(host, port or usual, tls, starttls, user, password)


@dataclass(frozen=True)
class Mailbox:
    """An address as SMTP takes it, with the name of whoever it belongs to."""

    local: str
    domain: str  # in ASCII
    name: str = ""

    @property
    def address(self) -> str:
        """The bare address."""
        return f"{self.local}@{self.domain}"

    @property
    def is_ascii(self) -> bool:
        """Every server takes it."""
        return self.local.isascii()

    def called(self, name: str) -> "Mailbox":
        """The same, with this name unless it has one."""
        return self if self.name else replace(self, name=name)

    @property
    def header(self) -> Address:
        """As it stands in a mail's head."""
        return Address(self.name, self.local, self.domain)


def mailbox(value: str) -> Mailbox:
    """Read `name@example.org` or `Some Name <name@example.org>`. Raises ValueError, with nothing of it in the text.

    Not by email-validator: it refuses the names that networks of their own use, such as corp.local.
    """
    wrong = ValueError("should be an address such as desk@example.org or Front desk <desk@example.org>")
    found = getaddresses([value])
    if len(found) != 1 or not value.isprintable():
        raise wrong
    name, address = found[0]
    local, _at, domain = address.rpartition("@")
    try:
        domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError:
        raise wrong from None
    if not LOCAL_PART.fullmatch(local) or not DOMAIN.fullmatch(domain):
        raise wrong
    return Mailbox(local, domain, name)


def _smtp_url(value: SecretStr) -> SecretStr:
    """Accept servers of mail, and nothing at all."""
    if value.get_secret_value():
        smtp_server(value.get_secret_value())
    return value


def _mail_from(value: str) -> str:
    """Accept one address, perhaps with a name, and nothing at all; in ASCII: not every server takes others."""
    if value and not mailbox(value).is_ascii:
        raise ValueError("should be an address whose letters before the @ are ASCII")
    return value


class MailSettings(BaseSettings):
    """Those of the settings that mail needs."""

    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_url)] = Field(
        SecretStr(""),
        description="server that takes mail: smtps://USER:PASSWORD@HOST, or smtp://… with STARTTLS (?starttls=no: "
        "without, the default on this machine); empty: no mail is sent",
    )
    mail_from: Annotated[str, AfterValidator(_mail_from)] = Field(
        "", description="sender of mails: an address, perhaps as Name <address>; without a name the brand is it"
    )
    smtp_timeout: float = Field(15.0, gt=0, le=300, description="seconds to wait for each answer of that server")
    smtp_ca_file: CaFile = Field("", description="certificates (PEM) trusted for that server; empty: the system's")

    invitations_per_day: int = Field(
        200, ge=1, le=100_000, description="mails of invitations within 24 hours that one person, or one room, may send"
    )

    @property
    def smtp(self) -> SmtpServer | None:
        """The server that takes mail; None: no mail is sent."""
        url = self.smtp_url.get_secret_value()
        return smtp_server(url) if url else None

    @model_validator(mode="after")
    def _refuse_half_of_mail(self) -> "MailSettings":
        if bool(self.smtp_url.get_secret_value()) != bool(self.mail_from):
            raise ValueError("FRONTDESK_SMTP_URL and FRONTDESK_MAIL_FROM should be set together")
        return self
