"""Who may read the trail."""

from webapp.accounts.models import User


def log(user: User) -> bool:
    """Admins read all of it; a room's own trail is the room's policy."""
    return user.is_admin
