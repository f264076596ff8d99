"""Who may do what to trunks: pure functions."""

from webapp.accounts.models import User


def view(user: User) -> bool:
    """Support and admins see trunks; numbers and PINs stay masked."""
    return user.is_staff


def edit(user: User) -> bool:
    """Only admins make, change and delete trunks."""
    return user.is_admin


def move_rooms(user: User) -> bool:
    """Only admins move rooms to another trunk: their members' number changes."""
    return user.is_admin


def stop_move(user: User) -> bool:
    """Whoever may move rooms may stop that."""
    return move_rooms(user)


def open_trunk(user: User) -> bool:
    """Only admins open a trunk for new rooms: callers of others may notice."""
    return user.is_admin


def close_trunk(user: User) -> bool:
    """Support and admins close a trunk for new rooms: nothing that exists changes by it."""
    return user.is_staff
