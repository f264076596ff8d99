"""Trunks and dispatch rules as LiveKit keeps them: what it stores, lists and refuses, in its own words.

Requests and answers are LiveKit's JSON with snake_case names and absent defaults. Refusals are MatchingError.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message

from simulator import ids
from webapp.matching import (
    Json,
    MatchingError,
    Rule,
    Trunk,
    create_rule,
    create_trunk,
    normalise,
    update_rule,
    update_trunk,
)


@dataclass
class SipObjects:
    """Everything LiveKit's Redis holds about SIP; all methods are atomic, the race is the caller's to make.

    `next_ids` are used up before new ones are made: a replay has the ids of its recording.
    """

    next_ids: deque[str] = field(default_factory=deque)
    inbound: dict[str, Trunk] = field(default_factory=dict)
    outbound: dict[str, Json] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    _built: dict[str, tuple[Json, Message]] = field(default_factory=dict)

    def new_id(self, prefix: str) -> str:
        """An id for a new object."""
        return self.next_ids.popleft() if self.next_ids else ids.new(prefix)

    def built(self, info: Json, kind: type[Message]) -> Message:
        """The protobuf message of an object, made once as long as the object stays the same: lists may be long."""
        identifier = str(info.get("sip_dispatch_rule_id") or info["sip_trunk_id"])
        known = self._built.get(identifier)
        if known is None or known[0] is not info:
            known = self._built[identifier] = (info, ParseDict(dict(info), kind()))
        return known[1]

    def trunks_by_id(self) -> list[Trunk]:
        """Inbound trunks in LiveKit's order."""
        return sorted(self.inbound.values(), key=lambda trunk: trunk.id)

    def rules_by_id(self) -> list[Rule]:
        """Dispatch rules in LiveKit's order."""
        return sorted(self.rules.values(), key=lambda rule: rule.id)

    def store_trunk(self, info: Json) -> Json:
        """Store an inbound trunk without any check, under its own id or a new one."""
        stored = {**info, "sip_trunk_id": info.get("sip_trunk_id") or self.new_id("ST_")}
        self.inbound[stored["sip_trunk_id"]] = Trunk.parse(stored)
        return stored

    def store_rule(self, info: Json) -> Json:
        """Store a rule without any check, as a lost race does, under its own id or a new one."""
        stored = {**info, "sip_dispatch_rule_id": info.get("sip_dispatch_rule_id") or self.new_id("SDR_")}
        self.rules[stored["sip_dispatch_rule_id"]] = Rule.parse(stored)
        return stored

    def checked_trunk(self, request: Json) -> Json:
        """The inbound trunk a create request may store now."""
        return create_trunk(list(self.inbound.values()), request)

    def checked_rule(self, request: Json) -> Json:
        """The rule a create request may store now; the nested form brings an empty media with it."""
        info = create_rule(list(self.rules.values()), request)
        if request.get("dispatch_rule") is not None:
            info.setdefault("media", {})
        return info

    def update_trunk(self, request: Json) -> Json:
        """Change an inbound trunk."""
        return self.store_trunk(_with_media(update_trunk(list(self.inbound.values()), request), request))

    def update_rule(self, request: Json) -> Json:
        """Change a rule."""
        return self.store_rule(_with_media(update_rule(list(self.rules.values()), request), request))

    def get_trunk(self, request: Json) -> Json:
        """One inbound trunk."""
        return {"trunk": _found(self.inbound, _required(request, "sip_trunk_id", "trunk ID")).info}

    def list_trunks(self, request: Json) -> Json:
        """Inbound trunks by id, and by number: those without numbers answer for every number."""
        wanted = {normalise(number) for number in request.get("numbers") or ()}
        listed = (trunk for trunk in self.trunks_by_id() if not wanted or _listens(trunk, wanted))
        infos = (trunk.info for trunk in listed)
        return {"items": _page(infos, request, "sip_trunk_id", request.get("trunk_ids"))}

    def list_rules(self, request: Json) -> Json:
        """Rules by id, and by trunk: wildcard rules answer for every trunk."""
        wanted = set(request.get("trunk_ids") or ())
        infos = (rule.info for rule in self.rules_by_id() if _serves(rule, wanted))
        return {"items": _page(infos, request, "sip_dispatch_rule_id", request.get("dispatch_rule_ids"))}

    def delete_trunk(self, request: Json) -> Json:
        """Forget a trunk of either direction; an unknown one is deleted as gladly, and rules keep naming it."""
        trunk_id = _required(request, "sip_trunk_id", "trunk ID")
        self.inbound.pop(trunk_id, None)
        self.outbound.pop(trunk_id, None)
        self._built.pop(trunk_id, None)
        return {"sip_trunk_id": trunk_id, "kind": "TRUNK_LEGACY"}

    def delete_rule(self, request: Json) -> Json:
        """Forget a rule and return it."""
        rule_id = _required(request, "sip_dispatch_rule_id", "dispatch rule ID")
        rule = self.rules.pop(rule_id, None)
        if rule is None:
            raise _missing("sip dispatch rule")
        self._built.pop(rule_id, None)
        return rule.info


def no_trunk() -> MatchingError:
    """Nobody has this trunk id."""
    return _missing("sip trunk")


def _missing(what: str) -> MatchingError:
    return MatchingError("other", "not_found", f"requested {what} does not exist")


def _with_media(info: Json, request: Json) -> Json:
    return {"media": {}, **info} if request.get("update") is not None else info


def _found(trunks: Mapping[str, Trunk], trunk_id: str) -> Trunk:
    if trunk_id not in trunks:
        raise no_trunk()
    return trunks[trunk_id]


def _required(request: Json, name: str, what: str) -> str:
    value = request.get(name)
    if not value:
        raise MatchingError("other", "invalid_argument", f"{what} is required")
    return str(value)


def _listens(trunk: Trunk, wanted: set[str]) -> bool:
    return not trunk.numbers or any(normalise(number) in wanted for number in trunk.numbers)


def _serves(rule: Rule, wanted: set[str]) -> bool:
    return not wanted or not rule.trunk_ids or bool(wanted & set(rule.trunk_ids))


def _page(infos: Iterable[Json], request: Json, identifier: str, ids: Iterable[str] | None) -> list[Any]:
    # LiveKit walks every page itself, so only the start of the page has an effect, never its limit.
    wanted, after = set(ids or ()), (request.get("page") or {}).get("after_id", "")
    return [info for info in infos if info[identifier] > after and (not wanted or info[identifier] in wanted)]
