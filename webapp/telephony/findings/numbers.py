"""Numbers that are written so that no call ever has them, or in the wrong list."""

import re
from collections.abc import Iterator, Sequence

from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import Kind
from webapp.telephony.findings.world import World
from webapp.telephony.matching import Rule, Trunk, normalise

_DIALLED = re.compile(r"\+?[0-9]+")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*|[*#]?[0-9*#]*[0-9#]")  # a name such as "anonymous", a code such as *98
_ZEROS = re.compile(r"\+?00")


def of_rules(world: World) -> Iterator[Finding]:
    """Foreign rules: their lists are compared with a call's numbers letter for letter."""
    for rule in world.foreign:
        trunks = [world.trunk[trunk_id] for trunk_id in dict.fromkeys(rule.trunk_ids) if trunk_id in world.trunk]
        if _called_as_caller(rule, trunks, world):
            yield _of_rule(Kind.CALLED_AS_CALLER, rule, "inbound_numbers.0")
        elif detail := _first_odd("inbound_numbers", rule.inbound_numbers):
            yield _of_rule(Kind.RULE_NUMBER, rule, detail)
        if detail := _first_odd("numbers", rule.numbers) or _other_than_listed(rule, trunks, world):
            yield _of_rule(Kind.RULE_NUMBER, rule, detail)


def of_trunks(world: World) -> Iterator[Finding]:
    """Trunks: LiveKit normalises what they list, as far as it can be read as a number."""
    for trunk in world.trunks:
        for field in ("numbers", "allowed_numbers"):
            if detail := _first_odd(field, getattr(trunk, field), normalised=True):
                yield Finding(Kind.TRUNK_NUMBER, trunk_id=trunk.id, trunks=(trunk,), detail=detail)


def _of_rule(kind: Kind, rule: Rule, detail: str) -> Finding:
    return Finding(kind, (rule,), trunk_id=rule.trunk_ids[0] if rule.trunk_ids else "", detail=detail)


def _first_odd(field: str, listed: Sequence[str], *, normalised: bool = False) -> str:
    """The first entry that no call has, as its field, place and what is wrong; empty when there is none."""
    for place, entry in enumerate(listed):
        if what := _odd(normalise(entry) if normalised else entry):
            return f"{field}.{place}.{what}"
    return ""


def _odd(entry: str) -> str:
    if not entry:  # a call without that number
        return ""
    if _ZEROS.match(entry) and _DIALLED.fullmatch(entry):
        return "zeros"
    return "" if _DIALLED.fullmatch(entry) or _USER.fullmatch(entry) else "form"


def _called_as_caller(rule: Rule, trunks: list[Trunk], world: World) -> bool:
    """Every caller that the rule takes is a number of its trunks' own, whichever the call comes over: nobody's."""
    callers = {normalise(caller) for caller in rule.inbound_numbers}
    own = (callers and "" not in callers and callers <= world.called[trunk.id] for trunk in trunks)
    return bool(trunks) and all(own)


def _other_than_listed(rule: Rule, trunks: list[Trunk], world: World) -> str:
    """An entry that the rule's trunks write otherwise, or do not take at all."""
    if not trunks or not all(trunk.numbers for trunk in trunks):
        return ""
    for place, number in enumerate(rule.numbers):
        if not any(number in world.listed[trunk.id] for trunk in trunks):
            taken = any(world.takes(trunk, number) for trunk in trunks)
            return f"numbers.{place}.{'spelling' if taken else 'unlisted'}"
    return ""
