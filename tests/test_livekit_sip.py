"""What the installed protocol of LiveKit can do, found by looking."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from webapp.livekit import sip


def _message(name: str, field: str) -> type:
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", package="made", syntax="proto3")
    made = file.message_type.add(name=name)
    made.field.add(name=field, number=1, type=descriptor_pb2.FieldDescriptorProto.TYPE_BOOL, label=1)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"made.{name}"))


def test_a_protocol_with_the_field_can_leave_numbers_out_of_room_names_and_others_cannot():
    assert sip.omits_caller_id(_message("With", "omit_caller_id"))
    assert not sip.omits_caller_id(_message("Without", "no_randomness"))
    assert sip.omits_caller_id(_message("First", "pin"), _message("Second", "omit_caller_id"))


def test_the_installed_protocol_is_looked_at_when_none_is_named():
    told = any("omit_caller_id" in kind.DESCRIPTOR.fields_by_name for kind in _installed())
    assert sip.omits_caller_id() == told


def _installed() -> tuple[type, ...]:
    return sip.SIPDispatchRuleInfo, sip.SIPDispatchRuleIndividual, sip.SIPDispatchRuleCallee
