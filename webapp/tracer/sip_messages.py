"""A SIP message as people copy it from a capture: what livekit-sip would read in it (RFC 3261).

The called number is the user of To and the caller that of From, as livekit-sip has them; the address is the one that
the nearest hop saw the message come from.
"""

import re
from dataclasses import dataclass

_URI = re.compile(r"(?:sips?|tel):(?:([^@;>?\s]{0,200})@)?([^;>?\s,]{0,255})", re.IGNORECASE)
_REQUEST = re.compile(r"([A-Z]{3,12}) (\S{1,400}) SIP/2\.0")
_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2})[ \t]{0,3}([^\r\n]{0,100})")
_HEADER = re.compile(r"([A-Za-z][A-Za-z-]{0,40})[ \t]{0,3}:[ \t]{0,8}([^\r\n]*)")
_COMPACT = {"f": "from", "t": "to", "v": "via", "i": "call-id"}
_RECEIVED = re.compile(r";\s{0,3}received\s{0,3}=\s{0,3}\"?\[?([0-9A-Fa-f:.]{2,45})", re.IGNORECASE)
_SENT_BY = re.compile(
    r"SIP\s{0,3}/\s{0,3}2\.0\s{0,3}/\s{0,3}\w{2,5}\s{1,8}(\[[^\]\s]{2,45}\]|[^\s:;,]{1,255})", re.IGNORECASE
)


@dataclass(frozen=True)
class SipMessage:
    """`method` of a request, or `status` of an answer; both may be missing where only headers were copied."""

    method: str
    status: str
    phrase: str
    call_id: str
    from_user: str
    from_host: str
    to_user: str
    received: str  # what the nearest hop noted of where it came from
    sent_by: str
    ours: bool  # LiveKit itself sent the request
    request_user: str


def read(text: str) -> SipMessage:
    """The message in the text of an entry."""
    lines = text.split("\n")
    if lines[0].endswith("SIP/2.0."):  # ngrep writes a dot for the end of each line
        lines = [line.removesuffix(".") for line in lines]
    headers = _headers(lines)
    request, status = _REQUEST.match(lines[0]), _STATUS.match(lines[0])
    caller, called = _user(headers.get("from", "")), _user(headers.get("to", ""))
    asked = _user(request[2]) if request else ("", "")
    ours = bool(request) and "livekit" in headers.get("user-agent", "").lower()
    return SipMessage(
        method=request[1] if request else "",
        status=status[1] if status else "",
        phrase=status[2].strip() if status else "",
        call_id=headers.get("call-id", "").strip(),
        from_user=caller[0],
        from_host=caller[1],
        to_user=called[0] or asked[0],
        received=_address(_RECEIVED, headers.get("via", "")),
        sent_by=_address(_SENT_BY, headers.get("via", "")),
        ours=ours,
        request_user=asked[0],
    )


def _headers(lines: list[str]) -> dict[str, str]:
    """The first of each header: of several Via the topmost is the hop that LiveKit sees."""
    headers: dict[str, str] = {}
    for line in lines:
        if match := _HEADER.match(line):
            name = match[1].lower()
            headers.setdefault(_COMPACT.get(name, name), match[2])
    return headers


def _user(text: str) -> tuple[str, str]:
    match = _URI.search(text[:1000])
    if match is None:
        return "", ""
    if match[0][:4].lower() == "tel:":
        return match[2], ""
    return (match[1] or "").partition(":")[0].partition(";")[0], _host(match[2])


def _host(text: str) -> str:
    return text.partition("]")[0] + "]" if text.startswith("[") else text.partition(":")[0]


def _address(pattern: re.Pattern[str], via: str) -> str:
    match = pattern.search(via[:1000])
    return match[1].strip("[]") if match else ""
