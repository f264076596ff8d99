"""Which trunks and rules a call meets, kept or dropped, each with the one reason that decides."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.matching import Call, Rule, Trunk, choose_rule, fits_number, trunk_reason
from webapp.tracer import lookalikes


@dataclass(frozen=True)
class Candidate:
    """A trunk or rule that was looked at; `detail` is what the reason speaks of, `cause` that it nearly fitted."""

    id: str
    kept: bool
    reason: str
    detail: str = ""
    cause: bool = False


def of_trunks(trunks: Sequence[Trunk], call: Call, chosen: str) -> list[Candidate]:
    """Every trunk; `chosen` is the id of the one that takes the call."""
    specific = any(trunk_reason(trunk, call) == "specific" for trunk in trunks)
    return [_trunk(trunk, call, chosen, specific) for trunk in trunks]


def _trunk(trunk: Trunk, call: Call, chosen: str, specific: bool) -> Candidate:
    reason = trunk_reason(trunk, call)
    if reason == "default" and specific:
        return Candidate(trunk.id, False, "default_beaten")
    if reason in ("specific", "default"):
        return Candidate(trunk.id, chosen in ("", trunk.id), reason)
    if reason == "number_not_listed":
        meant = lookalikes.meant(trunk.numbers, call.to_user)
        return Candidate(trunk.id, False, reason, meant, bool(meant))
    likely = fits_number(trunk, call.to_user) or bool(lookalikes.meant(trunk.numbers, call.to_user))
    same = lookalikes.same_caller(trunk.allowed_numbers, call.from_user) if reason == "caller_not_allowed" else ""
    return Candidate(trunk.id, False, reason, same, likely)


@dataclass(frozen=True)
class Lookup:
    """One question to LiveKit: which rule, with what was typed."""

    trunk: Trunk | None
    call: Call
    pin: str = ""
    no_pin: bool = False

    def of_rules(self, rules: Sequence[Rule]) -> list[Candidate]:
        """The rules that LiveKit loads for the call, the one it takes marked as kept."""
        taken = choose_rule(rules, self.trunk, self.call, self.pin, self.no_pin)
        return [self._rule(rule, taken) for rule in rules]

    def _rule(self, rule: Rule, taken: Rule | None) -> Candidate:
        if rule is taken:
            return Candidate(
                rule.id, True, "taken_open" if not rule.pin else "taken_by_pin" if self.pin else "taken_asks"
            )
        return (
            self._by_pin(rule)  # first: a number that nearly fits is no cause where the PIN would not fit either
            or self._by_called(rule)
            or self._by_caller(rule)
            or self._by_trunk(rule)
            or self._by_rank(rule, taken)
        )

    def _by_called(self, rule: Rule) -> Candidate | None:
        if not rule.numbers or self.call.to_user in rule.numbers:
            return None
        meant = lookalikes.meant(rule.numbers, self.call.to_user)
        return Candidate(rule.id, False, "called_form" if meant else "called_not_listed", meant, bool(meant))

    def _by_caller(self, rule: Rule) -> Candidate | None:
        if not rule.inbound_numbers or self.call.from_user in rule.inbound_numbers:
            return None
        # callers of others stay unseen: a form is shown only of the number that was asked about
        meant = lookalikes.same_caller(rule.inbound_numbers, self.call.from_user)
        # the best known mistake: the CALLED number written where the rule lists callers
        if not meant and lookalikes.meant(rule.inbound_numbers, self.call.to_user):
            return Candidate(rule.id, False, "called_as_caller", self.call.to_user, True)
        return Candidate(rule.id, False, "caller_form" if meant else "caller_not_listed", meant, bool(meant))

    def _by_pin(self, rule: Rule) -> Candidate | None:
        if self.no_pin:
            return Candidate(rule.id, False, "has_pin") if rule.pin else None
        if not self.pin or rule.pin == self.pin:
            return None
        return Candidate(rule.id, False, "pin_differs" if rule.pin else "open")

    def _by_trunk(self, rule: Rule) -> Candidate | None:
        if self.trunk is None and rule.trunk_ids:
            return Candidate(rule.id, False, "needs_trunk", rule.trunk_ids[0])
        return None

    def _by_rank(self, rule: Rule, taken: Rule | None) -> Candidate:
        if not rule.trunk_ids and taken and taken.trunk_ids:
            return Candidate(rule.id, False, "trunk_rules_first", taken.id)
        return Candidate(rule.id, False, "comes_later", taken.id if taken else "")
