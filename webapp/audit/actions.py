"""What the log calls each action, where one is chosen: groups of them by what they are about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class ActionGroup:
    """Actions about one thing, by the word that a query string has for all of them."""

    key: str
    label: LazyString
    actions: Mapping[str, LazyString]


ROOMS = {
    "room.create": _l("Room created"),
    "room.edit": _l("Room changed"),
    "room.let_members_watch": _l("Viewers of recordings changed"),
    "room.delete": _l("Room deleted"),
    "room.set_phone": _l("Dial-in settings changed"),
    "room.generate_pin": _l("PIN added"),
    "room.rotate_pin": _l("PIN changed"),
    "room.stop_old_pin": _l("Previous PIN ended"),
    "room.move_trunk": _l("Room moved to another trunk"),
    "room.reconcile": _l("Dial-in of a room synced"),
    "room.remove_participant": _l("Participant removed"),
    "room.end_meeting": _l("Meeting ended"),
}
REVEALS = {
    "room.reveal_pin": _l("PIN revealed"),
    "room.reveal_participant": _l("Participant's data revealed"),
}
INVITATIONS = {
    "room.invite": _l("People invited"),
    "room.send_new_pin": _l("New PIN sent"),
    "invitation.resend": _l("Invitation resent"),
    "invitation.change": _l("Meeting moved"),
    "invitation.withdraw": _l("Invitation withdrawn"),
    "invitation.stop": _l("Invitations turned off by a recipient"),
}
ACCESS = {
    "access.grant": _l("Person added"),
    "access.accept": _l("Invitation accepted"),
    "access.take_over": _l("Access taken up at sign-in"),
    "access.change": _l("Role changed"),
    "access.revoke": _l("Person removed"),
    "access.leave": _l("Left the room"),
    "access.transfer": _l("Ownership transferred"),
    "access.undo_transfer": _l("Transfer undone"),
    "access.undo_revoke": _l("Removal undone"),
    "access.undo_leave": _l("Leaving undone"),
}
PEOPLE = {
    "user.sign_in": _l("Signed in"),
    "user.sign_out": _l("Signed out"),
    "user.provider_logout": _l("Signed out by the sign-in service"),
    "user.end_session": _l("Session ended"),
    "user.end_other_sessions": _l("Other sessions ended"),
    "user.end_sessions": _l("All sessions of a person ended"),
    "user.claim": _l("First sign-in of an invited person"),
    "user.change_address": _l("E-mail address changed"),
    "user.set_staff": _l("Staff role changed"),
    "user.disable": _l("Account disabled"),
    "user.enable": _l("Account enabled"),
    "user.export": _l("Personal data exported"),
    "user.forget": _l("Person forgotten"),
    "user.release": _l("Account released"),
    "user.update_profile": _l("Profile changed"),
    "user.choose_mails": _l("Choice of mails changed"),
    "user.turn_off_mails": _l("Mails turned off by link"),
    "user.choose_news": _l("News turned on"),
    "user.decline_news": _l("News turned off"),
    "user.pass_on_address": _l("Address passed to the newsletter"),
}
LOBBY = {
    "entry.admit": _l("Admitted"),
    "entry.deny": _l("Denied"),
    "entry.undo_deny": _l("Denial undone"),
    "room.admit_all": _l("Everyone admitted"),
    "room.deny_all": _l("Everyone denied"),
    "room.undo_deny_all": _l("Denial of everyone undone"),
    "room.clear_refused": _l("Notice about refused requests cleared"),
}
RECORDINGS = {
    "recording.start": _l("Recording started"),
    "recording.stop": _l("Recording stopped"),
    "recording.saved": _l("Recording saved"),
    "recording.failed": _l("Recording failed"),
    "recording.aborted": _l("Recording aborted"),
    "recording.set_retention": _l("Retention changed"),
    "recording.hold": _l("Legal hold placed"),
    "recording.release": _l("Legal hold ended"),
    "recording.gone": _l("File disappeared from storage"),
    "recording.resend_mail": _l("Mail about a recording resent"),
    "recording.undo_delete": _l("Deletion undone"),
    "recording.delete": _l("Recording deleted"),
    "recording.remove_expired": _l("File of an expired recording deleted"),
}
TRUNKS = {
    "trunk.create": _l("Trunk created"),
    "trunk.update": _l("Trunk changed"),
    "trunk.delete": _l("Trunk deleted"),
    "trunk.set_assignable": _l("Trunk opened or closed"),
    "trunk.move_rooms": _l("Move of rooms started"),
    "trunk.stop_move": _l("Move of rooms stopped"),
}
RULES = {
    "telephony.sweep": _l("All rules synced"),
    "rule.repair": _l("Finding repaired"),
    "rule.repair_failed": _l("Repair refused"),
    "telephony.repair_all": _l("Bulk repair started"),
    "telephony.stop_repairs": _l("Bulk repair stopped"),
    "telephony.retry_repairs": _l("Failed repairs retried"),
}
REVIEWS = {
    "review.start": _l("Review started"),
    "review.set_ending": _l("End of a review changed"),
    "review.end": _l("Review ended"),
    "review.close": _l("Review closed"),
    "review.remind": _l("Owner reminded"),
    "review.remind_all": _l("Owners reminded"),
    "review.reassign": _l("Review reassigned"),
    "review.confirm": _l("Role confirmed"),
    "review.confirm_many": _l("Several roles confirmed"),
    "review.remove": _l("Removal decided"),
    "review.undo": _l("Confirmation undone"),
}
AUDIT = {"audit.prune": _l("Old entries deleted"), "audit.verify": _l("Verification started")}
SYSTEM = {
    "job.run_now": _l("Job run"),
    "job.retry": _l("Work retried"),
    "hook.replay": _l("Webhook replayed"),
}
GROUPS = (
    ActionGroup("rooms", _l("Rooms"), ROOMS),
    ActionGroup("reveals", _l("Reveals"), REVEALS),
    ActionGroup("invitations", _l("Invitations"), INVITATIONS),
    ActionGroup("access", _l("Access"), ACCESS),
    ActionGroup("people", _l("People"), PEOPLE),
    ActionGroup("lobby", _l("Lobby"), LOBBY),
    ActionGroup("recordings", _l("Recordings"), RECORDINGS),
    ActionGroup("trunks", _l("Trunks"), TRUNKS),
    ActionGroup("rules", _l("Rules"), RULES),
    ActionGroup("reviews", _l("Reviews"), REVIEWS),
    ActionGroup("audit", _l("Audit"), AUDIT),
    ActionGroup("system", _l("System"), SYSTEM),
)
BY_KEY = {group.key: group for group in GROUPS}
WORDS = {action: label for group in GROUPS for action, label in group.actions.items()}


def chosen(word: str) -> Collection[str]:
    """The actions that a query string asks for: those of a group, or the one that it names."""
    return BY_KEY[word].actions if word in BY_KEY else [word]


def label(word: str) -> str:
    """What a group or an action is called; one of another version by its code."""
    if word in BY_KEY:
        return str(_("All: %(group)s", group=BY_KEY[word].label))
    return str(WORDS.get(word, word))


def choices(held: Collection[str], word: str) -> list[tuple[str, list[tuple[str, str]]]]:
    """What can be chosen of the actions that the log holds, in groups: the group as a whole, then each action.

    What is chosen already can be chosen although there is none of it, and what another version did comes last.
    """
    offered = {*held, *([word] if word else [])}
    groups = [
        (str(group.label), [(group.key, label(group.key)), *_offered(group, offered)])
        for group in GROUPS
        if offered & {group.key, *group.actions}
    ]
    others = sorted(offered - WORDS.keys() - BY_KEY.keys())
    return [*groups, *([(str(_("Other")), [(action, action) for action in others])] if others else [])]


def _offered(group: ActionGroup, offered: Collection[str]) -> list[tuple[str, str]]:
    return [(action, str(words)) for action, words in group.actions.items() if action in offered]
