"""Who may say whether they are a contact: everybody for themselves."""

from webapp.accounts.models import User


def choose(user: User) -> bool:
    """Everybody chooses for themselves."""
    return user.is_active
