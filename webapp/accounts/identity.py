"""Who somebody is, read off the provider's claims by the settings."""

import enum
from dataclasses import dataclass
from typing import Any

from webapp.accounts.models import Staff
from webapp.accounts.problems import SignInError
from webapp.core import names
from webapp.core.settings import settings

Claims = dict[str, Any]
LONGEST_SID = 255
LONGEST = 320  # letters of an address: 64, the sign, 255


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
    address_problem: str = ""  # why nobody new is let in by the address: a code of `problems`, and what the log says
    address_hint: str = ""
    role_problem: str = ""  # why the claim of the role decided nothing: absent, elsewhere, unreadable

    def require_address(self) -> None:
        """Raise SignInError unless there is an address that the provider vouches for."""
        if self.address_problem:
            raise SignInError(self.address_problem, self.address_hint)
        if not self.email:
            raise SignInError("no_email")
        if not self.email_verified:
            raise SignInError("unverified_email", "email_verified")


class ClaimState(enum.Enum):
    """What a provider says by a claim; only the last of these answers what was asked, an empty one says “none”."""

    ABSENT = "absent"
    ELSEWHERE = "elsewhere"  # it names an address where to ask (OpenID Connect Core, 5.6.2)
    UNREADABLE = "unreadable"
    EMPTY = "empty"
    GIVEN = "given"


def identify(id_claims: Claims, userinfo: Claims | None, id_token: str) -> Identity:
    """Join both sets of claims; userinfo wins, being newer.

    Raises SignInError when they are two people's, or when userinfo does not say whose it is (Core, 5.3.2).
    """
    if userinfo is not None and userinfo.get("sub") != id_claims["sub"]:
        raise SignInError("bad_token", "userinfo sub")
    userinfo = userinfo or {}
    # an address and the word that it is verified must come from the same source
    source = userinfo if _address(userinfo) else id_claims
    claims = {**id_claims, **userinfo}
    problem, hint = _address_problem(source, claims)
    staff, role_problem = _staff(claims) if settings.oidc_staff_claim else (None, "")
    return Identity(
        sub=id_claims["sub"],
        email=_address(source),
        email_verified=_verified(source)[1] is True,
        full_name=_full_name(claims),
        short_name=_text(claims, settings.oidc_short_name_claim),
        staff=staff,
        id_token=id_token,
        sid=session_name(id_claims),
        address_problem=problem,
        address_hint=hint,
        role_problem=role_problem,
    )


def session_name(claims: Claims) -> str:
    """The provider's name of its session; what no provider would write counts as none."""
    sid = claims.get("sid")
    return sid if isinstance(sid, str) and len(sid) <= LONGEST_SID and "\0" not in sid else ""


def _state(claims: Claims, path: str) -> ClaimState:
    """Whether a claim is there and holds something that can be read: a text, a truth, or a list with texts."""
    value, top = _nested(claims, path), path if path in claims else path.split(".", maxsplit=1)[0]
    if value is None:
        elsewhere = claims.get("_claim_names")
        points = isinstance(elsewhere, dict) and (path in elsewhere or top in elsewhere)
        return ClaimState.ELSEWHERE if points or (path == "groups" and claims.get("hasgroups")) else ClaimState.ABSENT
    if isinstance(value, bool):
        return ClaimState.GIVEN
    if isinstance(value, list):
        if any(isinstance(item, str) for item in value):
            return ClaimState.GIVEN
        return ClaimState.UNREADABLE if value else ClaimState.EMPTY
    if isinstance(value, str):
        return ClaimState.GIVEN if value.strip() else ClaimState.EMPTY
    return ClaimState.UNREADABLE


def _address(claims: Claims) -> str:
    """The first address that a claim of the settings holds, in lower case."""
    return next((address for name in settings.oidc_email_claims if (address := _readable(claims.get(name)))), "")


def _readable(value: object) -> str:
    """The text in the form that addresses are compared in; empty where it is none.

    Letters that nobody sees are not left out, and none becomes another one: that would be somebody else's address.
    """
    text = value.strip() if isinstance(value, str) else ""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain) or "@" in local or " " in text or not text.isprintable() or len(text) > LONGEST:
        return ""
    address = names.normalised(text).lower()
    return address if address.isascii() == text.isascii() else ""  # the sign for kelvin becomes a k


def _address_problem(source: Claims, claims: Claims) -> tuple[str, str]:
    """Why the address lets nobody new in, and what the log says of it; empty where it does."""
    names = ", ".join(settings.oidc_email_claims)
    if not _address(source):
        states = {_state(claims, name) for name in settings.oidc_email_claims}
        if ClaimState.GIVEN in states or ClaimState.UNREADABLE in states:
            return "email_unreadable", f"{names}: unreadable"
        return ("no_email", f"{names}: empty") if ClaimState.EMPTY in states else ("email_not_sent", f"{names}: absent")
    name, verified = _verified(source)
    if verified is False:
        return "unverified_email", f"{name}: no"
    return ("", "") if verified else ("never_verified", name)


def _verified(claims: Claims) -> tuple[str, bool | None]:
    """Whether the provider vouches for the address, by the first claim that says; None where nothing can be read.

    Some providers write the word instead of the boolean, and some never say: a setting trusts those.
    """
    for name in settings.oidc_email_verified_claims:
        value = claims.get(name)
        word = str(value).strip().lower() if isinstance(value, str | int) else ""
        if word in {"true", "1", "false", "0"}:
            return name, word in {"true", "1"}
    names = settings.oidc_email_verified_claims
    states = "; ".join(f"{name}: {_state(claims, name).value}" for name in names)
    silent = all(_state(claims, name) is ClaimState.ABSENT for name in names)
    return states.replace("given", "unreadable"), True if silent and settings.oidc_trust_email else None


def _text(claims: Claims, name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        return ""
    return names.printable(value).strip()[:500]


def _full_name(claims: Claims) -> str:
    """All parts, where all are sent; else the whole name, of which some providers send nothing but that."""
    parts = [_text(claims, name) for name in settings.oidc_full_name_claims]
    joined = " ".join(part for part in parts if part)
    return joined if all(parts) else _text(claims, "name") or joined


def _staff(claims: Claims) -> tuple[Staff | None, str]:
    """The highest role that the claim gives; dots lead into nested claims, as in realm_access.roles.

    Nothing sent, or nothing that can be read, is no answer: None, and why. An empty list says: no role.
    """
    state = _state(claims, settings.oidc_staff_claim)
    if state not in {ClaimState.GIVEN, ClaimState.EMPTY}:
        return None, state.value
    value = _nested(claims, settings.oidc_staff_claim)
    given = {item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)}
    if given & set(settings.oidc_admin_values):
        return Staff.ADMIN, ""
    return Staff.SUPPORT if given & set(settings.oidc_support_values) else Staff.NONE, ""


def _nested(claims: Claims, path: str) -> object:
    if path in claims:  # some claim names are addresses, dots and all
        return claims[path]
    value: object = claims
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
