"""What lines of livekit-sip's log mean, in words, and where LiveKit would act otherwise now."""

from collections.abc import Iterable, Sequence

from flask_babel import gettext as _

from webapp.tracer import statuses
from webapp.tracer.answer import Trace
from webapp.tracer.question import Question

_NOT_TAKEN = (
    "several-trunks",
    "several-default-trunks",
    "rule-conflict",
    "dispatch-error",
    "flood",
    "no-rule",
    "no-trunk",
    "no-dispatch",
    "elsewhere-404",
    "quota-exceeded",
    "only-hash",
    "auth-error",
)
_NO_PASSWORD = ("no-password", "wrong-password", "wrong-user", "unauthorized")
_TELLING = ("wrong-pin", "participant-failed", "media-timeout", "duplicate-identity", "joined", "waiting", "pin-asked")
_PLAIN = ("invite", "other", "closed", "server", "webhook", "egress")
# “accepted” is not among them: a call is answered for the prompt too, and then refused
_TAKEN = ("pin-asked", "pin-typed", "wrong-pin", "joining", "joined", "waiting", "participant-failed")
_RULE_AWAY = ("drop_no_rule", "hash_refused")


def meaning(code: str) -> str:
    """What a line says in one sentence; empty for a code of another version."""
    if code.startswith("status-"):
        return statuses.meaning(code.removeprefix("status-"))
    return {**_refusals(), **_refusals_of_livekit(), **_passing(), **_ends(), **_others()}.get(code, "")


def meanings(codes: Iterable[str]) -> str:
    """What one entry says."""
    return " ".join(filter(None, map(meaning, codes)))


def headline(question: Question) -> str:
    """The end that the lines themselves tell, or the most telling of what they say; empty when they tell none."""
    if question.outbound:
        return str(_("This is an outgoing call: inbound trunks and dispatch rules play no part"))
    telling = (*_NOT_TAKEN, *_NO_PASSWORD, *_TELLING)
    code = next((code for code in telling if code in question.lines), "")
    code = code or next((code for code in question.lines if meaning(code) and code not in _PLAIN), "")
    return meaning(code).partition(". ")[0].rstrip(".") if code else ""


def obstacle(question: Question) -> str:
    """Why the call of the lines cannot be followed through LiveKit, and what to do."""
    if question.outbound:
        return ""
    if "to_user" in question.masked:
        return str(_("The called number is masked in these lines. Enter the whole number to trace the call."))
    if not question.to_user:
        return str(_("These lines don't name the called number. Enter it to trace the call."))
    if "from_user" in question.masked:
        return str(
            _("The caller is masked in these lines, and some trunk or rule lists callers. Enter the whole number.")
        )
    return ""


def difference(lines: Sequence[str], answer: Trace) -> str:
    """How the end that the lines tell differs from the answer of now; empty where it does not.

    A PIN that was refused then differs in nothing: it was dropped, so that now it is only asked for.
    """
    tone, codes = answer.outcome.tone, set(lines)
    if tone != "refused":
        return _difference_of_taken(lines, answer.of_room, asks=tone == "asks")
    guarded = answer.verdict.startswith("accept_")  # a rule takes the call, and Frontdesk ends it: then as now
    if guarded or codes.isdisjoint(_TAKEN) or not codes.isdisjoint(_NOT_TAKEN):
        return ""
    why = _why_gone() if answer.verdict in _RULE_AWAY else _why_changed()
    return str(_("When this call came, a rule took it; now LiveKit wouldn't take it: %(why)s", why=why))


def _difference_of_taken(lines: Sequence[str], of_room: bool, *, asks: bool) -> str:
    if not set(_NO_PASSWORD).isdisjoint(lines):
        return str(_("When this call came, the provider failed at the password; below it is taken as right."))
    refusal = next((code for code in lines if code in _NOT_TAKEN), "")
    if not refusal:
        return ""
    why = _why_changed()
    if refusal == "flood" and of_room:
        why = _why_room()
    elif refusal == "auth-error":
        why = _why_away()
    if asks:
        return str(_("When this call came, LiveKit didn't take it; now it would be asked for a PIN: %(why)s", why=why))
    return str(_("When this call came, LiveKit didn't take it; now it would be let in: %(why)s", why=why))


def _why_room() -> str:
    return str(_("a room's rule exists only while someone is in the meeting."))


def _why_gone() -> str:
    return str(_("the rule is gone; a room's rule exists only while someone is in the meeting."))


def _why_changed() -> str:
    return str(_("trunks or rules have changed since."))


def _why_away() -> str:
    return str(_("LiveKit was away then, or its trunks have changed since."))


def _refusals() -> dict[str, str]:
    return {
        "flood": _("“flood” is no attack and no limit: nothing matched, and the caller was left ringing."),
        "dispatch-error": _("LiveKit answered an error when asked for the rule: two rules conflict."),
        "rule-conflict": _(
            "Two rules match the same calls: same trunk, numbers and PIN. LiveKit refuses to store "
            "such a pair; once stored, it refuses every call on that trunk. The rule named in the "
            "message is often the wrong one."
        ),
        "auth-error": _("LiveKit answered an error when asked for the trunk, or was away."),
        "several-trunks": _("Two trunks list the called number."),
        "several-default-trunks": _("Two trunks take every number."),
        "no-password": _("The provider didn't answer when it was asked for the password (407)."),
        "wrong-password": _("The provider gave a wrong password (401)."),
        "wrong-user": _("The provider gave a wrong user name (401)."),
        "wrong-pin": _("No rule took the PIN that was typed."),
        "only-hash": _("Only # was pressed, and no open rule took the call."),
        "participant-failed": _(
            "The room didn't take the caller: it is full, its preset is unknown, or LiveKit was away."
        ),
        "unauthorized": _("The caller's side gave no right user name and password for the trunk (401)."),
        "flood-status": _("The 486 beside “flood” stands in the log only: the caller got no final answer."),
    }


def _refusals_of_livekit() -> dict[str, str]:
    hosted = _("Self-hosted LiveKit doesn't answer this: it comes from LiveKit Cloud or from your provider.")
    return {
        "no-rule": f"{_('No dispatch rule took the call.')} {hosted}",
        "no-trunk": f"{_('No inbound trunk took the call.')} {hosted}",
        "no-dispatch": f"{_('No dispatch rule could be found for the call.')} {hosted}",
        "elsewhere-404": f"{_('No inbound trunk or rule took the call, and the caller was told so (404).')} {hosted}",
        "quota-exceeded": f"{_('The project’s quota of phone minutes or calls is used up.')} {hosted}",
        "trunk-conflict": _(
            "Another trunk has one of these numbers for the same callers. LiveKit allows one trunk "
            "for each; addresses don't tell trunks apart."
        ),
        "no-kind": _("A rule leads nowhere (neither direct, individual nor callee), and stops all calls beside it."),
        "missing-rule": _(
            "The request held no rule: its content belongs under “rule”, inside “dispatch_rule” for newer tools. "
            "Nothing was stored."
        ),
        "missing-trunk": _("The request held no trunk. Nothing was stored."),
        "trunk-too-open": _(
            "LiveKit stores no trunk that anyone could use: give it called numbers, source "
            "addresses, or a user name and password."
        ),
        "trunk-gone": _("LiveKit has no trunk with this id: it was deleted, or Redis was emptied."),
        "rule-gone": _("LiveKit has no rule with this id: it was deleted, or Redis was emptied."),
        "no-unmute": _("LiveKit doesn't unmute callers: set room.enable_remote_unmute in its configuration."),
    }


def _others() -> dict[str, str]:
    return {
        "other": _("Belongs to a call; says nothing about how it went."),
        "closed": _("The call ended; the line doesn't say why."),
        "other-call": _("Belongs to another call."),
        "two-called": _("The request line and To name two numbers; LiveKit goes by To."),
        "sip-bye": _("One side hung up."),
        "sip-cancel": _("The caller gave up before the call was answered."),
        "sip-ack": _("The caller's side confirmed the answer."),
        "sip-register": _("A registration. LiveKit takes none: the trunk must send its calls to LiveKit by itself."),
        "outbound-asked": _("Someone asked LiveKit to call a number."),
        "outbound-begun": _("LiveKit began to call out."),
        "outbound-closed": _("The outgoing call ended without being answered, or was ended."),
        "outbound": _("Belongs to an outgoing call."),
        "invite-failed": _("The called side didn't take the call."),
        "server": _("A line of livekit-server; who takes a call doesn't follow from it."),
        "egress": _("A line about a recording; it plays no part in who takes a call."),
        "webhook": _("A webhook of LiveKit without a caller."),
    }


def _passing() -> dict[str, str]:
    return {
        "invite": _("The call arrived."),
        "digest": _("The trunk asked for its password (407)."),
        "digest-passed": _("The password was right."),
        "pin-asked": _("A rule with a PIN was found, and the caller heard the prompt."),
        "pin-typed": _("The caller typed something and #."),
        "joining": _("A rule took the call."),
        "joined": _("The caller is in the room."),
        "waiting": _("The caller hears ringing until someone in the room listens."),
        "accepted": _("The call was answered."),
        "no-ack": _("A false alarm when typing the PIN took more than 3 seconds."),
        "sip-info": _("The phone sends its keys as SIP INFO, which LiveKit doesn't read: switch it to RFC 2833."),
    }


def _ends() -> dict[str, str]:
    return {
        "hangup": _("The caller hung up."),
        "cancelled": _("The caller gave up while it rang."),
        "removed": _("Someone removed the caller, or the meeting ended."),
        "duplicate-identity": _("A second call from the same number took the caller's place."),
        "media-timeout": _("No sound came from the caller for 15 seconds."),
        "livekit-away": _("LiveKit was away for a moment; the bridge tries again."),
    }
