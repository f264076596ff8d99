"""What an entry of pasted text is about, as codes: each has its sentence in `log_words`. Pure."""

import re

MESSAGES = {
    "processing invite": "invite",
    "Rejecting inbound flood": "flood",
    "SIP handle dispatch rule error": "dispatch-error",
    "Rejecting inbound call, dispatch evaluation failed": "dispatch-error",
    "Rejecting inbound, auth check failed": "auth-error",
    "Starting SIP invite authentication": "digest",
    "Created digest challenge": "digest",
    "No Proxy header found. Sending 407 Unauthorized response with Proxy-Authenticate header": "digest",
    "SIP invite authentication successful": "digest-passed",
    "auth challenge timed out without authenticated retry; finalizing call as error": "no-password",
    "auth challenge issued, no authenticated retry received": "no-password",
    "Authentication failed - response mismatch": "wrong-password",
    "Authentication failed - username mismatch": "wrong-user",
    "invalid credentials were provided": "unauthorized",
    "Requesting Pin for SIP call": "pin-asked",
    "Checking Pin for SIP call": "pin-typed",
    "Rejecting call": "wrong-pin",
    "Joining room": "joining",
    "SIP participant joined room": "joined",
    "published track": "joined",
    "Waiting for track subscription(s)": "waiting",
    "Accepting the call": "accepted",
    "ACK from remote": "accepted",
    "Cannot create LiveKit participant": "participant-failed",
    "Call accepted, but no ACK received": "no-ack",
    "Inbound SIP request not handled": "sip-info",
    "BYE from remote": "hangup",
    "triggering media timeout": "media-timeout",
    "error establishing signal connection": "livekit-away",
    "restart connection failed": "livekit-away",
    "resume connection failed": "livekit-away",
    "Closing inbound call with error": "closed",
    "Closing inbound call": "closed",
    "SIP call ended": "closed",
}
# texts of LiveKit, in whatever line they stand, also alone; a longer one goes before one that is its part
TEXTS = {
    "multiple sip trunks matched": "several-trunks",
    "multiple default sip trunks matched": "several-default-trunks",
    "dispatch rule for the same trunk": "rule-conflict",
    "conflicting inbound sip trunks": "trunk-conflict",
    "no trunk found": "elsewhere-404",
    "does not match any sip trunks": "elsewhere-404",
    "does not match trunks or dispatch rules": "elsewhere-404",
    "unsupported sip dispatch rule": "no-kind",
    "missing rule": "missing-rule",
    "missing trunk": "missing-trunk",
    "for security, one of the fields must be set": "trunk-too-open",
    "requested sip trunk does not exist": "trunk-gone",
    "requested sip dispatch rule does not exist": "rule-gone",
    "call was not authorized by trunk configuration": "flood",
    "dispatch rule evaluation unavailable": "dispatch-error",
    "remote unmute not enabled": "no-unmute",
    "room has exceeded its max participants": "participant-failed",
    "unknown room configuration in create room request": "participant-failed",
}
REASONS = {
    "flood": "flood",
    "dispatch-error": "dispatch-error",
    "wrong-pin": "wrong-pin",
    "participant-failed": "participant-failed",
    "hangup": "hangup",
    "cancelled": "cancelled",
    "removed": "removed",
    "duplicate-identity": "duplicate-identity",
    "media-timeout": "media-timeout",
    "no-rule": "no-rule",
    "no-trunk": "no-trunk",
    "no-dispatch": "no-dispatch",
    "unauthorized": "unauthorized",
    "auth-error": "auth-error",
    "quota-exceeded": "quota-exceeded",
    "invite-failed": "invite-failed",
}
OUTBOUND = {
    "createsipparticipant": "outbound-asked",
    "creating sip participant": "outbound-begun",
    "closing outbound call": "outbound-closed",
    "outbound call": "outbound",
}
_ALONE = re.compile(  # words of everyday speech are no reasons where nothing else says so
    r"\b(?<!-)(flood|dispatch-error|wrong-pin|participant-failed|duplicate-identity|media-timeout|no-rule|no-trunk"
    r"|no-dispatch|unauthorized|auth-error|quota-exceeded|invite-failed)(?![\w-])",
    re.IGNORECASE,
)
_PHRASES = (
    "trying|ringing|session progress|ok|accepted|bad request|unauthorized|payment required|forbidden|not found"
    "|method not allowed|not acceptable|proxy authentication required|request timeout|gone|request entity too large"
    "|unsupported|temporarily unavailable|call|loop detected|too many hops|address incomplete|ambiguous|busy"
    "|request terminated|request pending|rejected|server internal error|internal server error|not implemented"
    "|bad gateway|service unavailable|try again|server time-?out|version not supported|message too large|decline"
    "|does not exist|unwanted|processing"
)
_STATUS = re.compile(
    r"(?:\bSIP(?:/2\.0)?[ :]{1,2}|\b(?:status|code|answer|response)[\"' ]{0,2}(?:code)?[\"' :=]{1,4})"
    r"([1-6][0-9]{2})(?![0-9.])"
    rf"|(?<![0-9.:+])\b([1-6][0-9]{{2}})[ :\-]{{1,3}}(?:{_PHRASES})",
    re.IGNORECASE,
)
_ENDS = sorted(MESSAGES, key=len, reverse=True)


def of_message(message: str) -> str:
    """A message of livekit-sip; the reason of a closing line says more than that it was one."""
    return MESSAGES.get(message, "")


def message_before(text: str) -> str:
    """The message that a console line writes before its object."""
    text = text.strip()
    return next((message for message in _ENDS if text.endswith(message)), "")


def of_texts(text: str) -> list[str]:
    """LiveKit's own sentences in a text."""
    lowered = text.lower()
    return [code for part, code in TEXTS.items() if part in lowered]


def of_plain(text: str) -> list[str]:
    """What a line without any field says: LiveKit's sentences and messages, reasons, and SIP's numbers."""
    lowered = text.lower()
    codes = of_texts(text)
    codes += [code for message, code in MESSAGES.items() if len(message) > 14 and message.lower() in lowered]
    codes += [REASONS[word.lower()] for word in _ALONE.findall(text[:2000])]
    if not codes or codes[0] in ("flood", "invite-failed"):
        codes += of_status(status_in(text), codes)
    return codes


def status_in(text: str) -> str:
    """A status of SIP, where the text says that it is one."""
    match = _STATUS.search(text[:2000])
    return (match[1] or match[2]) if match else ""


def of_status(status: str, codes: list[str]) -> list[str]:
    """The status as a code; beside “flood” it is none that a caller got."""
    if not re.fullmatch(r"[1-6][0-9]{2}", status):
        return []
    return ["flood-status"] if "flood" in codes else [f"status-{status}"]


def of_outbound(text: str) -> str:
    """What a text says of an outgoing call; empty when it speaks of none."""
    lowered = text.lower()
    return next((code for part, code in OUTBOUND.items() if part in lowered), "")
