"""Phones for tests, the demo and the playground: dial, press keys, hang up, look; and store what races leave behind."""

import asyncio
from typing import Any

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from livekit.protocol.sip import SIPDispatchRuleInfo, SIPInboundTrunkInfo

from simulator import calls, calls_room
from simulator.arguments import Arguments
from simulator.calls_model import Caller, PhoneCall, Phones, State
from simulator.control import Command
from simulator.sip_objects import SipObjects
from simulator.world import World


def dial(world: World, arguments: Arguments) -> dict[str, Any]:
    """Call `to` as `from`, from `source_ip`, claiming `from_host`, with `username` and `password` if asked for them.

    `keys` are pressed as soon as a PIN is asked for; `keys_by` says how: audio (RFC 4733, the
    only way LiveKit hears), info (SIP INFO) or none.
    """
    return state_of(calls.place(world, Caller.parse(arguments)))


def press(world: World, arguments: Arguments) -> dict[str, Any]:
    """Press `keys` of the phone `id`; they are heard at the PIN prompt only."""
    call = _call(world, arguments)
    calls.press(world, call, arguments.text("keys"))
    return state_of(call)


def hang_up(world: World, arguments: Arguments) -> dict[str, Any]:
    """Put the receiver of the phone `id` down."""
    call = _call(world, arguments)
    calls.hang_up(world, call)
    return state_of(call)


def go_silent(world: World, arguments: Arguments) -> dict[str, Any]:
    """The phone `id` sends no more audio, as one that lost its network: LiveKit ends the call after 15 seconds."""
    call = _call(world, arguments)
    calls.go_silent(world, call)
    return state_of(call)


def store_sip(world: World, arguments: Arguments) -> dict[str, Any]:
    """Store `trunks` and `rules` without any check, as lost races do: a conflicting pair ends calls."""
    objects = world.part(SipObjects)
    return {
        "trunks": [objects.store_trunk(_checked(info, SIPInboundTrunkInfo)) for info in arguments.objects("trunks")],
        "rules": [objects.store_rule(_checked(info, SIPDispatchRuleInfo)) for info in arguments.objects("rules")],
    }


def store_twin(world: World, arguments: Arguments) -> dict[str, Any]:
    """Store a copy of the rule or trunk `id` beside it, as two creates at once do: from now on the pair ends calls."""
    objects, identifier = world.part(SipObjects), arguments.text("id")
    if identifier in objects.rules:
        return dict(objects.store_rule({**objects.rules[identifier].info, "sip_dispatch_rule_id": ""}))
    if identifier not in objects.inbound:
        raise ValueError("no rule and no inbound trunk has this id")
    return dict(objects.store_trunk({**objects.inbound[identifier].info, "sip_trunk_id": ""}))


def next_sip_ids(world: World, arguments: Arguments) -> None:
    """Give the next trunks and rules these `ids`, as in a recording."""
    world.part(SipObjects).next_ids.extend(arguments.texts("ids"))


async def rest(world: World, arguments: Arguments) -> dict[str, Any]:
    """Wait until the call of the phone `id` waits itself: for keys, for somebody to speak, for ever, or is over."""
    call = _call(world, arguments)
    while not call.at_rest() or (call.state is State.RINGING and calls_room.subscribed_to_audio(call)):
        await asyncio.sleep(0.005)
    return state_of(call)


def phone(world: World, arguments: Arguments) -> dict[str, Any]:
    """How the call of the phone `id` stands."""
    return state_of(_call(world, arguments))


def phones(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """How every call stands, oldest first."""
    return [state_of(call) for call in world.part(Phones).calls.values()]


def sip_log(world: World, arguments: Arguments) -> list[dict[str, Any]]:
    """What the SIP bridge logged of the phone `id`, PINs included, as the real one does."""
    return _call(world, arguments).log.lines


def state_of(call: PhoneCall) -> dict[str, Any]:
    """A call as JSON: SIP answers, prompts heard, where it is, and whether the room and the caller hear each other."""
    person = call.participant
    return {
        "id": call.id,
        "call_id": call.caller.call_id,
        "state": call.state.value,
        "reason": call.reason,
        "answers": call.answers(),
        "sip": [list(message) for message in call.sip],
        "prompts": list(call.prompts),
        "trunk_id": call.trunk_id,
        "rule_id": call.rule_id,
        "room": call.room,
        "identity": person.info.identity if person else "",
        "sid": person.info.sid if person else "",
        "audible": calls_room.audible(call),
        "hears": calls_room.hears(call),
    }


def _call(world: World, arguments: Arguments) -> PhoneCall:
    known = world.part(Phones).calls
    if arguments.text("id") not in known:
        raise ValueError("no phone has this id")
    return known[arguments["id"]]


def _checked(info: dict[str, Any], kind: type[Message]) -> dict[str, Any]:
    """LiveKit's JSON of this kind; whatever else fits into it is stored. Raises ValueError."""
    try:
        ParseDict(info, kind())
    except ParseError as error:
        raise ValueError(str(error)) from error
    return info


COMMANDS: dict[str, Command] = {
    "dial": dial,
    "press": press,
    "hang-up": hang_up,
    "go-silent": go_silent,
    "rest": rest,
    "store-sip": store_sip,
    "store-twin": store_twin,
    "next-sip-ids": next_sip_ids,
}
READINGS: dict[str, Command] = {"phone": phone, "phones": phones, "sip-log": sip_log}
