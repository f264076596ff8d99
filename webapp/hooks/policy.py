"""Who may see and replay hooks."""

from webapp.accounts.models import User


def view_hooks(user: User) -> bool:
    """Support and admins: deliveries hold nothing personal."""
    return user.is_staff


def replay_hook(user: User) -> bool:
    """Support and admins: a repeat is harmless."""
    return user.is_staff
