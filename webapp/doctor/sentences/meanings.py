"""Every kind of finding: what it is, what callers notice, and what puts it right."""

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l

from webapp.doctor.kinds import Kind


@dataclass(frozen=True)
class Meaning:
    """A kind as the reference lists it; the texts are translated when they are shown."""

    label: object
    what: object
    effect: object
    repair: object


MEANINGS = {
    Kind.CONFLICT: Meaning(
        _l("Conflict"),
        _l("Two rules match the same calls: same trunk, PIN and numbers."),
        _l("Callers get “unavailable” instead of the PIN prompt. No rule can be added until one is deleted."),
        _l("Delete one of the two. Of two rules of one room Frontdesk keeps the one it knows."),
    ),
    Kind.SELF_CONFLICT: Meaning(
        _l("Self-conflict"),
        _l("A rule names one trunk or number twice, and LiveKit takes that for a conflict with itself."),
        _l("Callers get “unavailable” instead of the PIN prompt. No rule can be added until it is corrected."),
        _l("Take the repeated entry out; “33 12” and “+3312” are one number."),
    ),
    Kind.NO_KIND: Meaning(
        _l("No kind"),
        _l("A rule says neither Direct nor Individual nor Callee, and LiveKit fails when it reads it."),
        _l("Callers get “unavailable” instead of the PIN prompt. No rule can be added until it is deleted."),
        _l("Delete the rule, or replace it by one that has a kind."),
    ),
    Kind.SAME_NUMBER: Meaning(
        _l("Same number"),
        _l("Two trunks list one number and let in the same callers; LiveKit ranks none above the other."),
        _l("Calls that match both are refused: callers get “unavailable”."),
        _l("Take the number off one of the trunks, or let them allow other callers or other addresses."),
    ),
    Kind.TWO_DEFAULTS: Meaning(
        _l("Two defaults"),
        _l("Two trunks list no number, so that both take every call that no other trunk lists."),
        _l("Such calls are refused: callers get “unavailable”."),
        _l("Give one of the trunks the numbers that it is for."),
    ),
    Kind.UNGUARDED: Meaning(
        _l("No guard"),
        _l("A trunk has rules that hide numbers, but no guard beside them."),
        _l("A call without a caller number could end every meeting."),
        _l("Frontdesk places the guard: a rule that takes such calls away."),
    ),
    Kind.DEFEATED: Meaning(
        _l("Guard bypassed"),
        _l("Another rule takes calls without a caller number before the guard does, or the guard was changed."),
        _l("A call without a caller number could end every meeting."),
        _l("Change or delete the rule that takes calls before the guard. A changed guard is restored by itself."),
    ),
    Kind.NARROW: Meaning(
        _l("Narrow guard"),
        _l(
            "The guard of a trunk covers only the numbers that the trunk lists, often because of an external open rule."
        ),
        _l("A call without a caller number could end every meeting: other forms of the number called pass the guard."),
        _l("Remove the open rule, if there is one; the guard then widens by itself."),
    ),
    Kind.HIDING_WILDCARD: Meaning(
        _l("Unguarded wildcard"),
        _l("A rule hides numbers and names no trunk: a guard stands on a trunk and can't cover it."),
        _l("A call without a caller number could end every meeting, whichever trunk refuses it."),
        _l("Let the rule name its trunks, or not hide numbers."),
    ),
    Kind.MISSING: Meaning(
        _l("Missing"),
        _l("A room is live with its phone on, but LiveKit has no rule for it."),
        _l("Callers with the right PIN hear “wrong PIN”, or ringing without end."),
        _l("Frontdesk creates the rule."),
    ),
    Kind.WRONG_PIN: Meaning(
        _l("Wrong PIN"),
        _l("The rule of a room asks for another PIN than the room has."),
        _l("Callers with the room's PIN hear “wrong PIN”; whoever knows the other one gets in."),
        _l("Frontdesk writes the room's PIN into its rule."),
    ),
    Kind.WRONG_TRUNK: Meaning(
        _l("Wrong trunk"),
        _l("The rule of a room names another trunk than the room."),
        _l("Callers of the room's number hear “wrong PIN”, or ringing without end."),
        _l("Frontdesk puts the rule on the room's trunk."),
    ),
    Kind.WILDCARD: Meaning(
        _l("Wildcard"),
        _l("A rule names no trunk, which means any call at all, also one that every trunk refuses."),
        _l("Anyone on the Internet who reaches LiveKit can make rooms with it, without a trunk's password."),
        _l("Let the rule name the trunks it is for."),
    ),
    Kind.EVERYBODY: Meaning(
        _l("Allows anyone"),
        _l("No entry of a trunk's allowed addresses can be read, and LiveKit drops those it can't read."),
        _l("Calls from every address are let in, as if the list were empty."),
        _l("Write one address or network per entry, such as 203.0.113.0/24, without blanks, commas or “sip:”."),
    ),
    Kind.HALF_CREDENTIALS: Meaning(
        _l("No password required"),
        _l("A trunk has only a user name or only a password; LiveKit asks for a password only with both."),
        _l("Callers are let in without any password."),
        _l("Set both the user name and the password, or neither."),
    ),
    Kind.EMPTY_ROOM: Meaning(
        _l("No room"),
        _l("A Direct rule has an empty room name."),
        _l("No caller gets in by it; one who typed its PIN hears “wrong PIN”."),
        _l("Give the rule a room name, or delete it."),
    ),
    Kind.UNTYPABLE_PIN: Meaning(
        _l("PIN can't be dialled"),
        _l("A rule's PIN has more than 16 characters, or other characters than a phone's keys."),
        _l("No one can dial it: the call ends at the 17th key, and letters have no key."),
        _l("Give the rule a PIN of at most 16 digits."),
    ),
    Kind.CALLED_AS_CALLER: Meaning(
        _l("Wrong list"),
        _l("A rule lists the trunk's own number in “inbound_numbers”, which holds callers, not the number called."),
        _l("Callers hear ringing and no one ever answers: none of them calls from that number."),
        _l("Empty “inbound_numbers”; the trunk already says which number is called, or “numbers” can."),
    ),
    Kind.DIFFERS: Meaning(
        _l("Differs"),
        _l("The rule of a room differs from the room, such as in where it leads or whether it hides numbers."),
        _l("Callers may land elsewhere, be kept out, or show numbers that should be hidden."),
        _l("Frontdesk rewrites the rule."),
    ),
    Kind.DUPLICATE: Meaning(
        _l("Duplicate"),
        _l("A room has more than one rule."),
        _l("An old PIN may still reach the room."),
        _l("Frontdesk keeps the rule it knows and deletes the others."),
    ),
    Kind.ORPHAN: Meaning(
        _l("Orphan"),
        _l("A Frontdesk rule still exists although its room should have none now."),
        _l("Callers with its PIN get in, perhaps into an empty room."),
        _l("Frontdesk deletes the rule."),
    ),
    Kind.IMPOSTOR: Meaning(
        _l("Named like Frontdesk's"),
        _l("A rule is named like Frontdesk's, but belongs to no room here, or leads elsewhere."),
        _l("Callers land where the rule leads, whatever its name says."),
        _l("Rename or delete it, if no one needs it; another Frontdesk of an older version may have made it."),
    ),
    Kind.NO_TRUNK: Meaning(
        _l("No trunk"),
        _l("A live room has its phone on, but no trunk, or one that LiveKit no longer has."),
        _l("No phone can reach the room."),
        _l("Move the room to another trunk."),
    ),
    Kind.DANGLING: Meaning(
        _l("Trunk missing"),
        _l("A rule names a trunk that LiveKit doesn't list: it is deleted, recreated or outbound, or its id is empty."),
        _l("No call matches the rule by that trunk. A recreated trunk has a new id; an empty id isn't a catch-all."),
        _l("Put in the id of the inbound trunk that exists now, or empty the list: then the rule takes every trunk."),
    ),
    Kind.OPEN_BESIDE_PIN: Meaning(
        _l("Open beside PINs"),
        _l("A rule without a PIN stands on a trunk where other rules ask for one."),
        _l("A caller who presses only # falls through to it and gets in without a PIN."),
        _l("Give the rule a PIN, or a trunk of its own."),
    ),
    Kind.RULE_NUMBER: Meaning(
        _l("Number never matches"),
        _l("A rule lists a number in a form that no call has: rules compare letter for letter, trunks don't."),
        _l("Callers hear ringing and no one ever answers, or another rule takes the call."),
        _l("Write the number as calls have it, mostly as the trunk lists it: no blanks, no “sip:”."),
    ),
    Kind.TRUNK_NUMBER: Meaning(
        _l("Number never matches"),
        _l("A trunk lists a number that LiveKit can't read as one, and that holds what no call has."),
        _l("Calls to it aren't recognised: callers hear ringing and no one ever answers."),
        _l("Write the number with a plus and digits only: LiveKit knows no patterns, and 00 isn't a plus to it."),
    ),
    Kind.RULE_FORM: Meaning(
        _l("Exact form"),
        _l("A rule lists a number in a form that few calls have: rules compare letter for letter, trunks don't."),
        _l("Calls with another form of the number hear ringing without end, or another rule takes them."),
        _l("Write the number as calls have it, mostly as the trunk lists it; keep it if calls have exactly this form."),
    ),
    Kind.TRUNK_FORM: Meaning(
        _l("Exact form"),
        _l("A trunk lists a number that LiveKit can't read as one, or that begins with 00."),
        _l("Only calls that have exactly this form are recognised."),
        _l("Write the number with a plus and digits only; keep it if calls have exactly this form."),
    ),
    Kind.CALLER_IN_ROOM: Meaning(
        _l("Number in room name"),
        _l("An Individual rule puts the caller's whole number into the name of the room it makes."),
        _l("The number reaches logs, metrics and file names, and everyone who sees the room's name."),
        _l("Use a Direct rule; or set hide_phone_number, so that only the last digits stand there."),
    ),
    Kind.CALLER_VISIBLE: Meaning(
        _l("Numbers shown"),
        _l("An external rule doesn't hide callers' numbers."),
        _l("Everyone in the room sees the whole number of each caller."),
        _l("Set hide_phone_number, with a guard on the trunk; or keep it so on purpose."),
    ),
    Kind.FORGEABLE: Meaning(
        _l("Forgeable address"),
        _l("A trunk trusts addresses and asks for no password."),
        _l("Whoever claims an allowed address in the From header is let in, wherever the call comes from."),
        _l("Set a user name and a password, and let a firewall check addresses."),
    ),
    Kind.OPEN_TRUNK: Meaning(
        _l("Open trunk"),
        _l("A trunk lists neither numbers nor addresses."),
        _l("It takes every call that no other trunk lists, from anywhere."),
        _l("List the numbers that the trunk is for."),
    ),
    Kind.OTHER_FRONTDESK: Meaning(
        _l("Another Frontdesk"),
        _l("Rules that another Frontdesk made stand on the trunk: their metadata has its id."),
        _l("Callers notice nothing. PINs of the two may be the same by chance: then the second room waits."),
        _l(
            "Nothing, if two share this LiveKit on purpose. If it was this one under an old address, run “flask"
            " installation keep”; if it is gone for good, delete its rules in LiveKit."
        ),
    ),
    Kind.STALE: Meaning(
        _l("Stale id"),
        _l("Frontdesk remembers a rule that LiveKit doesn't have."),
        _l("Callers notice nothing."),
        _l("Frontdesk forgets the id at the next sync of the room."),
    ),
    Kind.UNHEARD: Meaning(
        _l("No webhook received"),
        _l("LiveKit has people in a room that no webhook reported."),
        _l("Phones reach the room only once we know that someone is there."),
        _l("Frontdesk asks LiveKit who is in the meeting. Check the webhooks if this happens again."),
    ),
    Kind.CALLED_IN_ROOM: Meaning(
        _l("Called number in name"),
        _l("A Callee rule puts the number called into the name of the room it makes."),
        _l("All callers of one number meet in one room, whose name tells it to logs and metrics."),
        _l("Use a Direct rule if the number should not be seen."),
    ),
    Kind.VISIBLE_BY_CHOICE: Meaning(
        _l("Numbers shown"),
        _l("The owner of a room chose to show callers' numbers."),
        _l("Everyone in the room sees the whole number of each caller."),
        _l("The owner can hide them on the room's page."),
    ),
}
