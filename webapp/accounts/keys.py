"""The keys that a token may have been signed with: those that the provider publishes for it, and for HS256 our secret.

What a provider publishes may hold keys for other uses and of kinds that nobody here knows; they are passed over.
"""

import base64
import binascii
import math
from collections.abc import Iterator
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey

from webapp.accounts import metadata
from webapp.core.settings import settings

KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
CURVES = {"ES256": "P-256"}
Jwk = dict[str, Any]
SAFE_BITS = range(2048, 16_385)  # of an RSA key (RFC 7518, 3.3); above it nobody signs, and a library takes long


def rounds(algorithm: str, kid: str | None, *, patient: bool) -> Iterator[list[Key]]:
    """The keys that fit: first those that are known, then those that the provider tells now, because it rotates them.

    `patient` is for tokens that anybody may send. Raises SignInError when the provider tells none.
    """
    if algorithm == "HS256":
        secret = settings.oidc_client_secret.get_secret_value()
        yield [OctKey.import_key(secret)] if secret else []
        return
    for published in _for_strangers() if patient else _for_us():
        yield _fitting(published, algorithm, kid)


def _for_us() -> Iterator[list[Jwk]]:
    yield metadata.signing_keys()
    yield metadata.signing_keys(fresh=True)


def _for_strangers() -> Iterator[list[Jwk]]:
    known_at = metadata.keys_known_at()
    if known_at > -math.inf:
        yield metadata.signing_keys()
    newer = metadata.keys_for_strangers(newer_than=known_at)
    if newer is not None:
        yield newer


def _fitting(published: list[Jwk], algorithm: str, kid: str | None) -> list[Key]:
    # some providers write null for what they leave out
    told = ({name: value for name, value in jwk.items() if value is not None} for jwk in published)
    return [key for jwk in told if _fits(jwk, algorithm, kid) and (key := _import(jwk)) is not None]


def _fits(jwk: Jwk, algorithm: str, kid: str | None) -> bool:
    """A safe key of the right kind for signing; one that names neither use nor algorithm serves any."""
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("kty") == KINDS[algorithm[:2]]
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and jwk.get("alg", algorithm) == algorithm
        and (kid is None or jwk.get("kid", kid) == kid)
        and (jwk.get("crv") == CURVES[algorithm] if algorithm in CURVES else _bits(jwk.get("n")) in SAFE_BITS)
    )


def _bits(modulus: object) -> int:
    """The length of an RSA modulus; 0 when it is none."""
    try:
        return int.from_bytes(base64.urlsafe_b64decode(str(modulus) + "==")).bit_length()
    except (binascii.Error, ValueError):
        return 0


def _import(jwk: Jwk) -> Key | None:
    bare = {name: value for name, value in jwk.items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    try:
        return JWKRegistry.import_key(bare)
    except (JoseError, ValueError, TypeError):
        return None  # a broken key beside good ones is the provider's affair
