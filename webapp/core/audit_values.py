"""The settings of the audit log: who vouches for it, and for how long it is kept. No refusal repeats a key."""

import base64
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr
from pydantic_settings import BaseSettings

from webapp.core.values import Words

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


PrivateKey = Annotated[SecretStr, AfterValidator(_private)]
PublicKeys = Annotated[Words, AfterValidator(_public)]


class AuditSettings(BaseSettings):
    """The part of the settings that is about the audit log."""

    audit_key: PrivateKey = Field(
        SecretStr(""), description="private key that signs the audit log's chain, from `flask audit key`; empty: none"
    )
    audit_old_keys: PublicKeys = Field(
        [], description="public keys of the private ones that signed it before, separated by commas"
    )
