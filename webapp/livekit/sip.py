"""LiveKit's inbound trunks and dispatch rules: JSON objects with snake_case names, as matching reads them."""

from typing import Any

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from livekit.protocol.sip import (
    CreateSIPDispatchRuleRequest,
    CreateSIPInboundTrunkRequest,
    DeleteSIPDispatchRuleRequest,
    DeleteSIPTrunkRequest,
    ListSIPDispatchRuleRequest,
    ListSIPInboundTrunkRequest,
    SIPDispatchRuleInfo,
    SIPInboundTrunkInfo,
)

from webapp.livekit.client import call
from webapp.livekit.errors import LiveKitError

Json = dict[str, Any]


def list_trunks(timeout: float | None = None) -> list[Json]:
    """Every inbound trunk, passwords included; `timeout` bounds the waiting."""
    answer = call(lambda livekit: livekit.sip.list_inbound_trunk(ListSIPInboundTrunkRequest()), timeout)
    return [_json(item) for item in answer.items]


def create_trunk(trunk: Json) -> Json:
    """Make an inbound trunk; returns it with its id."""
    request = CreateSIPInboundTrunkRequest(trunk=ParseDict(trunk, SIPInboundTrunkInfo()))
    return _json(call(lambda livekit: livekit.sip.create_inbound_trunk(request)))


def replace_trunk(sip_trunk_id: str, trunk: Json) -> Json:
    """Make the trunk as given, field for field."""
    message = ParseDict({**trunk, "sip_trunk_id": sip_trunk_id}, SIPInboundTrunkInfo())
    return _json(call(lambda livekit: livekit.sip.update_inbound_trunk(sip_trunk_id, message)))


def delete_trunk(sip_trunk_id: str) -> None:
    """Delete the trunk; an unknown id is no error, and rules that name it stay."""
    request = DeleteSIPTrunkRequest(sip_trunk_id=sip_trunk_id)
    call(lambda livekit: livekit.sip.delete_trunk(request))


def list_rules(sip_trunk_id: str = "") -> list[Json]:
    """Every dispatch rule, or those of a trunk together with the rules of no trunk."""
    request = ListSIPDispatchRuleRequest(trunk_ids=[sip_trunk_id] if sip_trunk_id else [])
    answer = call(lambda livekit: livekit.sip.list_dispatch_rule(request))
    return [_json(item) for item in answer.items]


def find_rule(sip_dispatch_rule_id: str) -> Json | None:
    """The rule as LiveKit has it, or None."""
    request = ListSIPDispatchRuleRequest(dispatch_rule_ids=[sip_dispatch_rule_id])
    answer = call(lambda livekit: livekit.sip.list_dispatch_rule(request))
    return next((_json(item) for item in answer.items if item.sip_dispatch_rule_id == sip_dispatch_rule_id), None)


def create_rule(rule: Json) -> Json:
    """Make a dispatch rule; returns it with its id. It can have no `numbers`: replace_rule can give it some.

    Sent in the request's deprecated flat fields: LiveKit then checks the rules of its trunks alone, while the nested
    form checks all there are, so that one old conflict anywhere would stop every room.
    """
    request = ParseDict(rule, CreateSIPDispatchRuleRequest())
    return _json(call(lambda livekit: livekit.sip.create_dispatch_rule(request)))


def replace_rule(sip_dispatch_rule_id: str, rule: Json) -> Json:
    """Make the rule as given, field for field: LiveKit's partial update cannot reach all of them."""
    message = ParseDict({**rule, "sip_dispatch_rule_id": sip_dispatch_rule_id}, SIPDispatchRuleInfo())
    return _json(call(lambda livekit: livekit.sip.update_dispatch_rule(sip_dispatch_rule_id, message)))


def delete_rule(sip_dispatch_rule_id: str) -> bool:
    """Delete the rule; False when LiveKit did not have it."""
    request = DeleteSIPDispatchRuleRequest(sip_dispatch_rule_id=sip_dispatch_rule_id)
    try:
        call(lambda livekit: livekit.sip.delete_dispatch_rule(request))
    except LiveKitError as error:
        if error.code == "not_found":
            return False
        raise
    return True


def _json(message: Message) -> Json:
    return MessageToDict(message, preserving_proto_field_name=True)
