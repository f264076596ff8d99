"""Who may review access: admins start and end campaigns, owners decide about their rooms."""

from webapp.access import policy as access_policy
from webapp.accounts.models import User
from webapp.rooms.models import Role, Room


def manage(user: User) -> bool:
    """Admins answer for who gets into what, unless another has disabled them since the request began."""
    return user.is_admin and user.is_active


def answer(user: User) -> bool:
    """Whoever is signed in may be asked about rooms; which ones, the rows of the campaign say."""
    return user.is_active


def check(user: User, room: Room) -> bool:
    """Whoever is asked about a room has to be one who may see who has access to it."""
    return access_policy.view(user, room)


def confirm(user: User, person: User) -> bool:
    """Nobody vouches for themselves."""
    return user.id != person.id


def remove(user: User, room: Room, person: User, role: Role) -> bool:
    """Only owners and admins unmake owners; leaving is done on the room's own page."""
    return user.id != person.id and access_policy.decide(user, room, role)
