"""LiveKit's access tokens: who signed them, and what they allow."""

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

Kind = TypeVar("Kind", str, dict[str, Any])

LEEWAY_SECONDS = 60
ALGORITHM = "HS256"


class BadToken(Exception):
    """The token is refused before any method is asked; LiveKit answers this text as text/plain with 401."""


@dataclass(frozen=True)
class Claims:
    """What a verified token says. An absent token says nothing and allows nothing."""

    identity: str = ""
    name: str = ""
    kind: str = ""
    metadata: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    video: Mapping[str, Any] = field(default_factory=dict)
    sip: Mapping[str, Any] = field(default_factory=dict)

    def may(self, grant: str) -> bool:
        """A room-wide grant such as `roomList`."""
        return self.video.get(grant) is True

    def may_administer(self, room: str) -> bool:
        """`roomAdmin` counts for the one room the token names."""
        return self.may("roomAdmin") and bool(self.video.get("room", "") == room)

    def may_send_to(self, room: str) -> bool:
        """Moving and forwarding also name their destination."""
        return bool(self.video.get("destinationRoom", "") == room)

    def may_sip(self, grant: str) -> bool:
        """`admin` or `call` of the SIP grant."""
        return self.sip.get(grant) is True


def verify(token: str, keys: Mapping[str, str]) -> Claims:
    """The claims of a token one of our keys signed, with a minute of leeway on its times. Raises BadToken."""
    issuer = str(_unverified(token).get("iss", ""))
    if issuer not in keys:
        raise BadToken(f"invalid API key: {issuer}")
    try:
        claims = jwt.decode(token, OctKey.import_key(keys[issuer]), algorithms=[ALGORITHM]).claims
    except (JoseError, ValueError) as error:
        raise BadToken(_refused(token, "token signature is invalid: signature is invalid")) from error
    try:
        problems = _untimely(claims)
        read = _claims(claims)
    except (TypeError, ValueError) as error:
        raise BadToken(_refused(token, "token is malformed: could not unmarshal claims")) from error
    if problems:
        raise BadToken(_refused(token, f"token has invalid claims: {', '.join(problems)}"))
    return read


def sign(claims: Mapping[str, Any], secret: str) -> str:
    """A token with these claims."""
    return jwt.encode({"alg": ALGORITHM}, dict(claims), OctKey.import_key(secret), algorithms=[ALGORITHM])


def _unverified(token: str) -> dict[str, Any]:
    parts = token.split(".")
    try:
        if len(parts) != 3:
            raise ValueError("not three parts")
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        if not isinstance(claims, dict):
            raise ValueError("no claims")
    except (ValueError, binascii.Error) as error:
        raise BadToken("invalid authorization token") from error
    return claims


def _refused(token: str, why: str) -> str:
    # The real server echoes the whole token; whoever logs the answer logs the token, and must not.
    return f"invalid token: {token}, error: {why}"


def _untimely(claims: Mapping[str, Any]) -> list[str]:
    now = time.time()
    problems = []
    if float(_or(claims.get("exp"), now)) < now - LEEWAY_SECONDS:
        problems.append("token is expired")
    if float(_or(claims.get("nbf"), now)) > now + LEEWAY_SECONDS:
        problems.append("token is not valid yet")
    return problems


def _or(value: Any, absent: float) -> Any:
    return absent if value is None else value


def _claims(claims: Mapping[str, Any]) -> Claims:
    return Claims(
        identity=_claim(claims, "sub", str),
        name=_claim(claims, "name", str),
        kind=_claim(claims, "kind", str),
        metadata=_claim(claims, "metadata", str),
        attributes=_claim(claims, "attributes", dict),
        video=_claim(claims, "video", dict),
        sip=_claim(claims, "sip", dict),
    )


def _claim(claims: Mapping[str, Any], name: str, kind: type[Kind]) -> Kind:
    """A claim of its kind; absent and null are empty. Raises TypeError for any other kind."""
    value = claims.get(name)
    if value is not None and not isinstance(value, kind):
        raise TypeError(name)
    return kind() if value is None else value
