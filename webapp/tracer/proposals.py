"""Changes that are shown: each was first given to whatever must take it, the trunk's form or LiveKit's own checks."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_babel import gettext as _

from webapp.core.masking import impersonal
from webapp.matching import MatchingError, Rule, Trunk, check_rules, update_rule
from webapp.tracer import advice
from webapp.tracer.changes import EMPTY_ID, FieldChange
from webapp.tracer.names import Name, Names
from webapp.trunks import acceptance

_LISTS = ("numbers", "inbound_numbers", "trunk_ids")


@dataclass(frozen=True)
class Proposal:
    """A change with the name of its object, the reason for it, and the version of LiveKit that it needs."""

    change: FieldChange
    name: Name
    why: str
    needs: str


def checked(
    changes: Sequence[FieldChange], trunks: Sequence[Trunk], rules: Sequence[Rule], names: Names
) -> tuple[list[Proposal], list[str]]:
    """The changes that would be taken; and for the others, in words, why they would not."""
    proposals, refusals = [], []
    for change in changes:
        name = names.trunk(change.id) if change.thing == "trunk" else names.rule(change.id)
        if refusal := _refusal(change, trunks, rules):
            sentence = _(
                "Another %(field)s for %(name)s would be refused: %(why)s",
                field=change.field,
                name=name.text,
                why=refusal,
            )
            refusals.append(str(sentence))
        else:
            proposals.append(Proposal(change, name, advice.reason(change), advice.needs(change)))
    return proposals, refusals


def _refusal(change: FieldChange, trunks: Sequence[Trunk], rules: Sequence[Rule]) -> str:
    if change.thing == "trunk" and change.new and change.code != "several_default":
        return acceptance.refusal(change.id, change.field, change.new, trunks)
    if change.thing == "rule" and change.field in _LISTS:
        return _by_livekit(change, rules)
    return ""  # what only takes something away, or asks for a decision


def _by_livekit(change: FieldChange, rules: Sequence[Rule]) -> str:
    rule = next(each for each in rules if each.id == change.id)
    old = "" if change.old == EMPTY_ID else change.old
    values = [value for value in rule.info.get(change.field) or () if not _goes(change, old, value)]
    stays = {name: value for name, value in rule.info.items() if name != "sip_dispatch_rule_id"}
    new = {**stays, change.field: [*values, change.new] if change.new else values}
    try:
        update_rule(list(rules), {"sip_dispatch_rule_id": rule.id, "replace": new})
        _unharmed([each for each in rules if each.id != rule.id], Rule.parse({**new, "sip_dispatch_rule_id": rule.id}))
    except MatchingError as error:
        return impersonal(error.text)  # it names rules
    return ""


def _unharmed(others: Sequence[Rule], changed: Rule) -> None:
    """What LiveKit stores although every call then fails: it compares a moved rule with those of its old trunks alone.

    Raises MatchingError.
    """
    for trunk_id in changed.trunk_ids:
        check_rules([changed, *(each for each in others if not each.trunk_ids or trunk_id in each.trunk_ids)])


def _goes(change: FieldChange, old: str, value: str) -> bool:
    if change.code == "other_trunk":
        return False
    return change.code == "trunk_stale" or value == old if change.old else False
