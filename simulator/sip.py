"""LiveKit's SIP service over Twirp: trunks and dispatch rules, with its grants, its races and its need of Redis."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from livekit.protocol import sip as proto

from simulator import sip_outbound
from simulator.sip_objects import SipObjects
from simulator.sip_participants import create_participant, transfer_participant
from simulator.tokens import Claims
from simulator.twirp import Method, TwirpError, behind_psrpc, require
from simulator.world import World
from webapp.matching import Json, MatchingError

Answering = Callable[[World, Json], Awaitable[Json]]
Reading = Callable[[SipObjects, Json], Json]
_RACE_SECONDS = 0.3


def twirp_error(error: MatchingError) -> TwirpError:
    """A refusal of the matching as the HTTP API words it; a plain Go error has no code and becomes internal."""
    code = "internal" if error.code in {"", "unknown"} else error.code
    return behind_psrpc(code, error.text) if error.wrapped else TwirpError(code, error.text)


def method(request: type[Message], response: type[Message], answer: Answering, grant: str = "admin") -> Method:
    """A method of the SIP service that needs a SIP grant and a LiveKit that has Redis."""

    async def handle(world: World, message: Any, claims: Claims) -> Message:
        require(claims.may_sip(grant))
        if not world.switches.redis:
            raise behind_psrpc("internal", "sip not connected (redis required)")
        try:
            reply = await answer(world, MessageToDict(message, preserving_proto_field_name=True))
        except MatchingError as error:
            raise twirp_error(error) from error
        return _message(world.part(SipObjects), reply, response)

    return Method(request, handle)


def _message(objects: SipObjects, reply: Json, response: type[Message]) -> Message:
    if "items" not in reply:
        return ParseDict(dict(reply), response())
    item: Any = response.DESCRIPTOR.fields_by_name["items"].message_type
    kind = GetMessageClass(item)
    return response(items=[objects.built(info, kind) for info in reply["items"]])


async def create_trunk(world: World, request: Json) -> Json:
    """Store an inbound trunk that conflicts with no other, unless two creates race."""
    objects = world.part(SipObjects)
    info = objects.checked_trunk(request)
    await _lose_race(world)
    return objects.store_trunk(info)


async def create_rule(world: World, request: Json) -> Json:
    """Store a dispatch rule that conflicts with no other, unless two creates race."""
    objects = world.part(SipObjects)
    info = objects.checked_rule(request)
    await _lose_race(world)
    return objects.store_rule(info)


async def _lose_race(world: World) -> None:
    # LiveKit checks and stores without a lock; with the switch on, whoever comes in between is not seen.
    if world.switches.racy_creates:
        await asyncio.sleep(_RACE_SECONDS)


def _at_once(reading: Reading) -> Answering:
    async def answer(world: World, request: Json) -> Json:
        return reading(world.part(SipObjects), request)

    return answer


def _plain(name: str, response: type[Message], reading: Reading) -> Method:
    return method(getattr(proto, f"{name}Request"), response, _at_once(reading))


METHODS = {
    "CreateSIPParticipant": method(
        proto.CreateSIPParticipantRequest, proto.SIPParticipantInfo, create_participant, grant="call"
    ),
    "TransferSIPParticipant": method(
        proto.TransferSIPParticipantRequest, proto.TransferSIPParticipantResponse, transfer_participant, grant="call"
    ),
    "CreateSIPInboundTrunk": method(proto.CreateSIPInboundTrunkRequest, proto.SIPInboundTrunkInfo, create_trunk),
    "CreateSIPDispatchRule": method(proto.CreateSIPDispatchRuleRequest, proto.SIPDispatchRuleInfo, create_rule),
    **{
        name: _plain(name, response, reading)
        for name, response, reading in [
            ("UpdateSIPInboundTrunk", proto.SIPInboundTrunkInfo, SipObjects.update_trunk),
            ("GetSIPInboundTrunk", proto.GetSIPInboundTrunkResponse, SipObjects.get_trunk),
            ("ListSIPInboundTrunk", proto.ListSIPInboundTrunkResponse, SipObjects.list_trunks),
            ("UpdateSIPDispatchRule", proto.SIPDispatchRuleInfo, SipObjects.update_rule),
            ("ListSIPDispatchRule", proto.ListSIPDispatchRuleResponse, SipObjects.list_rules),
            ("DeleteSIPDispatchRule", proto.SIPDispatchRuleInfo, SipObjects.delete_rule),
            ("DeleteSIPTrunk", proto.SIPTrunkInfo, SipObjects.delete_trunk),
            ("CreateSIPOutboundTrunk", proto.SIPOutboundTrunkInfo, sip_outbound.create_outbound),
            ("UpdateSIPOutboundTrunk", proto.SIPOutboundTrunkInfo, sip_outbound.update_outbound),
            ("GetSIPOutboundTrunk", proto.GetSIPOutboundTrunkResponse, sip_outbound.get_outbound),
            ("ListSIPOutboundTrunk", proto.ListSIPOutboundTrunkResponse, sip_outbound.list_outbound),
            ("ListSIPTrunk", proto.ListSIPTrunkResponse, sip_outbound.list_both),
        ]
    },
}
