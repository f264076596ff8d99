"""Whether rules can keep numbers out of room names is told by the protocol's fields, not by its version."""

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import Message
from livekit.protocol.sip import SIPDispatchRuleCallee, SIPDispatchRuleIndividual, SIPDispatchRuleInfo

from webapp.livekit.caller_id import can_omit, omitting

RULE = {"name": "x", "rule": {"dispatch_rule_individual": {"room_prefix": "call"}}}
TEXT, BOOL, MESSAGE = (
    descriptor_pb2.FieldDescriptorProto.Type.Value(f"TYPE_{name}") for name in ("STRING", "BOOL", "MESSAGE")
)


def protocol(name: str, in_rule: bool, in_kind: bool) -> type[Message]:
    """A protocol with the field in a rule, in its kind, or nowhere."""
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package=name, syntax="proto3")
    kind, choice, info = (file.message_type.add(name=each) for each in ("Individual", "Rule", "Info"))
    kind.field.add(name="room_prefix", number=1, type=TEXT)
    choice.field.add(name="dispatch_rule_individual", number=1, type=MESSAGE, type_name=f".{name}.Individual")
    info.field.add(name="rule", number=1, type=MESSAGE, type_name=f".{name}.Rule")
    for message, has in ((info, in_rule), (kind, in_kind)):
        if has:
            message.field.add(name="omit_caller_id", number=9, type=BOOL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{name}.Info"))


@pytest.mark.parametrize(
    ("in_rule", "in_kind", "expected"),
    [
        (True, False, {**RULE, "omit_caller_id": True}),
        (
            False,
            True,
            {"name": "x", "rule": {"dispatch_rule_individual": {"room_prefix": "call", "omit_caller_id": True}}},
        ),
        (False, False, None),
    ],
)
def test_the_field_is_set_where_the_protocol_has_it(in_rule: bool, in_kind: bool, expected: object):
    assert omitting(RULE, protocol(f"p{in_rule}{in_kind}".lower(), in_rule, in_kind)) == expected


@pytest.mark.parametrize("has", [True, False])
def test_a_protocol_with_the_field_can_leave_numbers_out_of_room_names_and_others_cannot(has: bool):
    assert can_omit(protocol(f"q{has}".lower(), has, False)) is has


def test_the_installed_protocol_is_looked_at_when_none_is_named():
    installed = (SIPDispatchRuleInfo, SIPDispatchRuleIndividual, SIPDispatchRuleCallee)
    told = any("omit_caller_id" in kind.DESCRIPTOR.fields_by_name for kind in installed)
    assert can_omit() is told
    assert (omitting(RULE) is not None) is told
