"""The settings of the audit log: who vouches for it, how long it is kept, who may not change it.

No refusal repeats a key.
"""

import base64
import re
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings

from webapp.core.values import Endpoint, Words

LEAST_DAYS = 90
ROLE = re.compile(r"[A-Za-z_][A-Za-z0-9_$-]{0,62}")
SYSLOG = {"syslog": ("udp", 514), "syslog+tcp": ("tcp", 601), "syslog+tls": ("tls", 6514)}  # and the usual ports
KEY_BYTES = 32  # Ed25519's (RFC 8032)


def _is_key(value: str) -> bool:
    try:
        return len(base64.b64decode(value, validate=True)) == KEY_BYTES
    except ValueError:  # binascii.Error is one
        return False


def _private(value: SecretStr) -> SecretStr:
    """Accept what `flask audit key` prints, or nothing."""
    if value.get_secret_value() and not _is_key(value.get_secret_value()):
        raise ValueError("should be a private key as `flask audit key` prints it")
    return value


def _public(value: list[str]) -> list[str]:
    """Accept public keys as `flask audit key` prints them."""
    if not all(map(_is_key, value)):
        raise ValueError("should be public keys as `flask audit key` prints them")
    return value


def webhook_secret(value: str) -> bytes:
    """The bytes of a secret as Standard Webhooks writes it. Raises ValueError."""
    wrong = ValueError("should be whsec_ and 24 to 64 random bytes in base64")
    try:
        secret = base64.b64decode(value.removeprefix("whsec_"), validate=True)
    except ValueError as error:
        raise wrong from error
    if not value.startswith("whsec_") or not 24 <= len(secret) <= 64:
        raise wrong
    return secret


@dataclass(frozen=True)
class StreamAddress:
    """Where entries are streamed to: a webhook, or a syslog server by udp, tcp or tls."""

    kind: str
    host: str
    port: int


def stream_address(value: str) -> StreamAddress | None:
    """Take the address of a stream apart; None for none. Raises ValueError."""
    if not value:
        return None
    wrong = ValueError("should be an https:// address, or syslog://, syslog+tcp:// or syslog+tls:// with host and port")
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:  # a port that is no number
        raise wrong from error
    if not host or port == 0:
        raise wrong
    if parts.scheme in {"http", "https"}:
        return StreamAddress("webhook", host, port or 443)
    if parts.scheme not in SYSLOG or parts.path.strip("/") or parts.query or parts.username is not None:
        raise wrong
    kind, usual = SYSLOG[parts.scheme]
    return StreamAddress(kind, host, port or usual)


def _stream(value: str) -> str:
    stream_address(value)
    return value


def _secret(value: SecretStr) -> SecretStr:
    """Accept a secret of Standard Webhooks, or nothing."""
    if value.get_secret_value():
        webhook_secret(value.get_secret_value())
    return value


def _keep_days(value: int) -> int:
    """Accept what is no shorter than the time after which addresses are shortened, or for ever."""
    if value and value < LEAST_DAYS:
        raise ValueError(f"should be 0, for ever, or at least {LEAST_DAYS} days")
    return value


def _role(value: str) -> str:
    """Accept what names a PostgreSQL role, or nothing."""
    if value and not ROLE.fullmatch(value):
        raise ValueError("should be the name of a PostgreSQL role, such as frontdesk")
    return value


PrivateKey = Annotated[SecretStr, AfterValidator(_private)]
PublicKeys = Annotated[Words, AfterValidator(_public)]
RoleName = Annotated[str, AfterValidator(_role)]
StreamURL = Annotated[str, AfterValidator(_stream)]
WebhookSecret = Annotated[SecretStr, AfterValidator(_secret)]


class AuditSettings(BaseSettings):
    """The part of the settings that is about the audit log."""

    audit_key: PrivateKey = Field(
        SecretStr(""), description="private key that signs the audit log's chain, from `flask audit key`; empty: none"
    )
    audit_old_keys: PublicKeys = Field(
        [], description="public keys of the private ones that signed it before, separated by commas"
    )
    audit_heads_file: str = Field(
        "", description="file to which the chain's heads are appended, best on a disk of another machine; empty: none"
    )
    audit_heads_url: Endpoint = Field(
        "", description="address to which they are posted, signed as Standard Webhooks says; empty: none"
    )
    audit_heads_secret: WebhookSecret = Field(SecretStr(""), description="secret of that signature, whsec_…")

    audit_keep_days: Annotated[int, AfterValidator(_keep_days)] = Field(
        0, ge=0, le=36_500, description="days after which entries of the audit log are deleted, 90 at least; 0: never"
    )

    database_application_role: RoleName = Field(
        "",
        description="PostgreSQL role of the servers, where another one owns the tables and runs `flask db upgrade`, "
        "which then keeps this one from changing or deleting entries of the audit log; empty: one role does all",
    )

    audit_stream_url: StreamURL = Field(
        "",
        description="where the entries are streamed to: https://…, syslog://HOST:PORT, syslog+tcp:// or syslog+tls://",
    )
    audit_stream_secret: WebhookSecret = Field(SecretStr(""), description="secret of the signature by https, whsec_…")
    audit_timeout: float = Field(
        10.0, gt=0, le=60, description="seconds that a place to which heads or entries are sent may take"
    )

    @model_validator(mode="after")
    def _refuse_unsigned_webhooks(self) -> "AuditSettings":
        if self.audit_heads_url and not self.audit_heads_secret.get_secret_value():
            raise ValueError("FRONTDESK_AUDIT_HEADS_SECRET should be set with FRONTDESK_AUDIT_HEADS_URL")
        if self.audit_stream_url.startswith("http") and not self.audit_stream_secret.get_secret_value():
            raise ValueError("FRONTDESK_AUDIT_STREAM_SECRET should be set with FRONTDESK_AUDIT_STREAM_URL")
        return self
