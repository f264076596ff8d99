"""What deserves a look about a person. Pure."""

import enum
from datetime import datetime

from webapp.access import policy as access_policy
from webapp.accounts.models import ABSENT, User


class Concern(enum.Enum):
    """One thing that an admin may want to put right, the most pressing first."""

    NO_ABLE_OWNER = "no_able_owner"
    ONLY_OWNER = "only_owner"
    DISABLED_STAFF = "disabled_staff"
    ABSENT_STAFF = "absent_staff"
    SAME_ADDRESS = "same_address"


def concerns(person: User, *, owned_alone: int, others: int, now: datetime) -> list[Concern]:
    """What deserves a look: of rooms that nobody else could manage, of staff, and of others with the same address."""
    able = access_policy.may_own(person)
    true = {
        Concern.NO_ABLE_OWNER: bool(owned_alone) and not able,
        Concern.ONLY_OWNER: bool(owned_alone) and able,
        Concern.DISABLED_STAFF: person.is_staff and not person.is_active,
        Concern.ABSENT_STAFF: person.is_staff and person.is_active and absent_days(person, now) is not None,
        Concern.SAME_ADDRESS: bool(others),
    }
    return [concern for concern in Concern if true[concern]]


def absent_days(person: User, now: datetime) -> int | None:
    """For how many days nobody has signed in, if that is long; of the pending since they were given access."""
    absent = now - (person.last_sign_in_at or person.created_at)
    return absent.days if absent >= ABSENT else None
