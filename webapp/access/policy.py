"""Who may change who has access: pure functions of a user, a room and roles."""

from webapp.accounts.models import User
from webapp.rooms import policy
from webapp.rooms.models import Role, Room


def view(user: User, room: Room) -> bool:
    """Owners and administrators see the list; members never do."""
    return policy.view_access(user, room)


def grant(user: User, room: Room) -> bool:
    """Whoever sees the list may add to it."""
    return view(user, room)


def change(user: User, room: Room) -> bool:
    """Whoever sees the list may change it, within what `decide` allows."""
    return view(user, room)


def decide(user: User, room: Room, role: Role) -> bool:
    """Only owners make and unmake owners; admins, who answer for the installation, may too."""
    if role is Role.OWNER:
        return user.is_admin or room.role_of(user) is Role.OWNER
    return change(user, room)


def roles(user: User, room: Room) -> list[Role]:
    """The roles that the user may give away."""
    return [role for role in Role if decide(user, room, role)]


def transfer(user: User, room: Room) -> bool:
    """Owners hand their room over; admins do it for those who are gone."""
    return decide(user, room, Role.OWNER)


def may_own(person: User) -> bool:
    """Whoever can sign in may answer for a room: nobody who is disabled, or never signed in."""
    return person.is_active and not person.pending


def leave(user: User, room: Room) -> bool:
    """Whoever has a role may give it back."""
    return room.role_of(user) is not None


def undo(user: User) -> bool:
    """Whoever can sign in may undo what they just did, for which no right to the room is asked any more."""
    return user.is_active


def review(user: User) -> bool:
    """Admins answer for who gets into what."""
    return user.is_admin
