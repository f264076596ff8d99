"""Who may do what to trunks, rules and live rooms: pure functions."""

from webapp.accounts.models import User


def view_telephony(user: User) -> bool:
    """Support and admins see trunks and rules; what is a number or a PIN stays masked."""
    return user.is_staff


def view_calls(user: User) -> bool:
    """Support and admins see who called as pseudonyms: numbers are not kept."""
    return user.is_staff


def name_hosts(user: User) -> bool:
    """Admins read which host let a caller in; support reads that a host did."""
    return user.is_admin


def edit_trunk(user: User) -> bool:
    """Only admins make, change and delete trunks."""
    return user.is_admin


def move_rooms(user: User) -> bool:
    """Only admins move rooms to another trunk: their members' number changes."""
    return user.is_admin


def stop_move(user: User) -> bool:
    """Whoever may move rooms may stop that."""
    return move_rooms(user)


def set_assignable(user: User) -> bool:
    """Support opens and closes a trunk for new rooms: nothing that exists changes by it."""
    return user.is_staff


def reconcile(user: User) -> bool:
    """Support makes LiveKit follow our rows; a repeat is harmless."""
    return user.is_staff


def sweep(user: User) -> bool:
    """Whoever may reconcile one room may have all looked at."""
    return user.is_staff


def repair(user: User) -> bool:
    """Support repairs what Frontdesk made, one by one or all at once, after a dry run."""
    return user.is_staff


def repair_foreign(user: User) -> bool:
    """Support resolves a stuck rule that is not ours too, one at a time and by its name."""
    return user.is_staff
