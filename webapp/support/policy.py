"""Who may look at a room for support: pure functions."""

from webapp.accounts.models import User


def view(user: User) -> bool:
    """Support and admins see a room's state on both sides, without personal data."""
    return user.is_staff


def heal_recording(user: User) -> bool:
    """Support asks LiveKit or the storage anew how a recording stands; it neither stops nor opens one."""
    return user.is_staff


def reconcile_room(user: User) -> bool:
    """Support makes LiveKit follow a room's row; a repeat is harmless."""
    return user.is_staff
