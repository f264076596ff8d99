"""Why LiveKit has not followed: short codes on our rows, sentences for their readers."""

import sqlalchemy as sa
from flask_babel import gettext as _

from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

NO_TRUNK = "no_trunk"
TRUNK_GONE = "trunk_gone"
TRUNK_BUSY = "trunk_busy"
BUSY = "busy"  # of a repair, which nobody tries again by itself
GUARD_REFUSED = "guard_refused"
GUARD_NARROW = "guard_narrow"
KEPT_OUT = (GUARD_REFUSED, "conflict", "pair", "refused", "waits_for")
LASTING = {NO_TRUNK, TRUNK_GONE}  # trying again changes nothing: the sweep looks at live rooms anyway


def failed(error: LiveKitError) -> str:
    """The problem of an answer that was none, or a refusal."""
    return f"{'unavailable' if isinstance(error, LiveKitUnavailable) else 'refused'}\t{error.code}"


def conflict(rule_id: str, name: str) -> str:
    """A foreign rule has the same trunk and PIN."""
    return f"conflict\t{rule_id}\t{name}"


def pair(first: str, second: str) -> str:
    """Two rules of the trunk conflict with each other, so that LiveKit refuses every call there."""
    return f"pair\t{first}\t{second}"


def waits_for(rule_id: str) -> str:
    """Another room's rule has the PIN still."""
    return f"waits_for\t{rule_id}"


def bad_rule(rule_id: str) -> str:
    """A rule of no kind, so that LiveKit refuses every call and change on its trunk."""
    return f"refused\tbad_rule\t{rule_id}"


def guard_refused(rule_id: str) -> str:
    """No guard can stand on the trunk: a foreign rule has its place; empty where that rule is not known."""
    return f"{GUARD_REFUSED}\t{rule_id}" if rule_id else GUARD_REFUSED


def is_guard_refused(problem: str) -> bool:
    """The trunk has no guard, and can have none."""
    return problem.split("\t", 1)[0] == GUARD_REFUSED


def is_kept_out(problem: str) -> bool:
    """Whether another rule keeps the room's out."""
    return problem.split("\t", 1)[0] in KEPT_OUT


def kept_out(problem: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    """The same, as a condition on the column that says why."""
    return sa.or_(*(problem.startswith(code) for code in KEPT_OUT))


def sentence(problem: str) -> str:
    """The problem in words, with what follows from it; empty for none."""
    code, first, second = [*problem.split("\t", 2), "", ""][:3]
    if not code:
        return ""
    if code == "conflict":
        what = _("Rule %(id)s “%(name)s” has the same trunk and PIN, and is not ours.", id=first, name=second)
        effect = _("Callers cannot reach this room until somebody changes that rule or the PIN.")
        return f"{what} {effect}"
    if code == "pair":
        what = _("Rules %(first)s and %(second)s conflict.", first=first, second=second)
        effect = _("LiveKit refuses every call on this trunk until one of them is gone.")
        return f"{what} {effect}"
    return _simple(code, first)


def _guard_refused(rule_id: str) -> str:
    if rule_id:
        return str(
            _(
                "Rule %(id)s on this trunk is not ours and leaves no place for the rule that keeps calls without a"
                " number out.",
                id=rule_id,
            )
        )
    return str(_("A foreign rule on this trunk leaves no place for the rule that keeps calls without a number out."))


def _simple(code: str, detail: str) -> str:
    sentences: dict[str, str] = {
        "unavailable": _("LiveKit has not followed yet: it did not answer. Trying again by itself."),
        "refused": _("LiveKit refused the rule (%(code)s). Trying again by itself.", code=detail),
        "waits_for": _("The PIN is still in rule %(id)s of another room. Trying again by itself.", id=detail),
        NO_TRUNK: _("The room has no trunk, so that no phone can reach it."),
        TRUNK_GONE: _("LiveKit does not have the room’s trunk any more, so that no phone can reach the room."),
        TRUNK_BUSY: _("Many rooms of this trunk change at once. Trying again by itself."),
        BUSY: _("Somebody else is changing this in LiveKit right now. Try again in a moment."),
        GUARD_REFUSED: _guard_refused(detail),
        GUARD_NARROW: _("Calls without a caller number are kept out only for the numbers that the trunk lists."),
    }
    return sentences.get(code) or str(_("LiveKit has not followed yet. Trying again by itself."))
