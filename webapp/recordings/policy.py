"""Who may do what to a room's recordings: pure functions of a user and a room."""

from webapp.accounts.models import User
from webapp.recordings.models import Recording
from webapp.rooms.models import Role, Room
from webapp.rooms.policy import HOSTS, host, view_access


def index(user: User) -> bool:
    """Everybody signed in has a list, of what their roles open."""
    return user.is_active


def list_of(user: User, room: Room) -> bool:
    """Everybody with a role in the room knows that it is recorded, and admins, who audit."""
    return user.is_admin or room.role_of(user) is not None


def start(user: User, room: Room) -> bool:
    """Hosts record."""
    return room.role_of(user) in HOSTS


def stop(user: User, recording: Recording) -> bool:
    """Hosts stop; so may an admin: a recording that nobody stops is a harm."""
    return host(user, recording.room)


def view(user: User, recording: Recording) -> bool:
    """Members, hosts and admins know that it exists."""
    return list_of(user, recording.room)


def view_reason(user: User) -> bool:
    """Staff read what the recorder said; owners a plain sentence."""
    return user.is_staff


def watches(role: Role | None, room: Room) -> bool:
    """Hosts hear and see what is recorded, and members where hosts let them; an admin audits without listening."""
    return role in HOSTS or (role is Role.MEMBER and room.members_may_watch)


def download(user: User, recording: Recording) -> bool:
    """Whoever watches can keep a copy; what is meant for a transcriber nobody watches."""
    return recording.mode.downloadable and watches(recording.room.role_of(user), recording.room)


def set_retention(user: User, recording: Recording) -> bool:
    """Owners decide how long it is kept."""
    return recording.room.role_of(user) is Role.OWNER


def hold(user: User, recording: Recording) -> bool:
    """Admins alone put a legal hold on a recording, and end it."""
    return user.is_admin and view(user, recording)


def view_mails(user: User, recording: Recording) -> bool:
    """Who sees the access list, which names the owners, sees which mails they got."""
    return view_access(user, recording.room)


def resend_mail(user: User, recording: Recording) -> bool:
    """Whoever sees that a mail has not arrived may have it sent again."""
    return view_mails(user, recording)


def deletes(role: Role | None) -> bool:
    """Owners delete."""
    return role is Role.OWNER


def delete(user: User, recording: Recording) -> bool:
    """Owners delete, and admins on somebody's request."""
    return user.is_admin or deletes(recording.room.role_of(user))


def undo_delete(user: User, recording: Recording) -> bool:
    """Whoever may delete; `deletions.undo_delete` refuses all but the one who did."""
    return delete(user, recording)
