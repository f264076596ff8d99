"""Rules that LiveKit cannot have beside each other: it refuses every call that loads them."""

from collections.abc import Iterator

from webapp.telephony.findings.finding import Finding
from webapp.telephony.findings.kinds import Kind
from webapp.telephony.findings.world import World
from webapp.telephony.matching import Rule


def conflicts(world: World) -> Iterator[Finding]:
    """Pairs of rules with one key, rules that repeat their own key, and rules of no kind."""
    holders: dict[tuple[str, str, str, str], Rule] = {}
    for rule in world.rules:
        if not rule.kind:
            yield Finding(Kind.NO_KIND, (rule,), trunk_id=_trunk(rule))
            continue
        if len(set(rule.keys)) < len(rule.keys):
            yield Finding(Kind.SELF_CONFLICT, (rule,), trunk_id=_trunk(rule))
        yield from _with_earlier(rule, holders)


def _with_earlier(rule: Rule, holders: dict[tuple[str, str, str, str], Rule]) -> Iterator[Finding]:
    seen: set[str] = {rule.id}
    for key in rule.keys:
        holder = holders.setdefault(key, rule)
        if holder.id not in seen:
            seen.add(holder.id)
            yield Finding(Kind.CONFLICT, (holder, rule), trunk_id=key[1])


def _trunk(rule: Rule) -> str:
    return rule.trunk_ids[0] if rule.trunk_ids else ""
