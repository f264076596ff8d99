"""Which trunks and rules a call meets, kept or dropped, each with the one reason that decides."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from webapp.matching import Rule, SipCall, Trunk, choose_rule, fits_number, normalise, trunk_reason, trunk_refusals
from webapp.tracer import lookalikes


@dataclass(frozen=True)
class Candidate:
    """A trunk or rule that was looked at; `detail` is what the reason speaks of, `cause` that it nearly fitted.

    `also` are further reasons, each of which alone would drop it too.
    """

    id: str
    kept: bool
    reason: str
    detail: str = ""
    cause: bool = False
    also: tuple[str, ...] = ()


def of_trunks(trunks: Sequence[Trunk], call: SipCall, chosen: str) -> list[Candidate]:
    """Every trunk; `chosen` is the id of the one that takes the call."""
    specific = any(trunk_reason(trunk, call) == "specific" for trunk in trunks)
    return [_trunk(trunk, call, chosen, specific) for trunk in trunks]


def _trunk(trunk: Trunk, call: SipCall, chosen: str, specific: bool) -> Candidate:
    reason = trunk_reason(trunk, call)
    if reason == "default" and specific:
        return Candidate(trunk.id, False, "default_beaten")
    if reason in ("specific", "default"):
        return Candidate(trunk.id, chosen in ("", trunk.id), reason)
    meant = lookalikes.meant(trunk.numbers, call.to_user) or lookalikes.pattern(trunk.numbers, call.to_user)
    likely, also = fits_number(trunk, call.to_user) or bool(meant), tuple(trunk_refusals(trunk, call)[1:])
    if reason == "number_not_listed":
        return Candidate(trunk.id, False, reason, meant, likely)
    same = lookalikes.same_caller(trunk.allowed_numbers, call.from_user) if reason == "caller_not_allowed" else ""
    return Candidate(trunk.id, False, reason, same, likely, also)


def elsewhere(rules: Sequence[Rule], trunks: Sequence[Trunk], lookup: "Lookup") -> list[Candidate]:
    """Rules that would take the call but for the trunks that they name; rooms on other trunks are no cause.

    LiveKit never looks at them, so that nothing else shows why they stay silent.
    """
    known = {trunk.id for trunk in trunks}
    candidates = []
    for rule in rules:
        named = set(rule.trunk_ids)
        if not named or (lookup.trunk and lookup.trunk.id in named) or not lookup.fits_but_for_trunk(rule):
            continue
        if not named & known:
            candidates.append(Candidate(rule.id, False, "trunk_empty" if named == {""} else "trunk_stale", "", True))
        elif rule.id not in lookup.ours:
            candidates.append(Candidate(rule.id, False, "trunk_other", min(named & known), True))
    return candidates


@dataclass(frozen=True)
class Lookup:
    """One question to LiveKit: which rule, with what was typed; `ours` are the ids of the rules that Frontdesk made."""

    trunk: Trunk | None
    call: SipCall
    pin: str = ""
    no_pin: bool = False
    ours: Collection[str] = ()

    def of_rules(self, rules: Sequence[Rule]) -> list[Candidate]:
        """The rules that LiveKit loads for the call, the one it takes marked as kept."""
        taken = choose_rule(rules, self.trunk, self.call, self.pin, self.no_pin)
        return [self._rule(rule, taken) for rule in rules]

    def fits_but_for_trunk(self, rule: Rule) -> bool:
        """The rule would be taken, were its trunk that of the call."""
        return not (self._by_pin(rule) or self._by_called(rule) or self._by_caller(rule))

    def _rule(self, rule: Rule, taken: Rule | None) -> Candidate:
        if rule is taken:
            reason = "taken_open" if not rule.pin else "taken_by_pin" if self.pin else "taken_asks"
            several = self.trunk is not None and len({normalise(number) for number in self.trunk.numbers}) > 1
            every = several and not rule.numbers and rule.id not in self.ours
            return Candidate(rule.id, True, reason, also=("every_number",) if every else ())
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
        if not meant and (covering := lookalikes.pattern(rule.numbers, self.call.to_user)):
            return Candidate(rule.id, False, "called_pattern", covering, True)
        return Candidate(rule.id, False, "called_form" if meant else "called_not_listed", meant, bool(meant))

    def _by_caller(self, rule: Rule) -> Candidate | None:
        if not rule.inbound_numbers or self.call.from_user in rule.inbound_numbers:
            return None
        # callers of others stay unseen: a form is shown only of the number that was asked about
        meant = lookalikes.same_caller(rule.inbound_numbers, self.call.from_user)
        # the best known mistake: the CALLED number written where the rule lists callers
        called, listed = self.call.to_user, rule.inbound_numbers
        short = called if called in listed else lookalikes.written_otherwise(listed, called)  # an extension, too
        if not meant and called and (mistaken := short or lookalikes.meant(listed, called)):
            return Candidate(rule.id, False, "called_as_caller", mistaken, True)
        if not meant and lookalikes.pattern(listed, self.call.from_user):
            return Candidate(rule.id, False, "caller_pattern", "", True)
        return Candidate(rule.id, False, "caller_form" if meant else "caller_not_listed", meant, bool(meant))

    def _by_pin(self, rule: Rule) -> Candidate | None:
        if self.no_pin:
            return Candidate(rule.id, False, "has_pin") if rule.pin else None
        if not self.pin or rule.pin == self.pin:
            return None
        return Candidate(rule.id, False, "pin_differs" if rule.pin else "open")

    def _by_trunk(self, rule: Rule) -> Candidate | None:
        if self.trunk is None and rule.trunk_ids:
            empty = not any(rule.trunk_ids)
            return Candidate(rule.id, False, "trunk_empty" if empty else "needs_trunk", rule.trunk_ids[0], empty)
        return None

    def _by_rank(self, rule: Rule, taken: Rule | None) -> Candidate:
        if not rule.trunk_ids and taken and taken.trunk_ids:
            return Candidate(rule.id, False, "trunk_rules_first", taken.id)
        return Candidate(rule.id, False, "comes_later", taken.id if taken else "")
