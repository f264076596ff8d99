"""What LiveKit answers to the SIP bridge about a call: drop it, ask for a PIN, or let it into a room."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from webapp.matching.errors import MatchingError
from webapp.matching.media import merged
from webapp.matching.model import Json, Rule, SipCall, Trunk
from webapp.matching.rules import check_rules, choose_rule, loaded_rules
from webapp.matching.trunks import choose_trunk

_OF_TRUNK = (
    "headers",
    "headers_to_attributes",
    "attributes_to_headers",
    "include_headers",
    "ringing_timeout",
    "max_call_duration",
)


@dataclass(frozen=True)
class Answer:
    """DROP, REQUEST_PIN or ACCEPT; `room` is a whole name, or a prefix when `room_random`; `fields` the rest."""

    result: str
    trunk_id: str = ""
    rule_id: str = ""
    kind: str = ""
    room: str = ""
    room_random: bool = False
    fields: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The answer as the vectors write it; fields at their default are absent."""
        answer = {"result": self.result, "trunk_id": self.trunk_id, "rule_id": self.rule_id, **self.fields}
        if self.result == "ACCEPT":
            answer |= {"room_random": self.room_random, "room_prefix" if self.room_random else "room_name": self.room}
        return answer


@dataclass(frozen=True)
class _Caller:
    """How the room sees the caller: `shown` is the number or, when hidden, its end."""

    identity: str
    shown: str


def look_up(
    trunks: list[Trunk], rules: list[Rule], call: SipCall, *, named: str = "", pin: str = "", no_pin: bool = False
) -> Answer:
    """Answer one lookup of the SIP bridge; `trunks` and `rules` are sorted by id.

    Raises MatchingError where LiveKit answers an error, of kind panic where its process ends.
    """
    trunk = choose_trunk(trunks, call, named)
    loaded = list(loaded_rules(rules, trunk))
    check_rules(loaded)
    rule = choose_rule(loaded, trunk, call, pin, no_pin)
    trunk_id = trunk.id if trunk else ""
    if rule is None:
        return Answer("DROP", trunk_id)
    if rule.hides_caller and not call.from_user:
        raise MatchingError("panic", "", "runtime error: slice bounds out of range [-1:]")
    media = merged(trunk.info if trunk else None, rule.info)
    if rule.pin and not pin:
        return Answer("REQUEST_PIN", trunk_id, rule.id, rule.kind, fields={"request_pin": True, **media})
    return _accept(trunk, rule, call, named, media)


def _accept(trunk: Trunk | None, rule: Rule, call: SipCall, named: str, media: Json) -> Answer:
    caller = _hidden(call.from_user) if rule.hides_caller else _Caller(f"sip_{call.from_user}", call.from_user)
    trunk_id = trunk.id if trunk else ""
    fields = {
        "participant_identity": caller.identity,
        "participant_name": f"Phone {caller.shown}",
        "participant_attributes": _attributes(rule, call, trunk_id or named),
        **_present(rule.info, ("room_preset", "room_config")),
        **(_present(trunk.info, _OF_TRUNK) if trunk else {}),
        **media,
    }
    if rule.info.get("metadata"):
        fields["participant_metadata"] = rule.info["metadata"]
    if rule.info.get("krisp_enabled") or (trunk and trunk.info.get("krisp_enabled")):
        fields["enabled_features"] = ["KRISP_ENABLED"]
    room = _room(rule, call, caller.shown)
    return Answer("ACCEPT", trunk_id, rule.id, rule.kind, room, rule.random_room, fields)


def _hidden(number: str) -> _Caller:
    raw = number.encode()
    try:
        shown = (raw[-4:] if len(raw) > 4 else raw[-1:]).decode()
    except UnicodeDecodeError:
        raise MatchingError("invalid_utf8", "malformed_response", "string field contains invalid UTF-8") from None
    return _Caller(f"sip_{sha256(raw).hexdigest()[:16]}", shown)


def _attributes(rule: Rule, call: SipCall, trunk_id: str) -> dict[str, str]:
    attributes = {**(rule.info.get("attributes") or {}), **call.extra_attributes}
    attributes |= {"sip.callID": call.call_id, "sip.trunkID": trunk_id, "sip.ruleID": rule.id}
    if not rule.hides_caller:
        attributes |= {
            "sip.phoneNumber": call.from_user,
            "sip.hostname": call.from_host,
            "sip.trunkPhoneNumber": call.to_user,
        }
    return attributes


def _room(rule: Rule, call: SipCall, shown: str) -> str:
    if rule.kind == "direct":
        return rule.room
    number = shown if rule.kind == "individual" else call.to_user
    room = f"{rule.room}_{number}" if rule.room else number
    return f"{room}_" if rule.random_room else room


def _present(info: Json, names: tuple[str, ...]) -> dict[str, Any]:
    # A message that is set but empty is present; an empty text, list or map is a default and therefore absent.
    return {name: info[name] for name in names if info.get(name) or (name == "room_config" and name in info)}
