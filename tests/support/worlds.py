"""Small worlds for the doctor: rules, trunks and rooms as plain objects, without a database or a LiveKit."""

import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.doctor.finding import Finding
from webapp.doctor.findings import find
from webapp.doctor.kinds import Kind
from webapp.doctor.reading import Reading
from webapp.matching import Rule, Trunk, parse_rules, parse_trunks
from webapp.rooms.models import AccessLevel, TrunkRow
from webapp.rules import wanted as naming
from webapp.rules.facts import RoomFacts

NOW = datetime(2026, 11, 24, 14, 30, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=1)
NUMBER = "+15550001"
PIN = "7300000001"
GUARD = "SDR_guard_"


def trunk(trunk_id: str = "ST_a", *numbers: str, **fields: Any) -> Trunk:
    """A trunk with a number and a password, so that nothing is wrong with it."""
    told = {"numbers": list(numbers or (NUMBER,)), "auth_username": "u", "auth_password": "p", **fields}
    return Trunk.parse({"sip_trunk_id": trunk_id, **told})


def rule(
    rule_id: str = "SDR_a", kind: str = "direct", *, pin: str = "4711", room: str = "theirs", **fields: Any
) -> Rule:
    """A foreign rule on the trunk that hides numbers, so that nothing is wrong with it but the guard that it needs."""
    where = {"room_name": room} if kind == "direct" else {"room_prefix": room}
    says = {f"dispatch_rule_{kind}": {**where, "pin": pin}} if kind else {}
    told = {"name": "night line", "trunk_ids": ["ST_a"], "hide_phone_number": True, "rule": says, **fields}
    return Rule.parse({"sip_dispatch_rule_id": rule_id, **told})


def guard(trunk_id: str = "ST_a", rule_id: str = "", numbers: tuple[str, ...] = (), **fields: Any) -> Rule:
    """The guard of a trunk as Frontdesk makes it; our row knows it unless it has an id of its own."""
    told = {**naming.guard(trunk_id, numbers), **fields}
    return Rule.parse({**told, "sip_dispatch_rule_id": rule_id or f"{GUARD}{trunk_id}"})


def room(**fields: Any) -> RoomFacts:
    """A live room with a PIN on the trunk, whose row knows no rule."""
    unset = dict.fromkeys(("deleted_at", "sip_dispatch_rule_id", "rule_changed_at"))
    old = dict.fromkeys(("old_pin", "old_pin_until", "old_sip_dispatch_rule_id"))
    facts = {"id": uuid.uuid4(), "name": "Housing committee", "slug": "hcm-rxqt-bdw", "rule_problem": ""}
    facts["access_level"] = AccessLevel.RESTRICTED
    phone = {"phone_enabled": True, "hide_phone_number": True, "trunk_id": "ST_a", "pin": PIN}
    return RoomFacts(**{**unset, **old, **facts, **phone, "web_count": 3, "live_since": LONG_AGO, **fields})


def own(of: RoomFacts, rule_id: str = "SDR_own", **fields: Any) -> Rule:
    """The rule that the room wants, with changes to what LiveKit has."""
    wish = naming.desired(replace(of, web_count=1), 1) or {}
    return Rule.parse({**wish, "sip_dispatch_rule_id": rule_id, **fields})


def old(of: RoomFacts, rule_id: str = "SDR_old", pin: str = "7300000009") -> Rule:
    """The second rule of a room whose old PIN still works."""
    says = {"dispatch_rule_direct": {"room_name": str(of.id), "pin": pin}}
    told = {"name": f"{naming.OLD_RULE}{of.id}", "trunk_ids": [of.trunk_id], "hide_phone_number": True, "rule": says}
    return Rule.parse({"sip_dispatch_rule_id": rule_id, **told})


def world(*things: Rule | Trunk | RoomFacts, live: dict[uuid.UUID, int] | None = None) -> Reading:
    """A reading of these things; the trunk is there unless another one is, and is guarded where nothing is told."""
    rules = [thing for thing in things if isinstance(thing, Rule)]
    trunks = [thing for thing in things if isinstance(thing, Trunk)] or [trunk()]
    rooms = {thing.id: thing for thing in things if isinstance(thing, RoomFacts)}
    sorted_rules = parse_rules([each.info for each in rules])
    guarding = {each.id: each.id.removeprefix(GUARD) for each in rules if each.id.startswith(GUARD)}
    rows = {trunk_id: TrunkRow(sip_trunk_id=trunk_id, guard_rule_id=rule_id) for rule_id, trunk_id in guarding.items()}
    return Reading(NOW, NOW, sorted_rules, parse_trunks([each.info for each in trunks]), rooms, live, rows)


def found(*things: Rule | Trunk | RoomFacts, live: dict[uuid.UUID, int] | None = None) -> list[Finding]:
    """What the doctor finds there."""
    return find(world(*things, live=live))


def kinds(*things: Rule | Trunk | RoomFacts, live: dict[uuid.UUID, int] | None = None) -> list[Kind]:
    """The kinds of what the doctor finds there, worst first."""
    return [finding.kind for finding in found(*things, live=live)]
