"""Who may say which mails come: everybody for themselves."""

from webapp.accounts.models import User


def choose(user: User) -> bool:
    """Everybody chooses their own."""
    return user.is_active
