"""Reading evaluation cases, one JSON object a line, and telling what becomes of each call."""

import json
from typing import Any, NotRequired

from pydantic import TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic reads the standard one from Python 3.12 on

from webapp.matching import evaluate_case


class MalformedCaseError(ValueError):
    """A line that is no case; the text says what is wrong and quotes nothing of it, for it may hold numbers."""


class _Kind(TypedDict, total=False):
    room_name: str
    room_prefix: str
    pin: str
    no_randomness: bool
    randomize: bool


class _Kinds(TypedDict, total=False):
    dispatch_rule_direct: _Kind
    dispatch_rule_individual: _Kind
    dispatch_rule_callee: _Kind


class _Media(TypedDict, total=False):
    encryption: str


class _Common(TypedDict, total=False):
    name: str
    metadata: str
    numbers: list[str]
    krisp_enabled: bool
    media: _Media
    media_encryption: str


class _Rule(_Common, total=False):
    sip_dispatch_rule_id: str
    rule: _Kinds
    trunk_ids: list[str]
    inbound_numbers: list[str]
    hide_phone_number: bool
    attributes: dict[str, str]
    room_preset: str
    room_config: dict[str, Any]


class _Trunk(_Common, total=False):
    sip_trunk_id: str
    allowed_numbers: list[str]
    allowed_addresses: list[str]
    auth_username: str
    auth_password: str
    auth_realm: str
    headers: dict[str, str]
    headers_to_attributes: dict[str, str]
    attributes_to_headers: dict[str, str]
    include_headers: str
    ringing_timeout: str
    max_call_duration: str


class _Call(TypedDict, total=False):
    from_user: str
    from_host: str
    to_user: str
    to_host: str
    source_ip: str
    call_id: str
    extra_attributes: dict[str, str]


class _Typed(TypedDict):
    keys: str


class _Case(TypedDict):
    id: str
    call: _Call
    trunks: NotRequired[list[_Trunk]]
    rules: NotRequired[list[_Rule]]
    typed: NotRequired[_Typed | None]


_CASE = TypeAdapter(_Case)


def evaluate_line(line: str) -> str:
    """One case in, one line of JSON out: its id, the verdict and the steps that led to it.

    Raises MalformedCaseError.
    """
    case = _read(line)
    _check(case)
    try:
        return json.dumps(evaluate_case(case))
    except UnicodeEncodeError:  # half a surrogate pair, which JSON can write and no caller can be
        raise MalformedCaseError("not Unicode text") from None


def _read(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        raise MalformedCaseError("not JSON") from None


def _check(case: Any) -> None:
    try:
        _CASE.validate_python(case, strict=True)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "case"
        raise MalformedCaseError(f"{where}: {first['msg']}") from None
