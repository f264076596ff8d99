"""Who somebody is, read off the provider's claims by the settings."""

from dataclasses import dataclass
from typing import Any

from webapp.accounts.models import Staff
from webapp.accounts.problems import SignInError
from webapp.core.settings import settings

Claims = dict[str, Any]
LONGEST_SID = 255


@dataclass(frozen=True)
class Identity:
    """A person as the provider vouches for; `email` is lower case, `staff` is None where no claim decides it."""

    sub: str
    email: str
    email_verified: bool
    full_name: str
    short_name: str
    staff: Staff | None
    id_token: str
    sid: str = ""  # the provider's session, where it names one

    def require_address(self) -> None:
        """Raise SignInError unless there is an address that the provider vouches for."""
        if not self.email:
            raise SignInError("no_email")
        if not self.email_verified:
            raise SignInError("unverified_email", "email_verified")


def identify(id_claims: Claims, userinfo: Claims | None, id_token: str) -> Identity:
    """Join both sets of claims; userinfo wins, being newer.

    Raises SignInError when they are two people's, or when userinfo does not say whose it is (Core, 5.3.2).
    """
    if userinfo is not None and userinfo.get("sub") != id_claims["sub"]:
        raise SignInError("bad_token", "userinfo sub")
    userinfo = userinfo or {}
    # an address and the word that it is verified must come from the same source
    source = userinfo if _text(userinfo, "email") else id_claims
    claims = {**id_claims, **userinfo}
    return Identity(
        sub=id_claims["sub"],
        email=_text(source, "email").lower(),
        email_verified=_is_verified(source),
        full_name=_full_name(claims),
        short_name=_text(claims, settings.oidc_short_name_claim),
        staff=_staff(claims) if settings.oidc_staff_claim else None,
        id_token=id_token,
        sid=session_name(id_claims),
    )


def session_name(claims: Claims) -> str:
    """The provider's name of its session; what no provider would write counts as none."""
    sid = claims.get("sid")
    return sid if isinstance(sid, str) and len(sid) <= LONGEST_SID and "\0" not in sid else ""


def _is_verified(claims: Claims) -> bool:
    """Some providers write the word instead of the boolean, and some never say (a setting trusts those)."""
    said = claims.get("email_verified")
    if said is None:
        return settings.oidc_trust_email
    return said is True or (isinstance(said, str) and said.lower() == "true")


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value if letter.isprintable()).strip()[:500]


def _full_name(claims: Claims) -> str:
    parts = (_text(claims, name) for name in settings.oidc_full_name_claims)
    return " ".join(part for part in parts if part) or _text(claims, "name")


def _staff(claims: Claims) -> Staff:
    """The highest role that the claim gives; dots lead into nested claims, as in realm_access.roles."""
    value = _nested(claims, settings.oidc_staff_claim)
    given = {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)}
    if given & set(settings.oidc_admin_values):
        return Staff.ADMIN
    return Staff.SUPPORT if given & set(settings.oidc_support_values) else Staff.NONE


def _nested(claims: Claims, path: str) -> object:
    if path in claims:  # some claim names are addresses, dots and all
        return claims[path]
    value: object = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
