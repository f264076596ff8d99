"""Real calls, recorded at a real LiveKit with its bridge's log, made again: SIP, webhooks, log and end agree."""

from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.support.livekit import LiveKit
from tests.support.replay import recorded
from tests.support.waiting import until

NOWHERE = "http://127.0.0.1:9/hooks"
Info = dict[str, Any]
TRUNK = {"sip_trunk_id": "ST_main", "numbers": ["+15550001"]}
OTHER = {"sip_trunk_id": "ST_other", "numbers": ["+15550002"]}
# What the bridge logs of its media and of this machine, and what depends on who is quicker.
NOISE = {
    "using codecs", "call statistics", "media timeout loop stopped", "high cpu load", "track subscribed",
    "track closed", "server initiated leave", "validate succeeded", "error establishing signal connection",
    "triggering media timeout", "Call accepted, but no ACK received", "signaling timestamps",
    "auth challenge timed out without authenticated retry; finalizing call as error",
}  # fmt: skip


@dataclass(frozen=True)
class Scene:
    """What a recorded call met, and what its caller did."""

    rules: list[Info] = field(default_factory=list)
    trunks: list[Info] = field(default_factory=lambda: [TRUNK])
    keys: str = ""
    caller: dict[str, str] = field(default_factory=dict)
    speaks_in: str = ""
    listens_in: str = ""
    silent: bool = False


def pin(value: str = "1234", room: str = "meet-1", **fields: Any) -> Info:
    kind = fields.pop("kind", {"dispatch_rule_direct": {"room_name": room, "pin": value}})
    rule_id = f"SDR_{value}{room}{fields.get('trunk_ids', '')}"
    return {"sip_dispatch_rule_id": rule_id, "rule": kind, "trunk_ids": ["ST_main"], **fields}


def open_rule(**fields: Any) -> Info:
    return pin("", "open", **fields)


def trunk(**fields: Any) -> list[Info]:
    return [{**TRUNK, **fields}]


def individual(**fields: Any) -> Info:
    return {"dispatch_rule_individual": {"room_prefix": "call", "pin": "1234", **fields}}


PASSWORD = trunk(auth_username="user", auth_password="pw")
FAR = trunk(allowed_addresses=["10.9.9.9", "sip.provider.example"])
FAR_NET = trunk(allowed_addresses=["10.9.9.0/24"])
PAIR = [pin("1", "a", trunk_ids=["ST_main"]), pin("1", "b", trunk_ids=["ST_main"]), pin("9", trunk_ids=["ST_other"])]
SCENES = {
    "nothing_configured": Scene(trunks=[]),
    "trunk_but_no_rule": Scene(),
    "number_unknown_no_wildcard": Scene([pin()], caller={"to": "+19998887777"}),
    "right_pin": Scene([pin()], keys="1234#", speaks_in="meet-1"),
    "wrong_pin": Scene([pin()], keys="9999#"),
    "only_hash": Scene([pin()], keys="#"),
    "pin_17_digits": Scene([pin()], keys="1" * 17),
    "pin_no_hash": Scene([pin()], keys="1234"),
    "pin_by_sip_info": Scene([pin()], keys="1234#", caller={"keys_by": "info"}),
    "no_telephone_event_in_offer": Scene([pin()], keys="1234#", caller={"keys_by": "none"}),
    "open_rule_web_no_audio": Scene([open_rule()], listens_in="open"),
    "open_rule_only_hash": Scene([open_rule()], keys="#", speaks_in="open"),
    "unknown_number_wildcard_open_rule": Scene(
        [open_rule(trunk_ids=[])], caller={"to": "+19998887777"}, speaks_in="open"
    ),
    "open_rule_nobody_in_room": Scene([open_rule()]),
    "open_rule_web_with_audio": Scene([open_rule()], speaks_in="open"),
    "open_and_pin_rules_hash_only": Scene([pin(), open_rule()], keys="#", speaks_in="open"),
    "open_and_pin_rules_wrong_pin": Scene([pin(), open_rule()], keys="9999#"),
    "right_pin_room_absent": Scene([pin()], keys="1234#"),
    "hide_phone_number": Scene([pin(hide_phone_number=True)], keys="1234#"),
    "individual_pin": Scene([pin(kind=individual())], keys="1234#"),
    "individual_pin_norandom": Scene([pin(kind=individual(no_randomness=True))], keys="1234#"),
    "callee_pin": Scene([pin(kind={"dispatch_rule_callee": {"room_prefix": "pre", "pin": "1234"}})], keys="1234#"),
    "auth_no_credentials": Scene([open_rule()], PASSWORD),
    "auth_right": Scene([open_rule()], PASSWORD, caller={"username": "user", "password": "pw"}, speaks_in="open"),
    "auth_wrong_password": Scene([open_rule()], PASSWORD, caller={"username": "user", "password": "x"}),
    "auth_wrong_user": Scene([open_rule()], PASSWORD, caller={"username": "x", "password": "pw"}),
    "source_not_allowed": Scene([open_rule()], trunk(allowed_addresses=["10.0.0.0/8"])),
    "source_allowed_cidr": Scene([open_rule()], trunk(allowed_addresses=["127.0.0.0/8"]), speaks_in="open"),
    "source_not_allowed_but_wildcard_rule": Scene(
        [open_rule(trunk_ids=[])], trunk(allowed_addresses=["10.0.0.0/8"]), speaks_in="open"
    ),
    "allowed_addresses_all_invalid": Scene(
        [open_rule()], trunk(allowed_addresses=["http://x", "a b"]), speaks_in="open"
    ),
    "caller_number_not_allowed": Scene([open_rule()], trunk(allowed_numbers=["+1999"])),
    "called_without_plus": Scene([open_rule()], caller={"to": "15550001"}, speaks_in="open"),
    "rule_inbound_numbers_match": Scene([open_rule(inbound_numbers=["+15551234"])], speaks_in="open"),
    "rule_inbound_numbers_formatting": Scene([open_rule(inbound_numbers=["15551234"])]),
    "trunk_deleted_rule_dangling": Scene([open_rule()], trunks=[]),
    "rule_pair_call_initial": Scene(PAIR, [TRUNK, OTHER]),
    "rule_pair_call_unknown_number": Scene(PAIR, [TRUNK, OTHER], caller={"to": "+1777"}),
    "rule_pair_call_on_other_trunk": Scene(
        [*PAIR[:2], open_rule(trunk_ids=["ST_other"])], [TRUNK, OTHER], caller={"to": "+15550002"}, speaks_in="open"
    ),
    "trunk_pair_call": Scene([open_rule()], [TRUNK, {**TRUNK, "sip_trunk_id": "ST_twin"}]),
    "room_full": Scene([pin()], keys="1234#", speaks_in="meet-1"),
    "room_config_unknown_preset": Scene([pin(room_preset="nope")], keys="1234#"),
    "room_config_only": Scene([pin(room_config={"empty_timeout": 60, "max_participants": 4})], keys="1234#"),
    "empty_room_name_rule": Scene([pin(room="")], keys="1234#"),
    "anonymous_caller": Scene([pin()], keys="1234#", caller={"number": "anonymous"}),
    "no_rtp_from_caller": Scene([pin()], keys="1234#", silent=True),
    "real_from_host": Scene([open_rule()], FAR),
    "spoofed_from_host_ip": Scene([open_rule()], FAR, caller={"from_host": "10.9.9.9"}, speaks_in="open"),
    "spoofed_from_host_name": Scene([open_rule()], FAR, caller={"from_host": "sip.provider.example"}, speaks_in="open"),
    "spoofed_from_host_cidr": Scene([open_rule()], FAR_NET, caller={"from_host": "10.9.9.9"}),
    "spoofed_from_host_cidr_literal": Scene(
        [open_rule()], FAR_NET, caller={"from_host": "10.9.9.0/24"}, speaks_in="open"
    ),
}


def told_in_sip(messages: list[list[Any]]) -> list[str]:
    """The bridge's side, with its repeated ringing said once."""
    texts = [text.removeprefix("SIP/2.0 ").partition(" sip:")[0] for _, direction, text in messages if direction == "<"]
    return [text for before, text in zip(["", *texts], texts, strict=False) if (before, text) != ("180 Ringing",) * 2]


def told_in_hooks(bodies: list[Info]) -> list[tuple[str, str | None, str | None]]:
    """What webhooks said of phones: event, sip.callStatus, reason."""
    people = [(body["event"], body.get("participant", {})) for body in bodies]
    phones = [(event, person) for event, person in people if person.get("identity", "").startswith("sip_")]
    return [
        (event, person.get("attributes", {}).get("sip.callStatus"), person.get("disconnectReason"))
        for event, person in phones
    ]


def told_in_log(lines: list[Info]) -> list[tuple[str, str | None, str | None]]:
    """What the bridge logged: level, message, and the reason of an end."""
    spoken = [line for line in lines if line.get("logger") == "sip" and line["msg"] not in NOISE]
    return [(line["msg"], line["level"], line.get("reason")) for line in spoken]


def wait_for_the_end(livekit: LiveKit, phone: Info) -> None:
    until(lambda: livekit.phone(phone["id"])["state"] == "ended")


@pytest.mark.parametrize(
    "call", [call for call in recorded("calls") if call["name"] in SCENES], ids=lambda call: call["name"]
)
def test_a_recorded_call_made_again_says_the_same(call: Info, livekit: LiveKit):
    scene = SCENES[call["name"]]
    livekit.hooks_to(NOWHERE)
    livekit.store_sip(trunks=scene.trunks, rules=scene.rules)
    if call["name"] == "room_full":
        livekit.call("RoomService", "CreateRoom", name="meet-1", max_participants=1)
    if scene.speaks_in:
        livekit.join(scene.speaks_in, publish=["microphone"])
    if scene.listens_in:
        livekit.join(scene.listens_in)
    phone = livekit.dial(**{"to": "+15550001", "keys": scene.keys, **scene.caller})
    if scene.silent:
        livekit.control("go-silent", id=phone["id"])
        wait_for_the_end(livekit, phone)
    phone = livekit.hang_up(phone["id"])
    assert told_in_sip(phone["sip"]) == told_in_sip(call["sip_messages"])
    hooks = [each["body"] for each in livekit.deliveries()]
    assert told_in_hooks(hooks) == told_in_hooks(call["webhooks"])
    assert told_in_log(livekit.reading("sip-log", id=phone["id"])) == told_in_log(call["livekit_sip_log"])
