"""Why LiveKit has not followed: a code with what it speaks of on our rows, a sentence for their readers."""

from dataclasses import dataclass
from typing import Self

import sqlalchemy as sa
from flask_babel import gettext as _

from webapp.core.masking import impersonal
from webapp.livekit.errors import LiveKitError, LiveKitUnavailable

KEPT_OUT = ("guard_refused", "conflict", "other_frontdesk", "pair", "refused", "waits_for")


@dataclass(frozen=True, slots=True)
class Problem:
    """A code and what it speaks of: ids of rules, LiveKit's code, a foreign rule's name; false where there is none.

    Rows keep it as text, its parts parted by tabs.
    """

    code: str = ""
    first: str = ""
    second: str = ""

    @classmethod
    def parse(cls, stored: str) -> Self:
        """As a row has it."""
        return cls(*stored.split("\t", 2))

    def __str__(self) -> str:
        return "\t".join((self.code, self.first, self.second)).rstrip("\t")

    def __bool__(self) -> bool:
        return bool(self.code)

    @property
    def is_unavailable(self) -> bool:
        """LiveKit did not answer."""
        return self.code == "unavailable"

    @property
    def is_guard_refused(self) -> bool:
        """The trunk has no guard, and can have none."""
        return self.code == GUARD_REFUSED.code

    @property
    def is_kept_out(self) -> bool:
        """Another rule keeps the room's out."""
        return self.code in KEPT_OUT

    @property
    def is_lasting(self) -> bool:
        """Trying again changes nothing: the sweep looks at live rooms anyway."""
        return self in {NO_TRUNK, TRUNK_GONE}


NONE = Problem()
NO_TRUNK = Problem("no_trunk")
TRUNK_GONE = Problem("trunk_gone")
TRUNK_BUSY = Problem("trunk_busy")
BUSY = Problem("busy")  # of a repair, which nobody tries again by itself
GUARD_REFUSED = Problem("guard_refused")
GUARD_NARROW = Problem("guard_narrow")


def failed(error: LiveKitError) -> Problem:
    """The problem of an answer that was none, or a refusal."""
    return Problem("unavailable" if isinstance(error, LiveKitUnavailable) else "refused", error.code)


def conflict(rule_id: str, name: str) -> Problem:
    """A foreign rule has the same trunk and PIN; support and the room's people read its name."""
    return Problem("conflict", rule_id, impersonal(name))


def other_frontdesk(rule_id: str) -> Problem:
    """A rule of another Frontdesk on the same LiveKit has the same trunk and PIN."""
    return Problem("other_frontdesk", rule_id)


def pair(first: str, second: str) -> Problem:
    """Two rules of the trunk conflict with each other, so that LiveKit refuses every call there."""
    return Problem("pair", first, second)


def waits_for(rule_id: str) -> Problem:
    """Another room's rule has the PIN still."""
    return Problem("waits_for", rule_id)


def bad_rule(rule_id: str) -> Problem:
    """A rule of no kind, so that LiveKit refuses every call and change on its trunk."""
    return Problem("refused", "bad_rule", rule_id)


def guard_refused(rule_id: str) -> Problem:
    """No guard can stand on the trunk: a foreign rule has its place; empty where that rule is not known."""
    return Problem(GUARD_REFUSED.code, rule_id)


def kept_out(problem: sa.SQLColumnExpression[str]) -> sa.ColumnElement[bool]:
    """Another rule keeps the room's out, as a condition on the column that says why."""
    return sa.or_(*(problem.startswith(code) for code in KEPT_OUT))


def sentence(problem: Problem) -> str:
    """The problem in words, with what follows from it; empty for none."""
    code, first, second = problem.code, problem.first, problem.second
    if not code:
        return ""
    if code == "conflict":
        name = impersonal(second)  # an older row may have the whole name
        what = _("External rule %(id)s “%(name)s” has the same trunk and PIN.", id=first, name=name)
        effect = _("Callers can't reach this room until someone changes that rule or the PIN.")
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
                "External rule %(id)s on this trunk leaves no place for the guard, the rule that keeps "
                "out calls without a number.",
                id=rule_id,
            )
        )
    return str(
        _(
            "An external rule on this trunk leaves no place for the guard, the rule that keeps out "
            "calls without a number."
        )
    )


def _simple(code: str, detail: str) -> str:
    sentences: dict[str, str] = {
        "unavailable": _("Not applied yet: LiveKit didn't answer. Retrying."),
        "refused": _("LiveKit refused the rule (%(code)s). Retrying.", code=detail),
        "other_frontdesk": _(
            "Rule %(id)s of another Frontdesk has the same trunk and PIN. Change this room's PIN.", id=detail
        ),
        "waits_for": _("The PIN is still in rule %(id)s of another room. Retrying.", id=detail),
        NO_TRUNK.code: _("The room has no trunk, so no phone can reach it."),
        TRUNK_GONE.code: _("LiveKit no longer has the room's trunk, so no phone can reach the room."),
        TRUNK_BUSY.code: _("Many rooms of this trunk are changing at once. Retrying."),
        BUSY.code: _("Someone else is changing this in LiveKit right now. Try again in a moment."),
        GUARD_REFUSED.code: _guard_refused(detail),
        GUARD_NARROW.code: _("Calls without a caller number are kept out only for the numbers that the trunk lists."),
    }
    return sentences.get(code) or str(_("Not applied yet. Retrying."))
