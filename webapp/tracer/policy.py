"""Who may trace a call: pure functions."""

from webapp.accounts.models import User


def trace(user: User) -> bool:
    """Support and admins ask which rule takes a call."""
    return user.is_staff
