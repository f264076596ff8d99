"""Who may see the check list."""

from webapp.accounts.models import User


def view_setup(user: User) -> bool:
    """Support and admins: it names addresses and settings, never secrets."""
    return user.is_staff
