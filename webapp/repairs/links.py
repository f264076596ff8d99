"""From what keeps a room waiting to the finding whose repair ends it."""

import uuid

from webapp.doctor.kinds import Kind
from webapp.rules import problems


def of_problem(problem: str, room_id: uuid.UUID) -> str:
    """The key of the finding; empty where nothing but time helps."""
    code, first, second = [*problem.split("\t", 2), "", ""][:3]
    if code in ("conflict", problems.GUARD_REFUSED):  # LiveKit holds no pair: it refused ours
        return f"{Kind.MISSING.value}~{room_id}"
    if (code, first) == ("refused", "bad_rule") and second:
        return f"{Kind.NO_KIND.value}~{second}"
    if code != "pair":
        return ""
    kind = Kind.SELF_CONFLICT if first == second else Kind.CONFLICT
    return "~".join([kind.value, *sorted({first, second})])
