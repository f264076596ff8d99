"""Who may look up other people and change their accounts: admins, and nobody their own."""

from webapp.accounts.models import User


def index(user: User) -> bool:
    """Admins look people up, unless another has disabled them since the request began."""
    return user.is_admin and user.is_active


def view(user: User) -> bool:
    """Admins see whom they looked up."""
    return index(user)


def set_staff(user: User) -> bool:
    """Admins say who is staff."""
    return index(user)


def disable(user: User) -> bool:
    """Admins shut people out."""
    return index(user)


def enable(user: User) -> bool:
    """Admins let them in again."""
    return index(user)


def end_sessions(user: User) -> bool:
    """Admins end people's sign-ins."""
    return index(user)


def act_on(user: User, person: User) -> bool:
    """Nobody changes their own account here: so whoever takes an admin's role away stays an admin."""
    return index(user) and user.id != person.id
