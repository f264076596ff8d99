"""The trail in sentences: what each action is called, in the reader's language."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from markupsafe import Markup, escape

from webapp.audit.models import ActorKind, AuditEntry, DeedOutcome

# %(who)s did it; %(person)s it was done to; the other blanks are details of the entry, said in words.
SENTENCES = {
    "room.create": _l("%(who)s made the room"),
    "room.edit": _l("%(who)s changed the room: %(fields)s"),
    "room.set_phone": _l("%(who)s changed how phones join: %(fields)s"),
    "room.let_members_watch": _l("%(who)s changed who can watch recordings: %(watchers)s"),
    "room.rotate_pin": _l("%(who)s replaced the phone PIN"),
    "room.stop_old_pin": _l("%(who)s let the old phone PIN stop early"),
    "room.generate_pin": _l("%(who)s gave the room a phone PIN"),
    "room.reveal_pin": _l("%(who)s looked at the phone PIN"),
    "room.reveal_participant": _l("%(who)s revealed %(what)s"),
    "room.move_trunk": _l("%(who)s moved the room to another trunk"),
    "room.invite": _l("%(who)s invited people by e-mail: %(count)s"),
    "room.send_new_pin": _l("%(who)s sent the new phone PIN to people who were invited: %(count)s"),
    "invitation.resend": _l("%(who)s sent an invitation again"),
    "invitation.change": _l("%(who)s moved a meeting and told the people who were invited: %(count)s"),
    "invitation.withdraw": _l("%(who)s withdrew an invitation"),
    "invitation.stop": _l("Somebody used the link in an invitation to get no more of them"),
    "room.delete": _l("%(who)s deleted the room"),
    "user.sign_in": _l("%(who)s signed in"),
    "user.sign_out": _l("%(who)s signed out"),
    "user.claim": _l("%(person)s signed in for the first time, after having been given access"),
    "user.change_address": _l("%(person)s came with a new e-mail address"),
    "user.set_staff": _l("%(who)s changed the staff role of %(person)s from %(before)s to %(after)s"),
    "user.disable": _l("%(who)s disabled %(person)s; sign-ins ended: %(sessions)s"),
    "user.enable": _l("%(who)s let %(person)s sign in again"),
    "user.export": _l("%(who)s exported what is kept about %(person)s"),
    "user.forget": _l("%(who)s had %(person)s forgotten"),
    "user.release": _l("%(who)s released the account of %(person)s for a new sign-in"),
    "user.update_profile": _l("%(who)s changed the own profile: %(fields)s"),
    "user.choose_mails": _l("%(who)s chose which mails to get; turned off: %(off)s"),
    "user.turn_off_mails": _l("%(who)s used the link in a mail to %(person)s to turn off %(topic)s"),
    "user.choose_news": _l("%(who)s asked for news by mail"),
    "user.decline_news": _l("%(who)s declined news by mail"),
    "user.pass_on_address": _l("The newsletter service has the e-mail address of %(person)s"),
    "user.provider_logout": _l("The sign-in service signed %(person)s out; sign-ins ended: %(sessions)s"),
    "user.end_session": _l("%(who)s ended a sign-in in another browser"),
    "user.end_other_sessions": _l("%(who)s ended all other sign-ins: %(sessions)s"),
    "user.end_sessions": _l("%(who)s ended all sign-ins of %(person)s: %(sessions)s"),
    "access.grant": _l("%(who)s gave %(person)s the role %(role)s"),
    "access.accept": _l("%(who)s accepted an invitation and is now %(role)s"),
    "access.take_over": _l("%(person)s came with the address that had been given the role %(role)s"),
    "access.change": _l("%(who)s made %(person)s %(role)s instead of %(before)s"),
    "access.revoke": _l("%(who)s took the role %(role)s from %(person)s"),
    "access.leave": _l("%(who)s gave up the role %(role)s"),
    "access.transfer": _l("%(who)s made %(person)s the only owner"),
    "access.undo_transfer": _l("%(who)s undid the transfer of the room to %(person)s"),
    "review.start": _l("%(who)s started a review of access; rooms: %(rooms)s"),
    "review.set_ending": _l("%(who)s changed what happens at the end of a review: %(at_end)s"),
    "review.end": _l("%(who)s ended a review of access; roles not checked: %(count)s"),
    "review.close": _l("%(who)s closed a review of access; roles not checked: %(count)s, removed: %(removed)s"),
    "review.remind": _l("%(who)s reminded %(person)s of a review of access"),
    "review.remind_all": _l("%(who)s reminded owners of a review of access: %(count)s"),
    "review.reassign": _l("%(who)s let %(person)s answer in a review of access instead of an owner"),
    "review.confirm": _l("%(who)s confirmed that %(person)s stays %(role)s"),
    "review.confirm_many": _l("%(who)s confirmed the roles of several people: %(count)s"),
    "review.remove": _l("%(who)s decided in a review that %(person)s does not stay %(role)s"),
    "review.undo": _l("%(who)s took back the confirmation that %(person)s stays %(role)s"),
    "entry.admit": _l("%(who)s let somebody in from the lobby"),
    "entry.deny": _l("%(who)s turned somebody away in the lobby"),
    "entry.undo_deny": _l("%(who)s let somebody wait on who had been turned away"),
    "room.admit_all": _l("%(who)s let all in who waited: %(count)s"),
    "room.deny_all": _l("%(who)s turned all away who waited: %(count)s"),
    "room.clear_refused": _l("%(who)s cleared the line about requests refused from one address: %(count)s"),
    "room.reconcile": _l("%(who)s brought the dispatch rule in line with the room"),
    "room.remove_participant": _l("%(who)s removed somebody from the meeting (%(kind)s)"),
    "room.end_meeting": _l("%(who)s ended the meeting; inside were from the web: %(web)s, by phone: %(phones)s"),
    "recording.start": _l("%(who)s started a recording: %(mode)s"),
    "recording.stop": _l("%(who)s stopped the recording"),
    "recording.saved": _l("%(who)s said that the recording is saved"),
    "recording.failed": _l("%(who)s said that the recording failed: %(problem)s"),
    "recording.aborted": _l("%(who)s said that the recording was aborted: %(problem)s"),
    "recording.set_retention": _l("%(who)s set how many days a recording is kept: %(after)s instead of %(before)s"),
    "recording.hold": _l("%(who)s put a legal hold on a recording"),
    "recording.release": _l("%(who)s ended the legal hold on a recording"),
    "recording.gone": _l("A recording's file is gone from the storage before its time"),
    "recording.resend_mail": _l("%(who)s sent %(person)s the mail about a recording"),
    "recording.delete": _l("%(who)s deleted a recording"),
    "recording.remove_expired": _l("%(who)s removed the file of an expired recording"),
    "trunk.create": _l("%(who)s made an inbound trunk"),
    "trunk.update": _l("%(who)s changed an inbound trunk"),
    "trunk.delete": _l("%(who)s deleted an inbound trunk; rooms on it: %(rooms)s"),
    "trunk.set_assignable": _l("%(who)s opened or closed a trunk for new rooms"),
    "trunk.move_rooms": _l("%(who)s began to move rooms to another trunk: %(rooms)s"),
    "trunk.stop_move": _l("%(who)s stopped a move of rooms to another trunk after %(rooms)s"),
    "telephony.sweep": _l("%(who)s had all dispatch rules checked"),
    "telephony.repair_all": _l("%(who)s began to repair many rules (%(scope)s): %(count)s"),
    "telephony.stop_repairs": _l("%(who)s stopped a run of repairs; not looked at: %(count)s"),
    "telephony.retry_repairs": _l("%(who)s had failed repairs tried again: %(count)s"),
    "rule.repair": _l("%(who)s repaired a finding (%(what)s); rules deleted: %(deleted)s, changed: %(changed)s"),
    "rule.repair_failed": _l("LiveKit did not do the repair of %(who)s (%(what)s): %(problem)s"),
    "job.run_now": _l("%(who)s ran a job outside its time"),
    "job.retry": _l("%(who)s had given-up work tried again"),
    "audit.verify": _l("%(who)s had the audit log's chain verified"),
    "audit.prune": _l("%(who)s deleted old entries of the audit log: %(entries)s"),
    "hook.replay": _l("%(who)s had a hook applied again"),
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
    "phone_enabled": _l("phones on or off"),
    "hide_phone_number": _l("callers' numbers hidden or shown"),
    "permanent": _l("for ever"),
    "audio": _l("sound only"),
    "video": _l("video and sound"),
    "transcript": _l("sound for a transcript"),
    "caller_number": _l("a caller's number"),
    "attributes": _l("a participant's attributes"),
    "web": _l("from the web"),
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
    "no_egress": _l("LiveKit cannot record"),
    "no_worker": _l("no egress worker"),
    "no_answer": _l("no answer"),
    "refused": _l("refused by LiveKit"),
    "room_not_live": _l("nobody was inside"),
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
    "busy": _l("somebody else was changing it"),
    "unavailable": _l("LiveKit did not answer"),
    "broken": _l("something broke on our side"),
}
PROBLEMS = {  # why a deed failed; other codes are LiveKit's
    "too_late": _l("LiveKit didn't answer for too long."),
    "not_there": _l("LiveKit doesn't have the trunk."),
    "unchanged": _l("the trunk in LiveKit is a different one."),
    "still_there": _l("LiveKit still has the trunk."),
}
NOBODY = {
    ActorKind.USER: _l("Somebody who is no longer here"),
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


def deeds(entries: Sequence[AuditEntry], names: Mapping[str, str]) -> list[Deed]:
    """The entries as sentences; `names` are those of the people in their details."""
    return [Deed(entry, _sentence(entry, names)) for entry in entries]


def who(entry: AuditEntry) -> str:
    """Whoever did it."""
    return entry.user.name if entry.user is not None else str(NOBODY[entry.actor])


def _sentence(entry: AuditEntry, names: Mapping[str, str]) -> Markup:
    # a detail that the entry has not, as one of another version may be, leaves a gap in one line and fails no page
    words = defaultdict[str, str](lambda: "…", {name: _words(value) for name, value in entry.details.items()})
    person = entry.details.get("person")
    if person:
        words["person"] = names.get(person) or _("somebody who is no longer here")
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
    if entry.action == "rule.repair":
        return str(_("Failed: %(why)s", why=_words(entry.problem)))
    why = PROBLEMS.get(entry.problem) or _("LiveKit answered %(code)s.", code=entry.problem)
    return str(_("Failed: %(why)s", why=why))


def _words(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_words(one) for one in value) or str(WORDS["none"])
    return str(WORDS.get(value, value)) if isinstance(value, str) else str(value)
