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


def export(user: User) -> bool:
    """Admins hand out what is kept about somebody."""
    return index(user)


def forget(user: User) -> bool:
    """Admins have somebody forgotten."""
    return index(user)


def act_on(user: User, person: User) -> bool:
    """Nobody changes their own account here: so whoever takes an admin's role away stays an admin.

    Of somebody who was forgotten there is nothing left to change.
    """
    return index(user) and user.id != person.id and person.forgotten_at is None
