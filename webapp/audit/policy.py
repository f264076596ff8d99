"""Who may read the trail."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapp.accounts.models import User


def log(user: "User") -> bool:
    """Admins read all of it; a room's own trail is the room's policy."""
    return user.is_admin


def reveals(user: "User") -> bool:
    """Admins read who saw which PIN or number."""
    return log(user)


def verify_chain(user: "User") -> bool:
    """Admins may have it verified at any time."""
    return log(user)
