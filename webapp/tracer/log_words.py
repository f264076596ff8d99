"""What lines of livekit-sip's log mean, in words, and where LiveKit would act otherwise now."""

from collections.abc import Sequence

from flask_babel import gettext as _

from webapp.tracer.answer import Answer

_NOT_TAKEN = ("flood", "only-hash", "dispatch-error", "several-trunks", "several-default-trunks", "auth-error")
_NO_PASSWORD = ("no-password", "wrong-password", "wrong-user")
# “accepted” is not among them: a call is answered for the prompt too, and then refused
_TAKEN = ("pin-asked", "pin-typed", "wrong-pin", "joining", "joined", "waiting", "participant-failed")
_RULE_AWAY = ("drop_no_rule", "hash_refused")


def meaning(code: str) -> str:
    """The line in one sentence; empty for a code of another version."""
    return {**_refusals(), **_passing(), **_ends()}.get(code, "")


def since(lines: Sequence[str], answer: Answer) -> str:
    """How the end that the lines tell differs from the answer of now; empty where it does not.

    A PIN that was refused then differs in nothing: it was dropped, so that now it is only asked for.
    """
    tone, codes = answer.outcome.tone, set(lines)
    if tone != "refused":
        return _taken_since(lines, answer.of_room, asks=tone == "asks")
    guarded = answer.verdict.startswith("accept_")  # a rule takes the call, and Frontdesk ends it: then as now
    if guarded or codes.isdisjoint(_TAKEN) or not codes.isdisjoint(_NOT_TAKEN):
        return ""
    why = _why_gone() if answer.verdict in _RULE_AWAY else _why_changed()
    return str(_("When this call came, a rule took it; now LiveKit would not take it: %(why)s", why=why))


def _taken_since(lines: Sequence[str], of_room: bool, *, asks: bool) -> str:
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
        return str(_("When this call came, LiveKit did not take it; now it would be asked for a PIN: %(why)s", why=why))
    return str(_("When this call came, LiveKit did not take it; now it would be let in: %(why)s", why=why))


def _why_room() -> str:
    return str(_("a room’s rule is there only while somebody is inside."))


def _why_gone() -> str:
    return str(_("the rule is gone; a room’s rule is there only while somebody is inside."))


def _why_changed() -> str:
    return str(_("trunks or rules have changed since."))


def _why_away() -> str:
    return str(_("LiveKit was away then, or its trunks have changed since."))


def _refusals() -> dict[str, str]:
    return {
        "flood": _("“flood” is no attack and no limit: nothing matched, and the caller was left ringing."),
        "dispatch-error": _("LiveKit answered an error when asked for the rule: two rules conflict."),
        "auth-error": _("LiveKit answered an error when asked for the trunk, or was away."),
        "several-trunks": _("Two trunks list the called number."),
        "several-default-trunks": _("Two trunks take every number."),
        "no-password": _("The provider did not answer when it was asked for the password (407)."),
        "wrong-password": _("The provider gave a wrong password (401)."),
        "wrong-user": _("The provider gave a wrong user name (401)."),
        "wrong-pin": _("No rule took the PIN that was typed."),
        "only-hash": _("Only # was pressed, and no open rule took the call."),
        "participant-failed": _(
            "The room did not take the caller: it is full, its preset is unknown, or LiveKit was away."
        ),
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
        "waiting": _("The caller hears ringing until somebody in the room listens."),
        "accepted": _("The call was answered."),
        "no-ack": _("A false alarm when typing the PIN took more than 3 seconds."),
        "sip-info": _("The phone sends its keys as SIP INFO, which LiveKit does not read: switch it to RFC 2833."),
    }


def _ends() -> dict[str, str]:
    return {
        "hangup": _("The caller hung up."),
        "cancelled": _("The caller gave up while it rang."),
        "removed": _("Somebody removed the caller, or the meeting ended."),
        "duplicate-identity": _("A second call from the same number took the caller’s place."),
        "media-timeout": _("No sound came from the caller for 15 seconds."),
        "livekit-away": _("LiveKit was away for a moment; the bridge tries again."),
    }
