"""What each proposed change is good for, in words; and what to do where no field would help."""

from flask_babel import gettext as _

from webapp.tracer.changes import FieldChange
from webapp.tracer.story import Story


def reason(change: FieldChange) -> str:
    """Why this field."""
    sentences: dict[str, str] = {
        "conflict": _(
            "Give one of the two another PIN or another number, or delete it. The others work again at once."
        ),
        "repeats_itself": _("It lists a trunk or a number twice and so conflicts with itself. Remove the repetition."),
        "no_kind": _("Delete it: a rule of no kind leads nowhere and stops all calls."),
        "several": _("Leave the number on one trunk only. Allowed callers and addresses don't tell trunks apart."),
        "several_default": _("Give all but one of these trunks the numbers it is for."),
        "unguarded": _("“Repair Frontdesk's rules…” on the Rules page places the guard that keeps such calls out."),
        "cut": _("Hiding works only for numbers of plain digits. Ask the provider for the caller's number as digits."),
        "called_form": _(
            "Only when the provider sends this form, as a log line shows. A number you typed yourself: "
            "ask again with the form that the trunk lists."
        ),
        "caller": _("Add the caller, or empty the list so that anyone can call."),
        "caller_form": _("The list has this number in another form. Add the form that the provider sends."),
        "address": _("Add the address or its network. Whoever forges the From header passes this list anyway."),
        "exact": _("Add the number exactly as the provider sends it."),
        "exact_instead": _(
            "Write the number exactly as the provider sends it. One rule can't list both writings: "
            "it would conflict with itself."
        ),
        "callers_only": _("inbound_numbers filters who calls. Move the number to numbers, or empty the field."),
        "other_trunk": _(
            "The rule is for another trunk. Call the number of that trunk, or add this trunk to the rule."
        ),
        "trunk_empty": _("Put the trunk's id there, or leave the list empty for a rule of all trunks."),
        "trunk_stale": _("Name the trunk that takes the call. A trunk that is made again gets a new id."),
        "pattern": _(
            "LiveKit knows no patterns and no ranges: a star is a character. List each number, or none to take all."
        ),
        "no_room": _("The right rule has no room name, and LiveKit then says “wrong PIN”. Give it one."),
    }
    return sentences[change.code]


def needs(change: FieldChange) -> str:
    """The version of LiveKit that the change needs; empty where every version takes it."""
    if change.thing == "rule" and change.field == "numbers" and change.new:
        return str(
            _("Needs livekit-server 1.9.11 or newer: older ones drop a rule's numbers, and rules then conflict.")
        )
    return ""


def without_change(story: Story) -> str:
    """What to do where no field of any object nearly fits; empty where nothing is to be done."""
    if story.guarded:
        return str(
            _("Ask the provider to send the caller's number. One that is withheld comes as “anonymous” and may enter.")
        )
    if story.verdict == "error_bad_source_ip":
        return str(_("Type the address that the call came from, digits and dots or colons only, without a port."))
    if story.verdict == "pin_wrong" and not story.second:
        return str(_("Give the room a PIN of at most 16 digits: longer ones can't be typed."))
    if story.verdict in ("pin_wrong", "hash_refused"):
        return str(
            _(
                "A room's rule exists only while someone is in the meeting online. Check the PIN, and "
                "who is in the meeting."
            )
        )
    if story.silent and not story.trunks:
        return str(_("LiveKit has no inbound trunk at all. Create one that lists the called number."))
    if story.verdict == "drop_no_rule" and not story.rule_count:
        return str(
            _(
                "LiveKit has no dispatch rule at all. A room's rule exists only while someone is in the "
                "meeting online: have the host join first."
            )
        )
    if story.verdict == "drop_no_rule" and not story.loaded:
        return str(
            _("Every rule is for another trunk. A room's rule exists only while someone is in the meeting online.")
        )
    if story.verdict == "drop_no_rule":
        return str(_("A room's rule exists only while someone is in the meeting online. Have the host join first."))
    if story.silent:
        return str(_("Add the called number to the numbers of the trunk over which the provider sends its calls."))
    return ""
