"""Who may wait, look and decide: pure functions of a user and a room."""

from webapp.accounts.models import User
from webapp.rooms import policy
from webapp.rooms.models import Room


def may_enter(user: User | None, room: Room) -> bool:
    """Tell whether somebody needs no host; asked again at every poll, so that opening a room frees those who wait."""
    return policy.skip_lobby(user, room)


def index(user: User) -> bool:
    """Everybody signed in has a queue: that of the rooms they host, which may be none."""
    return user.is_active


def queue(user: User, room: Room) -> bool:
    """Hosts alone see who waits."""
    return policy.host(user, room)


def admit(user: User, room: Room) -> bool:
    """Hosts let guests in."""
    return policy.host(user, room)


def deny(user: User, room: Room) -> bool:
    """Hosts turn guests away."""
    return policy.host(user, room)


def undo_deny(user: User, room: Room) -> bool:
    """Whoever may deny may take it back, also for another host."""
    return deny(user, room)
