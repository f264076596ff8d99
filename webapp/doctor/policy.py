"""Who may read what the doctor found: pure functions."""

from webapp.accounts.models import User


def view(user: User) -> bool:
    """Support and admins see rules and findings; numbers and PINs stay masked."""
    return user.is_staff


def sweep(user: User) -> bool:
    """Support makes LiveKit follow our rows; a repeat is harmless."""
    return user.is_staff
