"""Trunks, rules and calls as the matching reads them: LiveKit's field names, absent fields at their defaults."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import Any, Self

from webapp.matching.numbers import normalise

KINDS = ("direct", "individual", "callee")
Json = Mapping[str, Any]


@dataclass(frozen=True)
class Trunk:
    """An inbound trunk (SIPInboundTrunkInfo); `info` is LiveKit's whole object."""

    id: str
    numbers: tuple[str, ...]
    allowed_numbers: tuple[str, ...]
    allowed_addresses: tuple[str, ...]
    info: Json = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def parse(cls, info: Json) -> Self:
        """Read a trunk from its JSON with snake_case names."""
        return cls(
            id=info.get("sip_trunk_id", ""),
            numbers=_texts(info, "numbers"),
            allowed_numbers=_texts(info, "allowed_numbers"),
            allowed_addresses=_texts(info, "allowed_addresses"),
            info=info,
        )

    @property
    def asks_password(self) -> bool:
        """Callers must pass SIP digest authentication; one half of the credentials alone asks nothing."""
        return bool(self.info.get("auth_username")) and bool(self.info.get("auth_password"))


@dataclass(frozen=True)
class Rule:
    """A dispatch rule (SIPDispatchRuleInfo); `kind` is empty for a rule of no kind, `info` LiveKit's whole object."""

    id: str
    name: str
    kind: str
    pin: str
    room: str
    random_room: bool
    trunk_ids: tuple[str, ...]
    inbound_numbers: tuple[str, ...]
    numbers: tuple[str, ...]
    hides_caller: bool
    info: Json = field(repr=False, compare=False, default_factory=dict)

    @classmethod
    def parse(cls, info: Json) -> Self:
        """Read a rule from its JSON with snake_case names."""
        kind, what = _kind(info.get("rule") or {})
        return cls(
            id=info.get("sip_dispatch_rule_id", ""),
            name=info.get("name", ""),
            kind=kind,
            pin=what.get("pin", ""),
            room=what.get("room_name" if kind == "direct" else "room_prefix", ""),
            random_room=_random_room(kind, what),
            trunk_ids=_texts(info, "trunk_ids"),
            inbound_numbers=_texts(info, "inbound_numbers"),
            numbers=_texts(info, "numbers"),
            hides_caller=bool(info.get("hide_phone_number")),
            info=info,
        )

    @property
    def takes_numberless_calls(self) -> bool:
        """Calls without a caller number may be its."""
        return not self.inbound_numbers or "" in self.inbound_numbers

    @property
    def metadata(self) -> str:
        """What its maker wrote to it; participants who come in by it bear it too."""
        return str(self.info.get("metadata") or "")

    @cached_property
    def keys(self) -> tuple[tuple[str, str, str, str], ...]:
        """The (PIN, trunk, caller, called) combinations that no other rule may share, in LiveKit's order."""
        callers = [normalise(number) for number in self.inbound_numbers] or [""]
        called = [normalise(number) for number in self.numbers] or [""]
        return tuple((self.pin, *key) for key in product(self.trunk_ids or ("",), callers, called))


@dataclass(frozen=True)
class SipCall:
    """What an INVITE says: caller, called number, source address, and the host the caller claims."""

    from_user: str = ""
    from_host: str = ""
    to_user: str = ""
    source_ip: str = ""
    call_id: str = ""
    extra_attributes: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, call: Json) -> Self:
        """Read a call from its JSON."""
        names = ("from_user", "from_host", "to_user", "source_ip", "call_id")
        return cls(**{name: call.get(name, "") for name in names}, extra_attributes=call.get("extra_attributes") or {})


def parse_trunks(infos: Sequence[Json]) -> list[Trunk]:
    """Read trunks in the order LiveKit walks them: by id."""
    return sorted(map(Trunk.parse, infos), key=lambda trunk: trunk.id)


def parse_rules(infos: Sequence[Json]) -> list[Rule]:
    """Read rules in the order LiveKit walks them: by id."""
    return sorted(map(Rule.parse, infos), key=lambda rule: rule.id)


def _texts(info: Json, name: str) -> tuple[str, ...]:
    return tuple(info.get(name) or ())


def _kind(rule: Json) -> tuple[str, Json]:
    for kind in KINDS:
        what = rule.get(f"dispatch_rule_{kind}")
        if what is not None:
            return kind, what
    return "", {}


def _random_room(kind: str, what: Json) -> bool:
    if kind == "individual":
        return not what.get("no_randomness")
    return kind == "callee" and bool(what.get("randomize"))
