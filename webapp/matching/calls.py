"""A whole phone call as LiveKit's SIP bridge makes it: find the trunk, ask for the rule, take a PIN."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webapp.matching.answers import Answer, look_up
from webapp.matching.errors import MatchingError
from webapp.matching.model import Json, Rule, SipCall, Trunk, parse_rules, parse_trunks
from webapp.matching.trunks import choose_trunk, fits_number, trunk_reason

LONGEST_PIN = 16
ROOM_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
KEYPAD = frozenset("0123456789*#abcd")


@dataclass(frozen=True)
class Typed:
    """What a caller entered at the PIN prompt: `finished` by #, or `too_long` before it."""

    pin: str
    finished: bool
    too_long: bool

    @classmethod
    def parse(cls, keys: str) -> "Typed":
        """Collect keys as the bridge does: up to the first #, at most sixteen."""
        pin, hash_key, _ = keys.partition("#")
        too_long = len(pin) > LONGEST_PIN
        return cls(pin, bool(hash_key) and not too_long, too_long)


@dataclass
class _Story:
    """The questions asked so far, with their answers, and how the call ended."""

    trunks: list[Trunk]
    rules: list[Rule]
    call: SipCall
    steps: list[dict[str, Any]] = field(default_factory=list)
    trunk_id: str = ""

    def find_trunk(self) -> None:
        """Ask which trunk the call comes over, and whether the caller must give its password."""
        step: dict[str, Any] = {"step": "auth"}
        self.steps.append(step)
        try:
            trunk = choose_trunk(self.trunks, self.call)
        except MatchingError as error:
            step["error"] = error.as_json()
            raise
        self.trunk_id = trunk.id if trunk else ""
        step |= {"trunk_id": self.trunk_id, "password_asked": bool(trunk and trunk.asks_password)}
        if trunk and trunk.asks_password:
            step["realm"] = trunk.info.get("auth_realm", "")

    def ask(self, step: str, named: str, pin: str = "", no_pin: bool = False) -> Answer:
        """Ask which rule takes the call."""
        asked = {"step": step, "sip_trunk_id": named, "pin": pin, "no_pin": no_pin}
        self.steps.append(asked)
        try:
            answer = look_up(self.trunks, self.rules, self.call, named=named, pin=pin, no_pin=no_pin)
        except MatchingError as error:
            asked["error"] = error.as_json()
            raise
        asked |= answer.as_json()
        return answer


def evaluate_case(case: Json, make_room: Callable[[str], str] | None = None) -> dict[str, Any]:
    """Tell what becomes of one call: its `id`, the `verdict`, and the `steps` that led to it.

    `case` has trunks, rules, call and, where a PIN may be asked, typed keys. Random room names stay a
    prefix, unless `make_room` makes a name of it.
    """
    story = _story(case)
    typed = case.get("typed")
    try:
        story.find_trunk()
        verdict = _dispatch(story, Typed.parse(typed["keys"]) if typed else None)
    except MatchingError as error:
        verdict = f"error_{error.kind}"
    if make_room:
        for step in story.steps:
            _name_room(step, make_room)
    return {"id": case.get("id", ""), "verdict": verdict, "steps": story.steps}


def evaluate_lookup(case: Json) -> dict[str, Any]:
    """Answer one single lookup with any trunk id, PIN and no_pin, as the first step of `case` asks it."""
    story = _story(case)
    asked = case["steps"][0]
    try:
        answer = story.ask("evaluate", asked["sip_trunk_id"], asked["pin"], asked["no_pin"])
        verdict = f"accept_{answer.kind}" if answer.result == "ACCEPT" else answer.result.lower()
    except MatchingError as error:
        verdict = f"error_{error.kind}"
    return {"id": case.get("id", ""), "verdict": verdict, "steps": story.steps}


def trunk_reasons(trunks: list[Trunk], call: SipCall) -> dict[str, str]:
    """For every trunk id, why the trunk alone takes the call or does not."""
    return {trunk.id: trunk_reason(trunk, call) for trunk in trunks}


def drop_verdict(trunks: list[Trunk], call: SipCall, trunk_id: str) -> str:
    """Name the silence: what a trunk refused, when one fitted the number, or that no rule takes the call."""
    if trunk_id:
        return "drop_no_rule"
    reasons = {trunk_reason(trunk, call) for trunk in trunks if fits_number(trunk, call.to_user)}
    for reason in ("address_not_allowed", "caller_not_allowed"):
        if reason in reasons:
            return f"drop_{reason}"
    return "drop_no_trunk"


def _story(case: Json) -> _Story:
    return _Story(
        parse_trunks(case.get("trunks") or []), parse_rules(case.get("rules") or []), SipCall.parse(case["call"])
    )


def _dispatch(story: _Story, typed: Typed | None) -> str:
    answer = story.ask("dispatch", story.trunk_id)
    if answer.result == "DROP":
        return drop_verdict(story.trunks, story.call, answer.trunk_id)
    if answer.result == "ACCEPT":
        return f"accept_{answer.kind}"
    return _enter_pin(story, typed)


def _enter_pin(story: _Story, typed: Typed | None) -> str:
    if typed and typed.too_long:
        return "pin_wrong"
    if not typed or not typed.finished:
        return "request_pin"
    answer = story.ask("pin", story.trunk_id, typed.pin, no_pin=not typed.pin)
    entered = answer.result == "ACCEPT" and bool(answer.room)
    if typed.pin:
        return "pin_accept" if entered else "pin_wrong"
    return "hash_accept" if entered else "hash_refused"


def _name_room(step: dict[str, Any], make_room: Callable[[str], str]) -> None:
    if step.get("room_random"):
        step["room_name"] = make_room(step.pop("room_prefix"))
