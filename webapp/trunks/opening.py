"""What opening a trunk for new rooms does to the calls that external rules take on it today.

Pure: LiveKit's own matching, asked once over what it has and once with what a room adds, its rule with a PIN and the
guard.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from webapp.matching import (
    Json,
    MatchingError,
    Rule,
    SipCall,
    Trunk,
    check_rules,
    choose_rule,
    loaded_rules,
    parse_rules,
)
from webapp.rules import wanted

SOME_CALLER = "+15550199"  # whoever calls; numbers kept for fiction


@dataclass(frozen=True)
class Effect:
    """What one external rule does with calls over the trunk, today and beside a room's rule.

    `today` is enters, asks (for its PIN), behind (another rule comes first) or fails (rules in conflict); `then` is the
    same words. `loses_withheld`: calls without a number, which it takes today, would be ended by the guard.
    """

    rule: Rule
    today: str
    then: str
    loses_withheld: bool

    @property
    def changes(self) -> bool:
        """Its callers would notice."""
        return self.today != self.then or self.loses_withheld


@dataclass(frozen=True)
class Opening:
    """Everything that an admin reads before a trunk is opened; `digest` changes with the rules that were read."""

    effects: Sequence[Effect]
    digest: str

    @property
    def takes_calls(self) -> bool:
        """Somebody else's callers reach something on this trunk today."""
        return any(effect.today in ("enters", "asks") for effect in self.effects)


def opening(trunk: Trunk, foreign: Iterable[Rule]) -> Opening:
    """Opening the trunk beside the rules that LiveKit has and Frontdesk did not make."""
    external = sorted(loaded_rules(foreign, trunk), key=lambda rule: rule.id)
    joined = sorted([*external, *_added(trunk, external)], key=lambda rule: rule.id)
    says = [json.dumps(rule.info, sort_keys=True, default=str) for rule in external]
    digest = hashlib.sha256(json.dumps([trunk.id, *says]).encode()).hexdigest()[:32]
    return Opening([_effect(rule, trunk, external, joined) for rule in external], digest)


def _added(trunk: Trunk, external: list[Rule]) -> list[Rule]:
    """What a live room that shortens callers' numbers brings: its rule, and the guard."""
    room: Json = {
        "sip_dispatch_rule_id": "room",
        "trunk_ids": [trunk.id],
        "hide_phone_number": True,
        "rule": {"dispatch_rule_direct": {"room_name": "room", "pin": "of a room"}},
    }
    if any(wanted.is_guard(rule, trunk.id) for rule in external):  # another Frontdesk's, and enough for both
        return parse_rules([room])
    guard = {**wanted.guard(trunk.id), "sip_dispatch_rule_id": "guard"}
    if _conflict([*external, *parse_rules([guard])]):
        guard = {**wanted.guard(trunk.id, wanted.guard_numbers(trunk)), "sip_dispatch_rule_id": "guard"}
    return parse_rules([room, guard])


def _effect(rule: Rule, trunk: Trunk, external: list[Rule], joined: list[Rule]) -> Effect:
    call = _call_for(rule, trunk)
    withheld = SipCall("", "", call.to_user, "")
    taken = not trunk.allowed_numbers and choose_rule(external, trunk, withheld) is rule
    return Effect(
        rule,
        _outcome(rule, trunk, external, call),
        _outcome(rule, trunk, joined, call),
        taken and choose_rule(joined, trunk, withheld) is not rule,
    )


def _outcome(rule: Rule, trunk: Trunk, rules: list[Rule], call: SipCall) -> str:
    if _conflict(rules):
        return "fails"
    first = choose_rule(rules, trunk, call)
    if first is rule:
        return "asks" if rule.pin else "enters"
    reached = choose_rule(rules, trunk, call, rule.pin, no_pin=not rule.pin)
    return "asks" if first is not None and first.pin and reached is rule else "behind"


def _call_for(rule: Rule, trunk: Trunk) -> SipCall:
    """A call that the rule is for."""
    called = next(iter((*rule.numbers, *trunk.numbers)), "")
    caller = next((number for number in (*rule.inbound_numbers, *trunk.allowed_numbers) if number), SOME_CALLER)
    return SipCall("" if list(rule.inbound_numbers) == [""] else caller, "", called, "")


def _conflict(rules: Iterable[Rule]) -> bool:
    try:
        check_rules(rules)
    except MatchingError:
        return True
    return False
