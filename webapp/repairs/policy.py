"""Who may repair: pure functions."""

from webapp.accounts.models import User


def repair(user: User) -> bool:
    """Support repairs what Frontdesk made, one by one or all at once, after a dry run."""
    return user.is_staff


def repair_external(user: User) -> bool:
    """Support resolves a stuck rule that is not ours too, one at a time and by its name."""
    return user.is_staff
