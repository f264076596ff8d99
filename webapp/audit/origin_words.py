"""What pages call the ways by which deeds are asked for, and the icons of what deeds are about."""

from flask_babel import lazy_gettext as _l

from webapp.audit.models import Origin

ORIGINS = {
    Origin.PAGE: _l("Page"),
    Origin.COMMAND: _l("Command"),
    Origin.JOB: _l("Job"),
    Origin.HOOK: _l("Webhook"),
}
ICONS = {
    "room.reveal_pin": "reveal",
    "room.reveal_participant": "reveal",
    "room.rotate_pin": "key",
    "room.generate_pin": "key",
    "room.stop_old_pin": "key",
    "room.edit": "edit",
    "room.delete": "trash",
    "room.set_phone": "phone",
    "room.invite": "mail",
    "room.send_new_pin": "mail",
    "room.move_trunk": "trunks",
    "room.admit_all": "check",
    "room.deny_all": "minus",
    "room.undo_deny_all": "undo",
    "entry.admit": "check",
    "entry.deny": "minus",
    "entry.undo_deny": "undo",
    "recording.delete": "trash",
    "recording.undo_delete": "undo",
    "recording.remove_expired": "trash",
    "trunk.delete": "trash",
    "review.undo": "undo",
}
KINDS = {
    "room": "rooms",
    "invitation": "mail",
    "user": "user",
    "access": "access",
    "review": "access",
    "entry": "lobby",
    "recording": "recordings",
    "trunk": "trunks",
    "telephony": "rules",
    "rule": "rules",
    "job": "jobs",
    "audit": "chain",
    "hook": "hooks",
}


def icon_of(action: str) -> str:
    """The icon beside a sentence; it adds nothing that the sentence does not say."""
    return ICONS.get(action) or KINDS.get(action.partition(".")[0], "info")
