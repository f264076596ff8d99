"""Whether a trunk, a rule or a request is well formed, before anything stored is looked at."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from webapp.matching.errors import MatchingError
from webapp.matching.headers import check_header_names, check_headers
from webapp.matching.model import Json

NO_GUARD = "for security, one of the fields must be set: AuthUsername+AuthPassword, AllowedAddresses or Numbers"
_GUARDS = ("numbers", "allowed_addresses", "auth_username", "auth_password")
TRUNK_LISTS = ("numbers", "allowed_addresses", "allowed_numbers")
RULE_LISTS = ("trunk_ids",)
_LONGEST_TIMEOUT = 600.0


def check_trunk(trunk: Json) -> None:
    """Raise MatchingError unless LiveKit would store this inbound trunk."""
    if not any(trunk.get(name) for name in _GUARDS):
        raise invalid(NO_GUARD)
    check_media(trunk.get("media"))
    check_headers(trunk.get("headers") or {})
    check_header_names((trunk.get("attributes_to_headers") or {}).values())
    check_header_names((trunk.get("headers_to_attributes") or {}).keys())


def check_rule(rule: Json) -> None:
    """Raise MatchingError unless LiveKit would store this rule; a rule of no kind is well formed."""
    if rule.get("rule") is None:
        raise invalid("missing rule")
    check_media(rule.get("media"))


def check_create_trunk(request: Json) -> Json:
    """The trunk that a CreateSIPInboundTrunk request asks for, well formed."""
    trunk = request.get("trunk")
    if trunk is None:
        raise invalid("missing trunk")
    if trunk.get("sip_trunk_id"):
        raise invalid("trunk id must not be set")
    check_trunk(trunk)
    return dict(trunk)


def check_create_rule(request: Json) -> Json:
    """The rule that a CreateSIPDispatchRule request asks for, in either of its forms, well formed."""
    rule = request.get("dispatch_rule")
    if rule is None:
        rule = {name: value for name, value in request.items() if name != "dispatch_rule"}
    if rule.get("sip_dispatch_rule_id"):
        raise invalid("rule id must not be set")
    check_rule(rule)
    return dict(rule)


def check_update_trunk(request: Json) -> None:
    """Raise MatchingError unless an UpdateSIPInboundTrunk request is well formed."""
    _check_update(request, "sip_trunk_id", "trunk", check_trunk, TRUNK_LISTS)


def check_update_rule(request: Json) -> None:
    """Raise MatchingError unless an UpdateSIPDispatchRule request is well formed."""
    _check_update(request, "sip_dispatch_rule_id", "rule", check_rule, RULE_LISTS)


def check_media(media: Json | None) -> None:
    """Raise MatchingError for codecs without a usable name and for a timeout outside 0 to 10 minutes."""
    for codec in (media or {}).get("codecs") or ():
        _check_codec(codec.get("name", ""))
    timeout = _seconds((media or {}).get("media_timeout"))
    if timeout < 0:
        raise invalid("media_timeout must not be negative")
    if timeout > _LONGEST_TIMEOUT:
        raise invalid("media_timeout must not exceed 10m0s")


def check_list_update(update: Json) -> None:
    """Raise MatchingError unless a list is cleared, set, or added to and removed from, but not both."""
    chosen, added, removed = (update.get(name) or [] for name in ("set", "add", "remove"))
    changes = bool(added or removed)
    if update.get("clear"):
        if chosen or changes:
            raise invalid("cannot clear and change the list at the same time")
        return
    if not chosen and not changes:
        raise invalid("unsupported list update operation")
    if chosen and changes:
        raise invalid("cannot set and change the list at the same time")
    if "" in (*chosen, *added, *removed):
        raise invalid("empty element in the list")


def updated(info: Json, request: Json, lists: Iterable[str]) -> dict[str, Any]:
    """The stored object after a well-formed update request: replaced whole, or changed field by field."""
    identifier = "sip_trunk_id" if "sip_trunk_id" in request else "sip_dispatch_rule_id"
    if request.get("replace") is not None:
        return {**request["replace"], identifier: request[identifier]}
    changed = dict(info)
    for name, value in request["update"].items():
        changed[name] = _changed(changed.get(name), value, name, lists)
    return changed


def invalid(text: str) -> MatchingError:
    """A refusal of the request's own content."""
    return MatchingError("other", "invalid_argument", text)


def _check_update(
    request: Json, identifier: str, what: str, check: Callable[[Json], None], lists: tuple[str, ...]
) -> None:
    if not request.get(identifier):
        raise invalid(f"{what} id must be set")
    replace, update = request.get("replace"), request.get("update")
    if replace is not None:
        if replace.get(identifier) and replace[identifier] != request[identifier]:
            raise invalid(f"{what} id in the info must be empty or match the id in the update")
        check(replace)
    elif update is not None:
        for name in lists:
            if update.get(name) is not None:
                check_list_update(update[name])
        check_media(update.get("media"))
    else:
        raise invalid("missing or unsupported update action")


def _changed(stored: Any, value: Any, name: str, lists: Iterable[str]) -> Any:
    if name in lists:
        return _changed_list(list(stored or ()), value)
    if name == "attributes":
        merged = {**(stored or {}), **value}
        return {key: text for key, text in merged.items() if text}
    return value


def _changed_list(stored: list[str], update: Json) -> list[str]:
    if update.get("clear"):
        return []
    if update.get("set"):
        return list(update["set"])
    for element in update.get("remove") or ():
        if element in stored:
            stored.remove(element)
    for element in update.get("add") or ():
        if element not in stored:
            stored.append(element)
    return stored


def _check_codec(name: str) -> None:
    if not name:
        raise invalid("missing codec name")
    if re.search(r"[ \t\r\n]", name):
        raise invalid("invalid codec name")
    if "/" in name:
        raise invalid("codec name must not contain '/'")


def _seconds(duration: str | None) -> float:
    return float(duration.removesuffix("s")) if duration else 0.0
