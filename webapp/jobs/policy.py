"""Who may see and run jobs."""

from webapp.accounts.models import User


def view_jobs(user: User) -> bool:
    """Support and admins."""
    return user.is_staff


def run_job(user: User) -> bool:
    """Support and admins: each job may run at any time without harm."""
    return user.is_staff
