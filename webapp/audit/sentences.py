"""The trail in sentences: what each action is called, in the reader's language."""

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome

# %(who)s did it, in %(room)s; %(person)s it was done to, or the %(guest)s or %(trunk)s that the entry is about; the
# other blanks are details of the entry, said in words.
SENTENCES = {
    "room.create": _l("%(who)s created %(room)s"),
    "room.edit": _l("%(who)s changed %(room)s: %(fields)s"),
    "room.set_phone": _l("%(who)s changed the dial-in settings of %(room)s: %(fields)s"),
    "room.let_members_watch": _l("%(who)s changed who can watch recordings of %(room)s: %(watchers)s"),
    "room.rotate_pin": _l("%(who)s changed the PIN of %(room)s"),
    "room.stop_old_pin": _l("%(who)s ended the previous PIN of %(room)s early"),
    "room.generate_pin": _l("%(who)s gave %(room)s a PIN"),
    "room.reveal_pin": _l("%(who)s revealed the PIN of %(room)s"),
    "room.reveal_participant": _l("%(who)s revealed %(what)s in %(room)s"),
    "room.move_trunk": _l("%(who)s moved %(room)s to another phone line"),
    "room.invite": _l("%(who)s invited people to %(room)s by e-mail: %(count)s"),
    "room.send_new_pin": _l("%(who)s sent the new PIN of %(room)s to invited people: %(count)s"),
    "invitation.resend": _l("%(who)s resent an invitation to %(room)s"),
    "invitation.change": _l("%(who)s changed the time of a meeting in %(room)s and notified people: %(count)s"),
    "invitation.withdraw": _l("%(who)s withdrew an invitation to %(room)s"),
    "invitation.stop": _l("Someone turned off invitations by the link in one"),
    "room.delete": _l("%(who)s deleted %(room)s"),
    "user.sign_in": _l("%(who)s signed in"),
    "user.sign_out": _l("%(who)s signed out"),
    "user.claim": _l("%(person)s signed in for the first time, with access given before"),
    "user.change_address": _l("%(person)s signed in with a new e-mail address"),
    "user.set_staff": _l("%(who)s changed the staff role of %(person)s from %(before)s to %(after)s"),
    "user.disable": _l("%(who)s disabled %(person)s; sessions ended: %(sessions)s"),
    "user.enable": _l("%(who)s enabled %(person)s"),
    "user.export": _l("%(who)s exported what is kept about %(person)s"),
    "user.forget": _l("%(who)s had %(person)s forgotten"),
    "user.release": _l("%(who)s released the account of %(person)s for a new sign-in"),
    "user.update_profile": _l("%(who)s changed their profile: %(fields)s"),
    "user.choose_mails": _l("%(who)s chose which mails to receive; turned off: %(off)s"),
    "user.turn_off_mails": _l("%(who)s turned off %(topic)s for %(person)s by the link in a mail"),
    "user.choose_news": _l("%(who)s turned on news by mail"),
    "user.decline_news": _l("%(who)s turned off news by mail"),
    "user.pass_on_address": _l("The newsletter service received the e-mail address of %(person)s"),
    "user.provider_logout": _l("The sign-in service signed %(person)s out; sessions ended: %(sessions)s"),
    "user.end_session": _l("%(who)s ended a session in another browser"),
    "user.end_other_sessions": _l("%(who)s ended all their other sessions: %(sessions)s"),
    "user.end_sessions": _l("%(who)s ended all sessions of %(person)s: %(sessions)s"),
    "access.grant": _l("%(who)s added %(person)s (%(role)s) to %(room)s"),
    "access.accept": _l("%(who)s accepted an invitation to %(room)s (%(role)s)"),
    "access.take_over": _l("%(person)s signed in with the address that was added to %(room)s (%(role)s)"),
    "access.change": _l("%(who)s changed the role of %(person)s in %(room)s from %(before)s to %(role)s"),
    "access.revoke": _l("%(who)s removed %(person)s (%(role)s) from %(room)s"),
    "access.leave": _l("%(who)s (%(role)s) left %(room)s"),
    "access.transfer": _l("%(who)s transferred ownership of %(room)s to %(person)s"),
    "access.undo_transfer": _l("%(who)s undid the transfer of %(room)s to %(person)s"),
    "access.undo_revoke": _l("%(who)s undid the removal of %(person)s (%(role)s) from %(room)s"),
    "access.undo_leave": _l("%(who)s undid leaving %(room)s (%(role)s)"),
    "review.start": _l("%(who)s started an access review; rooms: %(rooms)s"),
    "review.set_ending": _l("%(who)s changed what happens at the end of an access review: %(at_end)s"),
    "review.end": _l("%(who)s ended an access review; roles not checked: %(count)s"),
    "review.close": _l("%(who)s closed an access review; roles not checked: %(count)s, removed: %(removed)s"),
    "review.remind": _l("%(who)s reminded %(person)s of an access review"),
    "review.remind_all": _l("%(who)s reminded owners of an access review: %(count)s"),
    "review.reassign": _l("%(who)s asked %(person)s to check access in place of an owner"),
    "review.confirm": _l("%(who)s confirmed %(person)s (%(role)s) in %(room)s"),
    "review.confirm_many": _l("%(who)s confirmed several people in %(room)s: %(count)s"),
    "review.remove": _l("%(who)s decided in a review to remove %(person)s (%(role)s) from %(room)s"),
    "review.undo": _l("%(who)s undid the confirmation of %(person)s (%(role)s) in %(room)s"),
    "entry.admit": _l("%(who)s admitted %(guest)s to %(room)s"),
    "entry.deny": _l("%(who)s denied %(guest)s entry to %(room)s"),
    "entry.undo_deny": _l("%(who)s undid the denial of %(guest)s in %(room)s"),
    "room.admit_all": _l("%(who)s admitted everyone waiting to %(room)s: %(count)s"),
    "room.deny_all": _l("%(who)s denied everyone waiting entry to %(room)s: %(count)s"),
    "room.undo_deny_all": _l("%(who)s undid the denial of everyone in %(room)s; waiting again: %(count)s"),
    "room.clear_refused": _l("%(who)s cleared the notice about refused requests to %(room)s: %(count)s"),
    "room.reconcile": _l("%(who)s synced the dial-in of %(room)s"),
    "room.remove_participant": _l("%(who)s removed a participant from the meeting in %(room)s (%(kind)s)"),
    "room.end_meeting": _l("%(who)s ended the meeting in %(room)s; online: %(web)s, by phone: %(phones)s"),
    "recording.start": _l("%(who)s started recording %(room)s: %(mode)s"),
    "recording.stop": _l("%(who)s stopped recording %(room)s"),
    "recording.saved": _l("%(who)s reported a recording of %(room)s as saved"),
    "recording.failed": _l("%(who)s reported a recording of %(room)s as failed: %(problem)s"),
    "recording.aborted": _l("%(who)s reported a recording of %(room)s as aborted: %(problem)s"),
    "recording.set_retention": _l(
        "%(who)s changed how many days a recording of %(room)s is kept: %(after)s instead of %(before)s"
    ),
    "recording.hold": _l("%(who)s placed a legal hold on a recording of %(room)s"),
    "recording.release": _l("%(who)s ended the legal hold on a recording of %(room)s"),
    "recording.gone": _l("The file of a recording of %(room)s disappeared from storage before its time"),
    "recording.resend_mail": _l("%(who)s resent %(person)s the mail about a recording of %(room)s"),
    "recording.undo_delete": _l("%(who)s undid the deletion of a recording of %(room)s"),
    "recording.delete": _l("%(who)s deleted a recording of %(room)s"),
    "recording.remove_expired": _l("%(who)s deleted the file of an expired recording of %(room)s"),
    "trunk.create": _l("%(who)s created the trunk %(trunk)s"),
    "trunk.update": _l("%(who)s changed the trunk %(trunk)s"),
    "trunk.delete": _l("%(who)s deleted the trunk %(trunk)s; rooms on it: %(rooms)s"),
    "trunk.set_assignable": _l("%(who)s changed whether the trunk %(trunk)s takes new rooms: %(assignable)s"),
    "trunk.move_rooms": _l("%(who)s started moving rooms to another trunk: %(rooms)s"),
    "trunk.stop_move": _l("%(who)s stopped moving rooms to another trunk; moved: %(rooms)s"),
    "telephony.sweep": _l("%(who)s synced all dispatch rules"),
    "telephony.repair_all": _l("%(who)s started a bulk repair (%(scope)s): %(count)s"),
    "telephony.stop_repairs": _l("%(who)s stopped a bulk repair; not checked: %(count)s"),
    "telephony.retry_repairs": _l("%(who)s retried failed repairs: %(count)s"),
    "rule.repair": _l("%(who)s repaired a finding (%(what)s); rules deleted: %(deleted)s, changed: %(changed)s"),
    "rule.repair_failed": _l("LiveKit refused a repair by %(who)s (%(what)s): %(problem)s"),
    "job.run_now": _l("%(who)s ran a job ahead of time"),
    "job.retry": _l("%(who)s retried work that had been given up"),
    "audit.verify": _l("%(who)s started a verification of the audit log"),
    "audit.prune": _l("%(who)s deleted old entries of the audit log: %(entries)s"),
    "hook.replay": _l("%(who)s replayed a webhook"),
}
WORDS = {
    "owner": _l("owner"),
    "administrator": _l("administrator"),
    "member": _l("member"),
    "none": _l("none"),
    "support": _l("support"),
    "admin": _l("admin"),
    "language": _l("language"),
    "timezone": _l("time zone"),
    "theme": _l("theme"),
    "name": _l("name"),
    "slug": _l("link"),
    "access_level": _l("access level"),
    "phone_enabled": _l("dial-in on or off"),
    "hide_phone_number": _l("callers' numbers shortened or whole"),
    "permanent": _l("permanently"),
    "audio": _l("audio only"),
    "video": _l("audio and video"),
    "transcript": _l("audio for a transcript"),
    "caller_number": _l("a caller's number"),
    "attributes": _l("a participant's attributes"),
    "web": _l("online"),
    "phone": _l("by phone"),
    "recordings": _l("mails about saved recordings"),
    "reminders": _l("reminders about recordings"),
    "invitations": _l("invitations by mail"),
    "roles": _l("mails about roles in rooms"),
    "reviews": _l("mails about reviews of access"),
    "ending_access": _l("mails about access that ends"),
    "all_rooms": _l("all"),
    "keep_unchecked": _l("roles not checked stay"),
    "remove_unchecked": _l("roles not checked are removed"),
    "no_egress": _l("LiveKit can't record"),
    "no_worker": _l("no egress worker"),
    "no_answer": _l("no answer"),
    "refused": _l("refused by LiveKit"),
    "room_not_live": _l("no one was in the meeting"),
    "egress_failed": _l("the recorder failed"),
    "disk_full": _l("the disk is full"),
    "upload_failed": _l("the upload failed"),
    "not_writable": _l("no permission to write"),
    "folder_missing": _l("its folder is missing"),
    "worker_incomplete": _l("the recorder is incomplete"),
    "worker_overloaded": _l("the recorder is overloaded"),
    "worker_stopped": _l("the recorder was shut down"),
    "worker_alone": _l("the recorder couldn't join"),
    "egress_aborted": _l("aborted before it began"),
    "egress_lost": _l("LiveKit lost it"),
    "file_missing": _l("no file was found"),
    "busy": _l("someone else was changing it"),
    "unavailable": _l("LiveKit didn't answer"),
    "broken": _l("an error in Frontdesk"),
}
PROBLEMS = {  # why a deed failed; other codes are LiveKit's
    "too_late": _l("LiveKit didn't answer for too long."),
    "not_there": _l("LiveKit doesn't have the trunk."),
    "unchanged": _l("the trunk in LiveKit is a different one."),
    "still_there": _l("LiveKit still has the trunk."),
}
GUEST, TRUNK = "entry", "trunk"  # kinds of targets that sentences name
NAMED = {"who", "room", "guest", "trunk"}  # blanks that no detail of the entry fills
NOBODY = {
    ActorKind.USER: _l("Someone who is no longer here"),
    ActorKind.GUEST: _l("A guest"),
    ActorKind.LIVEKIT: _l("LiveKit"),
    ActorKind.SYSTEM: _l("Frontdesk"),
}


@dataclass(frozen=True)
class Deed:
    """One line of the trail."""

    entry: AuditEntry
    sentence: Markup

    @property
    def at(self) -> datetime:
        """When it was done."""
        return self.entry.at

    @property
    def text(self) -> str:
        """The sentence without markup."""
        return self.sentence.striptags()


@dataclass(frozen=True)
class TrailNames:
    """What people, rooms and things that entries speak of are called.

    People by their id as text; rooms by their id, or None where only one room's trail is read, which needs no name;
    things by kind and id. Whatever is not there is gone.
    """

    people: Mapping[str, str]
    rooms: Mapping[uuid.UUID, str] | None = None
    things: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def room(self, entry: AuditEntry) -> str:
        """The room that the deed belongs to."""
        if self.rooms is None:
            return str(_("this room"))
        return _bold(self.rooms.get(entry.room_id) if entry.room_id else None, str(_("a room that is gone")))

    def person(self, key: str) -> str:
        """Somebody to whom something was done."""
        return _bold(self.people.get(key), str(_("someone who is no longer here")))

    def guest(self, entry: AuditEntry) -> str:
        """Who waited, as long as that is kept."""
        return _bold(self.things.get((GUEST, entry.target_id)), str(_("someone")))

    def trunk(self, entry: AuditEntry) -> str:
        """The trunk, by its id once it is gone."""
        return _bold(self.things.get((TRUNK, entry.target_id)), entry.target_id)


def _bold(name: str | None, otherwise: str) -> str:
    return Markup("<b>{}</b>").format(name) if name else otherwise


def deeds(entries: Sequence[AuditEntry], names: TrailNames) -> list[Deed]:
    """The entries as sentences."""
    return [Deed(entry, _sentence(entry, names)) for entry in entries]


def who(entry: AuditEntry) -> str:
    """Whoever did it."""
    return entry.user.name if entry.user is not None else str(NOBODY[entry.actor])


def _sentence(entry: AuditEntry, names: TrailNames) -> Markup:
    # a detail that the entry has not, as one of another version may be, leaves a gap in one line and fails no page
    words = defaultdict[str, str](lambda: "…", {name: worded(value) for name, value in entry.details.items()})
    if person := entry.details.get("person"):
        words["person"] = names.person(person)
    words |= {"room": names.room(entry), "guest": names.guest(entry), "trunk": names.trunk(entry)}
    words["who"] = Markup("<b>{}</b>").format(who(entry))
    template = SENTENCES.get(entry.action)
    if template is None:
        return Markup("{} <code>{}</code>").format(words["who"], entry.action)
    sentence = escape(str(template)) % words
    sentence += Markup(": “{}”").format(entry.reason) if entry.reason else Markup("")
    became = outcome(entry)
    return sentence + Markup(" — <strong>{}</strong>").format(became) if became else sentence


def outcome(entry: AuditEntry) -> str:
    """What became of a deed that LiveKit has not done, in words; empty for what was done."""
    if entry.outcome is DeedOutcome.NOT_CONFIRMED:
        return str(_("Not confirmed yet."))
    if entry.outcome is not DeedOutcome.FAILED:
        return ""
    if entry.action == "rule.repair" and entry.problem == "not_confirmed":
        return str(_("Never confirmed. The list of findings shows whether it worked."))
    if entry.action == "rule.repair":
        return str(_("Failed: %(why)s", why=worded(entry.problem)))
    why = PROBLEMS.get(entry.problem) or _("LiveKit answered %(code)s.", code=entry.problem)
    return str(_("Failed: %(why)s", why=why))


def worded(value: Any) -> str:
    """A detail's value in the reader's language."""
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    if isinstance(value, list):
        return ", ".join(worded(one) for one in value) or str(WORDS["none"])
    return str(WORDS.get(value, value)) if isinstance(value, str) else str(value)
