"""What pages call the verdicts on calls, and why a visit ended, in words."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from webapp.calls.book import REPLACED
from webapp.calls.models import Call
from webapp.calls.queries import Span
from webapp.calls.verdicts import Verdict

VERDICTS = {
    Verdict.IN_ROOM: _l("In a room"),
    Verdict.HELD: _l("On hold"),
    Verdict.DENIED: _l("Denied"),
    Verdict.IN_VAIN: _l("Gave up waiting"),
    Verdict.TURNED_AWAY: _l("Turned away"),
    Verdict.NO_NUMBER: _l("No caller number"),
    Verdict.UNHELD: _l("Joined without hold"),
}
BADGES = {
    Verdict.IN_ROOM: "ok",
    Verdict.HELD: "hold",
    Verdict.DENIED: "failed",
    Verdict.IN_VAIN: "dropped",
    Verdict.TURNED_AWAY: "failed",
    Verdict.NO_NUMBER: "dropped",
    Verdict.UNHELD: "warning",
}
SPANS = {
    Span.DAY: _l("24 hours"),
    Span.WEEK: _l("7 days"),
    Span.MONTH: _l("30 days"),
    Span.ALL: _l("All that is kept"),
}
# LiveKit's reasons (livekit_models.proto, DisconnectReason), in small letters, and our own
REASONS = {
    "client_initiated": _l("The caller hung up"),
    REPLACED: _l("The same number called the room again"),
    "participant_removed": _l("Removed from the meeting"),
    "room_deleted": _l("A host ended the meeting"),
    "room_closed": _l("The meeting ended"),
    "room_finished": _l("The meeting ended"),
    "server_shutdown": _l("LiveKit shut down"),
    "connection_timeout": _l("The connection to LiveKit broke"),
    "signal_close": _l("The connection to LiveKit broke"),
    "state_mismatch": _l("The connection to LiveKit broke"),
    "media_failure": _l("The audio stopped"),
    "media_timeout": _l("The audio stopped"),
    "join_failure": _l("LiveKit couldn't let the caller in"),
    "sip_trunk_failure": _l("The provider ended the call"),
    "migration": _l("LiveKit moved the call to another server"),
    "lost": _l("Gone at the next sync; reason unknown"),
    "no_caller_number": _l("Refused: the call showed no caller number"),
}


def why(call: Call, verdict: str) -> str:
    """Why the visit ended, in words; empty while it goes on."""
    if call.left_at is None:
        return ""
    if verdict == Verdict.DENIED.value:
        return str(_("Denied by a host"))
    if verdict == Verdict.TURNED_AWAY.value:
        return str(_("Turned away: LiveKit can't unmute callers on hold"))
    if call.end_reason == REPLACED and not call.caller:
        return str(_("Another caller without a number called the room"))
    return str(REASONS.get(call.end_reason) or _("Reason unknown"))


def stayed(call: Call) -> int | None:
    """How long the visit lasted, in milliseconds; None while it goes on."""
    return None if call.left_at is None else int((call.left_at - call.came_at).total_seconds() * 1000)


def waited(call: Call) -> int | None:
    """How long the caller was held, in milliseconds; None when he was not, or is still."""
    end = call.decided_at or call.left_at
    return None if call.held_at is None or end is None else int((end - call.held_at).total_seconds() * 1000)
