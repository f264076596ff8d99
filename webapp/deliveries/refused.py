"""Hooks that came and were refused, in words for those who can mend it."""

from flask_babel import gettext as _
from flask_babel import ngettext

from webapp.core import refusals


def reasons() -> dict[str, str]:
    """Why a hook may be refused, by its code."""
    return {
        "unsigned": _("they carry no signature"),
        "other_key": _("they are signed with another API key"),
        "other_secret": _("they are signed with another secret"),
        "clock": _("the clocks of LiveKit and Frontdesk differ"),
        "body_changed": _("their body was changed on the way"),
        "unreadable_token": _("their signature can't be read"),
        "unreadable": _("their body isn't JSON"),
        "too_large": _("they are too large"),
    }


def fix(reason: str) -> str:
    """What mends it."""
    ours = _("Set webhook.api_key in LiveKit's configuration to FRONTDESK_LIVEKIT_API_KEY, with the same secret.")
    proxy = _("Configure the proxy in front to pass on the body and the Authorization header unchanged.")
    fixes: dict[str, str] = {
        "unsigned": proxy,
        "body_changed": proxy,
        "unreadable": proxy,
        "unreadable_token": proxy,
        "clock": _("Set the clocks of LiveKit's and Frontdesk's machines by NTP."),
        "too_large": _("Raise FRONTDESK_MAX_BODY_BYTES."),
    }
    return fixes.get(reason) or str(ours)


def sentence(counts: dict[str, int] | None = None) -> str:
    """How many were refused within the last hour and why; empty when none was."""
    counts = refusals.recent(refusals.HOOKS) if counts is None else counts
    if not counts:
        return ""
    known = reasons()
    why = "; ".join(f"{known.get(reason, reason)} ({count})" for reason, count in counts.items())
    total = sum(counts.values())
    text = ngettext(
        "%(num)d refused in the last hour: %(why)s.",
        "%(num)d refused in the last hour: %(why)s.",
        total,
        why=why,
    )
    return str(text)
