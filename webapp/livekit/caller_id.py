"""Whether rules can keep callers' numbers out of the names of rooms (sip issue 726), by what the protocol has.

Found by looking for the field, in a rule or in its kinds: versions are numbered by whoever packages them.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.message import Message
from livekit.protocol.sip import SIPDispatchRuleCallee, SIPDispatchRuleIndividual, SIPDispatchRuleInfo

FIELD = "omit_caller_id"


def can_omit(*messages: type[Message]) -> bool:
    """The installed protocol has the field."""
    looked_at = messages or (SIPDispatchRuleInfo, SIPDispatchRuleIndividual, SIPDispatchRuleCallee)
    return any(FIELD in _fields(message.DESCRIPTOR) for message in looked_at)


def omitting(rule: dict[str, Any], message: type[Message] = SIPDispatchRuleInfo) -> dict[str, Any] | None:
    """The rule with the caller's number left out; None while the installed protocol has no field for that."""
    if FIELD in _fields(message.DESCRIPTOR):
        return {**rule, FIELD: True}
    kinds = _fields(_fields(message.DESCRIPTOR)["rule"].message_type)
    changed = {
        kind: {**what, FIELD: True}
        for kind, what in (rule.get("rule") or {}).items()
        if kind in kinds and FIELD in _fields(kinds[kind].message_type)
    }
    return {**rule, "rule": changed} if changed else None


def _fields(message: Any) -> Mapping[str, Any]:
    fields: Mapping[str, Any] = message.fields_by_name
    return fields
