"""Who may read the book of calls: pure functions."""

from webapp.accounts.models import User


def view(user: User) -> bool:
    """Support and admins see who called as pseudonyms: numbers are not kept."""
    return user.is_staff


def name_hosts(user: User) -> bool:
    """Admins read which host let a caller in; support reads that a host did."""
    return user.is_admin
