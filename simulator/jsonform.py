"""LiveKit's two JSON dialects: answers in snake_case with every field, webhooks in camelCase without zero values."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.json_format import MessageToDict, Parse, ParseError
from google.protobuf.message import Message

LONG = {
    FieldDescriptor.CPPTYPE_INT64,
    FieldDescriptor.CPPTYPE_UINT64,
}


# Fields our protocol package knows and LiveKit 1.13.5 does not answer.
NEWER = {"livekit.SIPInboundTrunkInfo.ringing_timeout_status"}


def parse(text: bytes, kind: type[Message]) -> Message:
    """Read a request in either case, ignoring what it does not know. Raises ValueError."""
    try:
        value = json.loads(text)
        if not isinstance(value, dict) or _says_twice(value, kind.DESCRIPTOR):
            raise ValueError("not an object, or a field in both spellings")
        return Parse(text, kind(), ignore_unknown_fields=True)
    except (ParseError, RecursionError) as error:
        raise ValueError("not such a message") from error


def _says_twice(value: Any, descriptor: Any) -> bool:
    """Some message has a field in both spellings, which Go refuses and Python's reader does not."""
    if not isinstance(value, dict):
        return any(_says_twice(each, descriptor) for each in value) if isinstance(value, list) else False
    return any(
        (field.name != field.json_name and field.name in value and field.json_name in value)
        or (field.message_type is not None and _says_twice(_spelled(value, field), field.message_type))
        for field in descriptor.fields
    )


def _spelled(value: dict[str, Any], field: Any) -> Any:
    return value.get(field.name, value.get(field.json_name))


def answer(message: Message) -> dict[str, Any]:
    """A message as Twirp answers it: the proto's names, zero values, empty lists, null for absent messages."""
    return {
        field.name: _value(message, field)
        for field in _fields(message.DESCRIPTOR)
        if not field.in_oneof or message.HasField(field.name)
    }


def webhook(message: Message) -> bytes:
    """A message as a webhook's body."""
    values = MessageToDict(message)
    names = [field.json_name for field in message.DESCRIPTOR.fields]
    ordered = {name: values[name] for name in names if name in values}
    return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False).encode()


@dataclass(frozen=True)
class _Field:
    """What writing a field needs to know; asking protobuf again for every object of a long list is slow."""

    name: str
    in_oneof: bool
    is_map: bool
    is_repeated: bool
    is_message: bool
    write: Callable[[Any], Any] | None


@cache
def _fields(descriptor: Any) -> tuple[_Field, ...]:
    return tuple(_field(field) for field in descriptor.fields if field.full_name not in NEWER)


def _field(field: Any) -> _Field:
    is_map = field.message_type is not None and bool(field.message_type.GetOptions().map_entry)
    plain = field.message_type.fields_by_name["value"] if is_map else field
    in_oneof = field.containing_oneof is not None
    is_message = field.message_type is not None
    return _Field(field.name, in_oneof, is_map, not is_map and field.is_repeated, is_message, _writer(plain))


def _writer(field: Any) -> Callable[[Any], Any] | None:
    """How one value of a field is written; None writes it as it is."""
    if field.message_type is not None:
        well_known = field.message_type.file.package == "google.protobuf"
        return MessageToDict if well_known else answer
    if field.enum_type is not None:
        names = {number: known.name for number, known in field.enum_type.values_by_number.items()}
        return lambda value: names.get(value, value)
    if field.cpp_type in LONG:
        return str
    return _base64 if field.type == FieldDescriptor.TYPE_BYTES else None


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _value(message: Message, field: _Field) -> Any:
    value, write = getattr(message, field.name), field.write
    if field.is_map:
        return {str(key): write(entry) if write else entry for key, entry in sorted(value.items())}
    if field.is_repeated:
        return [write(item) for item in value] if write else list(value)
    if field.is_message and not message.HasField(field.name):
        return None
    return write(value) if write else value
