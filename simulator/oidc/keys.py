"""The keys tokens are signed with, several at a time and rotated on demand, as a real provider's are."""

from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

Signer = RSAKey | ECKey | OctKey


class SigningKeys:
    """Current and retired keys of one provider."""

    def __init__(self, client_secret: str) -> None:
        self._shared = OctKey.import_key(client_secret)
        self._encryption = ECKey.generate_key("P-256", {"use": "enc", "alg": "ECDH-ES"}, auto_kid=True)
        self._retired: list[RSAKey | ECKey] = []
        self._renew()

    def _renew(self) -> None:
        # PS256 signs with a key that names no algorithm: many providers publish such keys
        self._rsa = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
        self._pss = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
        self._ec = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)

    def rotate(self, *, keep_old: bool) -> None:
        """Sign with new keys from now on; the old ones stay published only when `keep_old`."""
        self._retired = [*self._retired, self._rsa, self._pss, self._ec] if keep_old else []
        self._renew()

    def published(self) -> dict[str, Any]:
        """The JWKS document: an encryption key first, as Keycloak does, then every verification key."""
        keys = [self._encryption, *self._retired, self._pss, self._rsa, self._ec]
        return dict(KeySet(list(keys)).as_dict(private=False))

    def sign(self, claims: dict[str, Any], alg: str, *, with_kid: bool = True, typ: str = "") -> str:
        """Return a compact JWT over the claims."""
        key = self._signer(alg)
        header = {"alg": alg} | ({"typ": typ} if typ else {})
        if with_kid and key.kid and alg != "HS256":
            header["kid"] = key.kid
        return jwt.encode(header, claims, key, algorithms=[alg])

    def _signer(self, alg: str) -> Signer:
        signers: dict[str, Signer] = {
            "RS256": self._rsa,
            "PS256": self._pss,
            "ES256": self._ec,
            "HS256": self._shared,
        }
        return signers[alg]
