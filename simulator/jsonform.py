"""LiveKit's two JSON dialects: answers in snake_case with every field, webhooks in camelCase without zero values."""

import base64
import json
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
        found = json.loads(text)
        if not isinstance(found, dict) or _says_twice(found, kind.DESCRIPTOR):
            raise ValueError("not an object, or a field in both spellings")
        return Parse(text, kind(), ignore_unknown_fields=True)
    except (ParseError, RecursionError) as error:
        raise ValueError("not such a message") from error


def _says_twice(found: Any, descriptor: Any) -> bool:
    """Some message has a field in both spellings, which Go refuses and Python's reader does not."""
    if not isinstance(found, dict):
        return any(_says_twice(each, descriptor) for each in found) if isinstance(found, list) else False
    return any(
        (field.name != field.json_name and field.name in found and field.json_name in found)
        or (field.message_type is not None and _says_twice(_spelled(found, field), field.message_type))
        for field in descriptor.fields
    )


def _spelled(found: dict[str, Any], field: Any) -> Any:
    return found.get(field.name, found.get(field.json_name))


def answer(message: Message) -> dict[str, Any]:
    """A message as Twirp answers it: the proto's names, zero values, empty lists, null for absent messages."""
    return {
        field.name: _value(message, field)
        for field in message.DESCRIPTOR.fields
        if (field.containing_oneof is None or message.HasField(field.name)) and field.full_name not in NEWER
    }


def webhook(message: Message) -> bytes:
    """A message as a webhook's body."""
    values = MessageToDict(message)
    names = [field.json_name for field in message.DESCRIPTOR.fields]
    ordered = {name: values[name] for name in names if name in values}
    return json.dumps(ordered, separators=(",", ":"), ensure_ascii=False).encode()


def _value(message: Message, field: Any) -> Any:
    value = getattr(message, field.name)
    if _is_map(field):
        item = field.message_type.fields_by_name["value"]
        return {str(key): _plain(entry, item) for key, entry in sorted(value.items())}
    if field.is_repeated:
        return [_plain(item, field) for item in value]
    if field.message_type is not None and not message.HasField(field.name):
        return None
    return _plain(value, field)


def _is_map(field: Any) -> bool:
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def _plain(value: Any, field: Any) -> Any:
    if field.message_type is not None:
        well_known = field.message_type.file.package == "google.protobuf"
        return MessageToDict(value) if well_known else answer(value)
    if field.enum_type is not None:
        known = field.enum_type.values_by_number.get(value)
        return known.name if known else value
    if field.cpp_type in LONG:
        return str(value)
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value
