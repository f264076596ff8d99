"""The key that signs the chain's heads (Ed25519, RFC 8032): the private one is a setting, the public one is for all."""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from functools import cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from webapp.core.settings import settings


@dataclass(frozen=True)
class Signer:
    """The installation's own key."""

    key: Ed25519PrivateKey

    @property
    def public(self) -> str:
        """The public key, as settings and commands write it."""
        return _written(self.key.public_key().public_bytes_raw())

    def sign(self, text: bytes) -> str:
        """The signature, in base64."""
        return _written(self.key.sign(text))


def generate() -> tuple[str, str]:
    """A new private key, for the setting, and its public one."""
    key = Ed25519PrivateKey.generate()
    return _written(key.private_bytes_raw()), Signer(key).public


def signer() -> Signer | None:
    """What signs here; None without the setting."""
    private = settings.audit_key.get_secret_value()
    return _signer(private) if private else None


def known() -> dict[str, str]:
    """The public keys whose signatures hold here, by their ids: today's, and those of before."""
    mine = signer()
    return {key_id(public): public for public in (*settings.audit_old_keys, *([mine.public] if mine else []))}


@cache
def key_id(public: str) -> str:
    """What a head calls the key that signed it."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]


def holds(public: str, signature: str, text: bytes) -> bool:
    """The signature is of this text, by this key."""
    try:
        _public(public).verify(base64.b64decode(signature, validate=True), text)
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


@cache
def _signer(private: str) -> Signer:
    return Signer(Ed25519PrivateKey.from_private_bytes(base64.b64decode(private)))


@cache
def _public(public: str) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(base64.b64decode(public))


def _written(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
