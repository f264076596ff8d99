"""The keys that a token may have been signed with: those that the provider publishes for it, and for HS256 our secret.

What a provider publishes may hold keys for other uses and of kinds that nobody here knows; they are passed over.
"""

import base64
import binascii
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey

from webapp.accounts import metadata
from webapp.core.settings import settings

KINDS = {"RS": "RSA", "PS": "RSA", "ES": "EC"}
CURVES = {"ES256": "P-256"}
SAFE_BITS = range(2048, 16_385)  # of an RSA key (RFC 7518, 3.3); above it nobody signs, and a library takes long


def of(algorithm: str, kid: str | None, *, fresh: bool) -> list[Key]:
    """The keys that fit, asked for anew where `fresh`. Raises SignInError when the provider tells none."""
    if algorithm == "HS256":
        secret = settings.oidc_client_secret.get_secret_value()
        return [OctKey.import_key(secret)] if secret else []
    # some providers write null for what they leave out
    published = ({name: it for name, it in jwk.items() if it is not None} for jwk in metadata.signing_keys(fresh=fresh))
    fitting = [jwk for jwk in published if _fits(jwk, algorithm, kid)]
    return [key for jwk in fitting if (key := _import(jwk)) is not None]


def _fits(jwk: dict[str, Any], algorithm: str, kid: str | None) -> bool:
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


def _import(jwk: dict[str, Any]) -> Key | None:
    bare = {name: value for name, value in jwk.items() if name in {"kty", "n", "e", "crv", "x", "y"}}
    try:
        return JWKRegistry.import_key(bare)
    except (JoseError, ValueError, TypeError):
        return None  # a broken key beside good ones is the provider's affair
