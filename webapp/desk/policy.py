"""Who sees what on the desk."""

from webapp.accounts.models import User


def index(user: User) -> bool:
    """Everybody signed in has a desk."""
    return user.is_active


def health(user: User) -> bool:
    """Support and admins see how the installation fares, in numbers without names."""
    return user.is_staff
