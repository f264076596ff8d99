"""Why a trunk or a rule was kept or dropped, in one sentence."""

from flask_babel import gettext as _

from webapp.matching import Trunk
from webapp.tracer import lookalikes
from webapp.tracer.candidates import Candidate
from webapp.tracer.names import Names
from webapp.tracer.story import Story


def of_trunk(candidate: Candidate, trunk: Trunk, story: Story) -> str:
    """Why this trunk."""
    called = story.question.to_user
    sentence: str = {
        "specific": _("Lists %(number)s.", number=called),
        "default": _("Lists no numbers, so it takes any."),
        "default_beaten": _("Lists no numbers: it steps back because another trunk lists this one."),
        "caller_not_allowed": _("Its allowed_numbers don't hold this caller."),
        "address_not_allowed": _("Its allowed_addresses don't hold this source address."),
        "number_not_listed": _("Lists other numbers."),
    }[candidate.reason]
    if candidate.reason == "number_not_listed" and candidate.detail:
        sentence = _("Lists %(number)s, which LiveKit doesn't take for the same number.", number=candidate.detail)
        if lookalikes.covers(candidate.detail, called) and not lookalikes.same_digits(candidate.detail, called):
            sentence = _("Lists %(number)s: to LiveKit that is text, no pattern and no range.", number=candidate.detail)
    if candidate.reason == "caller_not_allowed" and candidate.detail:
        sentence = _(
            "Its allowed_numbers hold this caller in another form, which LiveKit doesn't take for the same number."
        )
    if candidate.reason == "specific" and called not in trunk.numbers:
        sentence = _("Lists %(number)s, the same once blanks, dashes and brackets are taken out.", number=called)
    if candidate.kept:
        return f"{sentence} {_addresses(trunk, story)}".strip()
    others = {
        "address_not_allowed": _("Its allowed_addresses don't hold this source address."),
        "number_not_listed": _("It lists other numbers, too."),
    }
    return " ".join((sentence, *(others[reason] for reason in candidate.also)))


def _addresses(trunk: Trunk, story: Story) -> str:
    question = story.question
    if not trunk.allowed_addresses:
        return ""
    if not question.source_ip:
        return str(_("No source address is given, so its address list lets the call pass."))
    if question.from_host and question.from_host in trunk.allowed_addresses:
        return str(_("The host in the From header stands in its address list: anyone can write it there."))
    return str(_("Its address list lets the source pass."))


def of_rule(candidate: Candidate, names: Names) -> str:
    """Why this rule."""
    detail = candidate.detail
    sentences: dict[str, str] = {
        "taken_open": _("Matches: it is open."),
        "taken_by_pin": _("Has this PIN."),
        "taken_asks": _("Matches, and has a PIN: the caller is asked for one."),
        "called_form": _(
            "Its numbers hold %(number)s. Trunks look through the writing, rules compare character by character.",
            number=detail,
        ),
        "called_pattern": _(
            "Its numbers hold %(number)s: to LiveKit that is text, no pattern and no range.", number=detail
        ),
        "caller_pattern": _("Its inbound_numbers hold a pattern or a range, which is text to LiveKit."),
        "trunk_empty": _(
            "Names a trunk with an empty id, which is no trunk: it takes no call, and is no rule for all trunks either."
        ),
        "trunk_stale": _("Names a trunk that LiveKit doesn't have: it was deleted, or made again under a new id."),
        "trunk_other": _("Would match, but is only for calls over %(trunk)s.", trunk=names.trunk(detail).text),
        "called_not_listed": _("Its numbers don't hold the called number."),
        "called_as_caller": _("Its inbound_numbers hold the called number, but that field lists callers."),
        "caller_form": _("Its inbound_numbers hold the caller in another form; rules compare character by character."),
        "caller_not_listed": _("Its inbound_numbers don't hold this caller."),
        "has_pin": _("Has a PIN, and only # was pressed."),
        "pin_differs": _("Has another PIN."),
        "open": _("Has no PIN: a typed PIN passes it by."),
        "needs_trunk": _(
            "Only for calls over %(trunk)s, and this call came over none.", trunk=names.trunk(detail).text
        ),
        "trunk_rules_first": _("Names no trunk: rules that name this trunk come first."),
        "comes_later": _("Would match, but %(rule)s comes first.", rule=names.rule(detail).text),
    }
    if "every_number" in candidate.also:
        every = _("It lists no numbers, so it takes calls to every number of this trunk.")
        return f"{sentences[candidate.reason]} {every}"
    return sentences[candidate.reason]
