"""Numbers that are written so that no call ever has them, or in the wrong list."""

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from webapp.core.numbers import international
from webapp.doctor.finding import Finding
from webapp.doctor.kinds import Kind
from webapp.matching import Rule, Trunk, normalise

if TYPE_CHECKING:  # what it reads is found by a reading
    from webapp.doctor.reading import Reading

_DIALLED = re.compile(r"\+?[0-9]+")
_USER = re.compile(r"[A-Za-z_][A-Za-z0-9._-]*|[*#]?[0-9*#]*[0-9#]")  # a name such as "anonymous", a code such as *98
_ZEROS = re.compile(r"\+?00")
_POSSIBLE = re.compile(r"[A-Za-z0-9_.!~*'()&=+$,;?/:#-]+")  # what may stand before the @ of an address
_SCHEME = re.compile(r"(sips?|tel):", re.IGNORECASE)
NEVER = ("form", "unlisted", "inner_zero")


def of_rules(reading: "Reading") -> Iterator[Finding]:
    """Foreign rules: their lists are compared with a call's numbers letter for letter."""
    for rule in reading.strange:
        there = (reading.trunk_by_id.get(trunk_id) for trunk_id in dict.fromkeys(rule.trunk_ids))
        trunks = [trunk for trunk in there if trunk is not None]
        on = rule.trunk_ids[0] if rule.trunk_ids else ""
        if _called_as_caller(rule, trunks, reading):
            yield Finding(Kind.CALLED_AS_CALLER, (rule,), trunk_id=on, detail="inbound_numbers.0")
        else:
            for detail in _firsts("inbound_numbers", map(_odd, rule.inbound_numbers)):
                yield Finding(_kind(detail, Kind.RULE_NUMBER, Kind.RULE_FORM), (rule,), trunk_id=on, detail=detail)
        for detail in _firsts("numbers", (_odd_called(number, trunks, reading) for number in rule.numbers)):
            yield Finding(_kind(detail, Kind.RULE_NUMBER, Kind.RULE_FORM), (rule,), trunk_id=on, detail=detail)


def of_trunks(reading: "Reading") -> Iterator[Finding]:
    """Trunks: LiveKit normalises what they list, as far as it can be read as a number."""
    for trunk in reading.trunks:
        for field in ("numbers", "allowed_numbers"):
            for detail in _firsts(field, (_odd_listed(number) for number in getattr(trunk, field))):
                kind = _kind(detail, Kind.TRUNK_NUMBER, Kind.TRUNK_FORM)
                yield Finding(kind, trunk_id=trunk.id, trunks=(trunk,), detail=detail)


def _kind(detail: str, never: Kind, exact: Kind) -> Kind:
    return never if detail.rpartition(".")[2] in NEVER else exact


def _firsts(field: str, odd: Iterable[str]) -> Iterator[str]:
    """The first entry that no call has, and the first that few have, as its field, place and what is wrong."""
    found: dict[bool, str] = {}
    for place, what in enumerate(odd):
        if what:
            found.setdefault(what in NEVER, f"{field}.{place}.{what}")
    yield from found.values()


def _odd(entry: str) -> str:
    if _ZEROS.match(entry) and _DIALLED.fullmatch(entry):
        return "zeros"
    if not entry or _DIALLED.fullmatch(entry) or _USER.fullmatch(entry):  # nothing: a call without that number
        return ""
    return "exact" if _POSSIBLE.fullmatch(entry) and not _SCHEME.match(entry) else "form"


def _odd_listed(number: str) -> str:
    """What is wrong with an entry of a trunk, as LiveKit compares it and as people dial it from what pages show."""
    compared = normalise(number)
    is_international = number.startswith("+") and _DIALLED.fullmatch(compared)
    return "inner_zero" if is_international and international(number) != compared else _odd(compared)


def _odd_called(number: str, trunks: list[Trunk], reading: "Reading") -> str:
    """What no call has is told before what the trunks say, and that before what few calls have."""
    odd, other = _odd(number), _other_than_listed(number, trunks, reading)
    return odd if odd in NEVER else other or odd


def _called_as_caller(rule: Rule, trunks: list[Trunk], reading: "Reading") -> bool:
    """Every caller that the rule takes is a number of its trunks' own, whichever the call comes over: nobody's."""
    callers = {normalise(caller) for caller in rule.inbound_numbers}
    own = (callers and "" not in callers and callers <= reading.called[trunk.id] for trunk in trunks)
    return bool(trunks) and all(own)


def _other_than_listed(number: str, trunks: list[Trunk], reading: "Reading") -> str:
    """The rule's trunks write the number otherwise, or do not take it at all."""
    if not trunks or not all(trunk.numbers for trunk in trunks):
        return ""
    if any(number in reading.listed[trunk.id] for trunk in trunks):
        return ""
    return "spelling" if any(reading.takes(trunk, number) for trunk in trunks) else "unlisted"
