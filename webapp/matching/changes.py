"""What LiveKit refuses when a trunk or a rule is created or changed, given what is stored.

Each check takes what is stored and LiveKit's JSON request, returns the object that would be stored, and raises
MatchingError or ConflictError. The lists that LiveKit compares have holes; they are kept, because calls fail on what
slips through.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from webapp.matching.errors import ConflictError, MatchingError
from webapp.matching.model import Json, Rule, Trunk
from webapp.matching.numbers import normalise
from webapp.matching.quoting import quoted
from webapp.matching.rules import check_rules
from webapp.matching.validation import (
    NO_GUARD,
    RULE_LISTS,
    TRUNK_LISTS,
    check_create_rule,
    check_create_trunk,
    check_rule,
    check_trunk,
    check_update_rule,
    check_update_trunk,
    updated,
)

_Stored = TypeVar("_Stored", Rule, Trunk)


def create_rule(rules: Sequence[Rule], request: Json) -> dict[str, Any]:
    """Check a CreateSIPDispatchRule request against the rules of the trunks in its own `trunk_ids`, else all rules.

    The trunk ids inside a nested rule narrow nothing.
    """
    info = check_create_rule(request)
    listed = _on_trunks(_by_id(rules), request.get("trunk_ids") or ())
    check_rules(_new_one_second(listed, Rule.parse(info)))
    return dict(info)


def update_rule(rules: Sequence[Rule], request: Json) -> dict[str, Any]:
    """Check an UpdateSIPDispatchRule request against the rules stored for the changed rule's trunks."""
    check_update_rule(request)
    stored = _by_id(rules)
    old = _find(stored, request["sip_dispatch_rule_id"], "requested sip dispatch rule does not exist")
    info = updated(old.info, request, RULE_LISTS)
    _check_changed(check_rule, info)
    changed = Rule.parse(info)
    check_rules(_replaced(_on_trunks(stored, changed.trunk_ids), changed))
    return dict(info)


def create_trunk(trunks: Sequence[Trunk], request: Json) -> dict[str, Any]:
    """Check a CreateSIPInboundTrunk request against the trunks that share a number with it."""
    info = check_create_trunk(request)
    new = Trunk.parse(info)
    check_trunks(_new_one_second(_sharing(_by_id(trunks), new.numbers), new))
    return dict(info)


def update_trunk(trunks: Sequence[Trunk], request: Json) -> dict[str, Any]:
    """Check an UpdateSIPInboundTrunk request against the trunks stored with its new numbers."""
    check_update_trunk(request)
    stored = _by_id(trunks)
    old = _find(stored, request["sip_trunk_id"], "requested sip trunk does not exist")
    info = updated(old.info, request, TRUNK_LISTS)
    _check_changed(check_trunk, info)
    changed = Trunk.parse(info)
    check_trunks(_replaced(_sharing(stored, changed.numbers), changed))
    return dict(info)


def check_trunks(trunks: Sequence[Trunk]) -> None:
    """Raise ConflictError for the first trunk, in the order given, that claims a number another one has."""
    holders: dict[tuple[str, str], Trunk] = {}
    for trunk in trunks:
        for number in {normalise(number): None for number in trunk.numbers or ("",)}:
            for caller in trunk.allowed_numbers or (None,):
                holder = holders.setdefault((number, normalise(caller or "")), trunk)
                if holder.id != trunk.id:
                    raise _trunk_conflict(trunk, holder, caller)


def _check_changed(check: Callable[[Json], None], info: Json) -> None:
    # What is wrong with the request itself has been refused with a code; what was stored wrong has none, and
    # only the missing guard brings its own.
    try:
        check(info)
    except MatchingError as error:
        guard = error.text == NO_GUARD
        raise MatchingError(error.kind, error.code if guard else "unknown", error.text, wrapped=guard) from None


def _trunk_conflict(trunk: Trunk, holder: Trunk, caller: str | None) -> ConflictError:
    numbers = f"[{' '.join(map(quoted, trunk.numbers))}]" if trunk.numbers else "<any>"
    which = "without AllowedNumbers set" if caller is None else f"and AllowedNumber {quoted(caller)}"
    ids = f"{quoted(trunk.id or '<new>')} and {quoted(holder.id or '<new>')}"
    return ConflictError(
        "trunk_conflict",
        f"Conflicting inbound SIP Trunks: {ids}, using the same number(s) {numbers} {which}",
        (trunk.id, holder.id),
        "CalledNumber" if caller is None else "CallingNumber",
    )


def _on_trunks(rules: list[Rule], trunk_ids: Sequence[str]) -> list[Rule]:
    wanted = set(trunk_ids)
    return [rule for rule in rules if not wanted or not rule.trunk_ids or wanted & set(rule.trunk_ids)]


def _sharing(trunks: list[Trunk], numbers: Sequence[str]) -> list[Trunk]:
    wanted = {normalise(number) for number in numbers}
    return [
        trunk for trunk in trunks if not wanted or not trunk.numbers or wanted & {normalise(n) for n in trunk.numbers}
    ]


def _by_id(stored: Sequence[_Stored]) -> list[_Stored]:
    return sorted(stored, key=lambda each: each.id)


def _new_one_second(stored: list[_Stored], new: _Stored) -> list[_Stored]:
    # LiveKit interleaves the stored list with the new object, which is why its message often blames the new one.
    listed = list(stored)
    listed.insert(1, new)
    return listed


def _replaced(stored: list[_Stored], changed: _Stored) -> list[_Stored]:
    return [changed if each.id == changed.id else each for each in stored]


def _find(stored: list[_Stored], identifier: str, missing: str) -> _Stored:
    for each in stored:
        if each.id == identifier:
            return each
    raise MatchingError("other", "not_found", missing)
