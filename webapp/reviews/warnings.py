"""What makes a role deserve a look before somebody confirms it. Pure."""

import enum
from datetime import datetime

from webapp.accounts.models import ABSENT, User
from webapp.rooms.models import Role


class ReviewWarning(enum.Enum):
    """One thing about a person in a room, the most pressing first."""

    DISABLED = "disabled"
    RAISED = "raised"
    NEVER = "never"
    ABSENT = "absent"
    OUTSIDE = "outside"


RANKS = {Role.MEMBER: 0, Role.ADMINISTRATOR: 1, Role.OWNER: 2}


def warnings(person: User, before: Role, now: Role, reader: User, at: datetime) -> list[ReviewWarning]:
    """What deserves a look about somebody with the role, which was `before` at the start of the review.

    An address outside is one whose domain is not the reader's; it matters of those who can change the room.
    """
    true = {
        ReviewWarning.DISABLED: not person.is_active,
        ReviewWarning.RAISED: RANKS[now] > RANKS[before],
        ReviewWarning.NEVER: person.pending,
        ReviewWarning.ABSENT: not person.pending and (person.last_sign_in_at or person.created_at) < at - ABSENT,
        ReviewWarning.OUTSIDE: now is not Role.MEMBER and _domain(person) != _domain(reader),
    }
    return [warning for warning in ReviewWarning if true[warning]]


def _domain(person: User) -> str:
    return person.email.rpartition("@")[2]
