"""Who may search: pure functions. What is found is decided by the features that have it."""

from webapp.accounts.models import User


def index(user: User) -> bool:
    """Everybody signed in searches what they may see."""
    return user.is_active
