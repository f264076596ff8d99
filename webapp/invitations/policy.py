"""Who may invite: pure functions of a user and a room."""

from webapp.access import policy as access_policy
from webapp.accounts.models import User
from webapp.rooms import policy
from webapp.rooms.models import Role, Room


def index(user: User, room: Room) -> bool:
    """Whoever sees the access list sees who was invited: both have addresses."""
    return policy.view_access(user, room)


def send(user: User, room: Room) -> bool:
    """Whoever hands the room out may do so by mail."""
    return policy.invite(user, room)


def resend(user: User, room: Room) -> bool:
    """Every host may send again what another host sent."""
    return send(user, room)


def withdraw(user: User, room: Room) -> bool:
    """Every host may withdraw what another host sent."""
    return send(user, room)


def update(user: User, room: Room) -> bool:
    """Every host may tell invited people of a change."""
    return send(user, room)


def roles(user: User, room: Room) -> list[Role]:
    """The roles that may come with an invitation: those that the user may give, but nobody owns a room by mail."""
    return [role for role in access_policy.roles(user, room) if role is not Role.OWNER]
