"""Which trunk a call comes over."""

from collections.abc import Iterable, Sequence

from webapp.matching.addresses import address_allowed, parse_address
from webapp.matching.errors import MatchingError
from webapp.matching.model import SipCall, Trunk
from webapp.matching.numbers import normalise
from webapp.matching.quoting import quoted


def choose_trunk(trunks: Sequence[Trunk], call: SipCall, named: str = "") -> Trunk | None:
    """The trunk LiveKit takes for a call, or None, which is not a refusal.

    Raises MatchingError for a source that is no address and for several trunks that fit. A `named` trunk
    (the second question of a call) is the only one tried, unless it does not exist or its check fails.
    """
    if call.source_ip and parse_address(call.source_ip) is None:
        raise MatchingError(
            "bad_source_ip", "invalid_argument", f"ParseAddr({quoted(call.source_ip)}): unable to parse IP"
        )
    known = [trunk for trunk in trunks if named and trunk.id == named]
    return _choose(known or sorted(trunks, key=lambda trunk: trunk.id), call)


def trunk_reason(trunk: Trunk, call: SipCall) -> str:
    """Why a trunk, looked at alone, does or does not take a call: the first check it fails, or how it fits.

    One of caller_not_allowed, address_not_allowed, number_not_listed, specific, default.
    """
    if not _caller_allowed(trunk, call.from_user):
        return "caller_not_allowed"
    if not _address_allowed(trunk, call):
        return "address_not_allowed"
    if not trunk.numbers:
        return "default"
    return "specific" if lists_number(trunk, call.to_user) else "number_not_listed"


def trunk_refusals(trunk: Trunk, call: SipCall) -> list[str]:
    """Every check that a trunk, looked at alone, fails, in LiveKit's order: mending the first may not be enough."""
    passed = {
        "caller_not_allowed": _caller_allowed(trunk, call.from_user),
        "address_not_allowed": _address_allowed(trunk, call),
        "number_not_listed": fits_number(trunk, call.to_user),
    }
    return [reason for reason, passes in passed.items() if not passes]


def fits_number(trunk: Trunk, number: str) -> bool:
    """The trunk lists the number called, or lists none at all."""
    return not trunk.numbers or lists_number(trunk, number)


def lists_number(trunk: Trunk, number: str) -> bool:
    """The trunk names the number called, however it is written."""
    return _among(number, trunk.numbers)


def both_take(one: Trunk, other: Trunk) -> bool:
    """Some calls fit both, so that LiveKit refuses them, although it stores the two: one lists callers, the other none.

    With addresses on both sides it depends on the addresses, which are not compared here.
    """
    if bool(one.allowed_numbers) == bool(other.allowed_numbers) or (one.allowed_addresses and other.allowed_addresses):
        return False
    if not one.numbers or not other.numbers:
        return not one.numbers and not other.numbers
    return any(lists_number(other, number) for number in one.numbers)


def _choose(trunks: Iterable[Trunk], call: SipCall) -> Trunk | None:
    reasons = [(trunk, trunk_reason(trunk, call)) for trunk in trunks]
    specific = [trunk for trunk, reason in reasons if reason == "specific"]
    if len(specific) > 1:
        raise _several("several_trunks", "SIP Trunks", call)
    default = [trunk for trunk, reason in reasons if reason == "default"]
    if not specific and len(default) > 1:
        raise _several("several_default_trunks", "default SIP Trunks", call)
    return next(iter(specific or default), None)


def _several(kind: str, what: str, call: SipCall) -> MatchingError:
    return MatchingError(kind, "failed_precondition", f"Multiple {what} matched for {quoted(call.to_user)}")


def _caller_allowed(trunk: Trunk, caller: str) -> bool:
    return not trunk.allowed_numbers or _among(caller, trunk.allowed_numbers)


def _address_allowed(trunk: Trunk, call: SipCall) -> bool:
    # A source that does not parse fails the call as a whole; no single trunk is to blame for it.
    usable = call.source_ip if parse_address(call.source_ip) else ""
    return address_allowed(trunk.allowed_addresses, usable, call.from_host)


def _among(number: str, listed: Sequence[str]) -> bool:
    return number in listed or normalise(number) in {normalise(each) for each in listed}
