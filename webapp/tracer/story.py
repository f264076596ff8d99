"""The story of a call: LiveKit's verdict with everything that led to it. Pure, and true to `evaluate_case`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from webapp.matching import ConflictError, MatchingError, Rule, Trunk, check_rules, evaluate_case, loaded_rules
from webapp.tracer.candidates import Candidate, Lookup, elsewhere, of_trunks
from webapp.tracer.question import Question

BEFORE_RULES = ("error_bad_source_ip", "error_several_trunks", "error_several_default_trunks")


@dataclass(frozen=True)
class Story:
    """What becomes of a call; `first` are the rules of the first lookup, `second` those after something was typed.

    `guards` are the ids of the rules that are guards of ours.
    """

    question: Question
    verdict: str
    trunk: Trunk | None
    trunks: list[Candidate]
    loaded: list[Rule]
    first: list[Candidate] = field(default_factory=list)
    second: list[Candidate] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)
    culprits: tuple[str, ...] = ()
    guards: Collection[str] = ()
    elsewhere: list[Candidate] = field(default_factory=list)  # would fit but for the trunks that they name
    rule_count: int = 0

    @property
    def taken(self) -> bool:
        """The caller ends in a room."""
        return self.verdict.startswith("accept_") or self.verdict in ("pin_accept", "hash_accept")

    @property
    def guarded(self) -> bool:
        """The caller ends in a guard's room, from where Frontdesk removes them."""
        return self.taken and self.rule_id in self.guards

    @property
    def silent(self) -> bool:
        """The caller hears ringing without end."""
        return self.verdict.startswith("drop_")

    @property
    def rule_id(self) -> str:
        """The rule that takes the call or asks for a PIN."""
        return str(self.answer.get("rule_id", ""))

    @property
    def room(self) -> str:
        """The room, or what its name begins with."""
        return str(self.answer.get("room_name") or self.answer.get("room_prefix") or "")


def tell(
    trunks: Sequence[Trunk],
    rules: Sequence[Rule],
    question: Question,
    guards: Collection[str] = (),
    ours: Collection[str] = (),
) -> Story:
    """Follow a call through LiveKit as it stands; trunks and rules are read in the order of their ids.

    `guards` are the ids of our guards, `ours` those of all rules of ours.
    """
    trunks, rules = sorted(trunks, key=lambda each: each.id), sorted(rules, key=lambda each: each.id)
    evaluation = _evaluated(trunks, rules, question)
    verdict, steps = evaluation["verdict"], evaluation["steps"]
    trunk = next((each for each in trunks if each.id == steps[0].get("trunk_id")), None)
    candidates = of_trunks(trunks, question.call, trunk.id if trunk else "")
    if verdict in BEFORE_RULES:
        return Story(question, verdict, None, candidates, [])
    loaded = list(loaded_rules(rules, trunk))
    culprits = _culprits(loaded)
    if culprits:
        return Story(question, verdict, trunk, candidates, loaded, culprits=culprits)
    first, last = Lookup(trunk, question.call, ours=ours), _last_lookup(steps, trunk, question, ours)
    second = [] if last is None else last.of_rules(loaded)
    story = Story(question, verdict, trunk, candidates, loaded, first.of_rules(loaded), second, steps[-1])
    story = replace(story, guards=guards, rule_count=len(rules))
    if story.silent or verdict in ("pin_wrong", "hash_refused"):
        return replace(story, elsewhere=elsewhere(rules, trunks, last or first))
    return story


def _evaluated(trunks: Sequence[Trunk], rules: Sequence[Rule], question: Question) -> dict[str, Any]:
    call = question.call
    asked = {"from_user": call.from_user, "from_host": call.from_host, "to_user": call.to_user}
    return evaluate_case(
        {
            "trunks": [trunk.info for trunk in trunks],
            "rules": [rule.info for rule in rules],
            "call": {**asked, "source_ip": call.source_ip},
            "typed": {"keys": question.keys} if question.keys else None,
        }
    )


def _last_lookup(
    steps: list[dict[str, Any]], trunk: Trunk | None, question: Question, ours: Collection[str]
) -> Lookup | None:
    """The question about what was typed, if it came to one."""
    typed = next((step for step in steps if step["step"] == "pin"), None)
    return Lookup(trunk, question.call, typed["pin"], typed["no_pin"], ours) if typed else None


def _culprits(loaded: list[Rule]) -> tuple[str, ...]:
    """The rules that end every lookup which loads them: a pair in conflict, or one of no kind."""
    try:
        check_rules(loaded)
    except ConflictError as error:
        return tuple(dict.fromkeys(error.pair))
    except MatchingError:
        return tuple(rule.id for rule in loaded if not rule.kind)[:1]
    return ()
