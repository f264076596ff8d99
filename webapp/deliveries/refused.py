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
        "unreadable_token": _("their signature cannot be read"),
        "unreadable": _("their body is no JSON"),
        "too_large": _("they are too large"),
    }


def fix(reason: str) -> str:
    """What mends it."""
    ours = _("Let webhook.api_key in LiveKit’s configuration be FRONTDESK_LIVEKIT_API_KEY, with the same secret.")
    proxy = _("Let the proxy in front pass the body and the Authorization header on unchanged.")
    fixes: dict[str, str] = {
        "unsigned": proxy,
        "body_changed": proxy,
        "unreadable": proxy,
        "unreadable_token": proxy,
        "clock": _("Let the machines of LiveKit and Frontdesk keep the time, with NTP."),
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
        "Hooks arrive and are refused, %(num)d in the last hour: %(why)s.",
        "Hooks arrive and are refused, %(num)d in the last hour: %(why)s.",
        total,
        why=why,
    )
    return str(text)
