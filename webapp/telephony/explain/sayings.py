"""What lines of livekit-sip's log mean, in words."""

from flask_babel import gettext as _


def meaning(code: str) -> str:
    """The line in one sentence; empty for a code of another version."""
    return {**_refusals(), **_passing(), **_ends()}.get(code, "")


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
