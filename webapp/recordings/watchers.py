"""Who a recording's page says can watch it: role by role, with names for those who see the access list."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.access import queries as access_queries
from webapp.accounts.models import User
from webapp.recordings import policy
from webapp.rooms import policy as room_policy
from webapp.rooms.models import Role, Room
from webapp.rooms.policy import HOSTS

NAMED = 8  # people; the access list has all


@dataclass(frozen=True)
class Watchers:
    """The people of one role: how many, the first by name, and what the role allows while the file is there."""

    role: Role
    count: int
    names: Sequence[str]
    may_watch: bool
    may_delete: bool

    @property
    def unnamed(self) -> int:
        """How many more there are than names."""
        return self.count - len(self.names)


def able(rows: Sequence[Watchers]) -> int:
    """How many people can open a recording of the room while it is kept."""
    return sum(row.count for row in rows if row.may_watch)


def of_room(user: User, room: Room) -> list[Watchers]:
    """A row for each role that somebody has; members are counted, never named."""
    counts = access_queries.counts(room)
    people = access_queries.people(room, NAMED) if room_policy.view_access(user, room) else []
    hosts = [person for person in people if person.role in HOSTS]
    return [
        Watchers(
            role,
            counts[role],
            [person.user.name for person in hosts if person.role is role],
            policy.watches(role, room),
            policy.deletes(role),
        )
        for role in Role
        if role in counts
    ]
