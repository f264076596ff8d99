"""Who may do what to a room: pure functions of a user and a room.

A room's roles decide; admins, who answer for the installation, may what owners may. Support staff are strangers here.
"""

from webapp.accounts.models import User
from webapp.rooms.models import AccessLevel, Role, Room

HOSTS = frozenset({Role.OWNER, Role.ADMINISTRATOR})


def _hosts(user: User, room: Room) -> bool:
    return user.is_admin or room.role_of(user) in HOSTS


def _owns(user: User, room: Room) -> bool:
    return user.is_admin or room.role_of(user) is Role.OWNER


def create(user: User) -> bool:
    """Everybody signed in may make rooms."""
    return user.is_active


def index(user: User) -> bool:
    """Everybody signed in has a list: of the rooms they may see."""
    return user.is_active


def list_all(user: User) -> bool:
    """Admins see rooms that they have no role in."""
    return user.is_admin


def view(user: User, room: Room) -> bool:
    """Members and admins know that the room exists."""
    return user.is_admin or room.role_of(user) is not None


def edit(user: User, room: Room) -> bool:
    """Owners and administrators change name, link, access level and phone."""
    return _hosts(user, room)


def invite(user: User, room: Room) -> bool:
    """Owners and administrators hand the room out, with its PIN; admins without a role there say why they need that."""
    return room.role_of(user) in HOSTS


def rotate_pin(user: User, room: Room) -> bool:
    """Owners and administrators of a room may lock old callers out."""
    return _hosts(user, room)


def stop_old_pin(user: User, room: Room) -> bool:
    """Whoever may rotate a PIN may end the one before early."""
    return rotate_pin(user, room)


def generate_pin(user: User, room: Room) -> bool:
    """Whoever may rotate a PIN may ask for one where there is none."""
    return rotate_pin(user, room)


def reveal_pin(user: User, room: Room) -> bool:
    """Members give the PIN to callers; admins see it with a reason, support never."""
    return view(user, room)


def reveal_pin_needs_reason(user: User, room: Room) -> bool:
    """An admin without a role in the room says why."""
    return room.role_of(user) is None


def reveal_participant(user: User, room: Room) -> bool:
    """Hosts see callers' numbers where the room shows numbers; admins see what LiveKit has, support never."""
    return user.is_admin or (_hosts(user, room) and not room.hide_phone_number)


def reveal_participant_needs_reason(user: User, room: Room) -> bool:
    """An admin who may not see it as a host says why."""
    return room.role_of(user) not in HOSTS or room.hide_phone_number


def let_members_watch(user: User, room: Room) -> bool:
    """Owners and administrators decide whether members watch what was recorded."""
    return _hosts(user, room)


def view_access(user: User, room: Room) -> bool:
    """Members never see who else has access."""
    return _hosts(user, room)


def view_activity(user: User, room: Room) -> bool:
    """The trail names people with access: whoever may see the access list may see it."""
    return view_access(user, room)


def delete(user: User, room: Room) -> bool:
    """Only owners end a room for good."""
    return _owns(user, room)


def host(user: User, room: Room) -> bool:
    """Owners and administrators admit, deny, record and end the meeting."""
    return _hosts(user, room)


def skip_lobby(user: User | None, room: Room) -> bool:
    """Public rooms admit everyone, trusted ones anyone signed in, restricted ones people with a role."""
    if room.access_level is AccessLevel.PUBLIC:
        return True
    if user is None:
        return False
    return room.access_level is AccessLevel.TRUSTED or room.role_of(user) is not None
