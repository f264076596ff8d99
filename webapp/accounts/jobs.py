"""What ends by the clock."""

from webapp.accounts.models import UserSession
from webapp.core.db import db, utcnow


def purge_sessions() -> None:
    """Forget sign-ins that are over."""
    db.purge(UserSession, UserSession.expires_at <= utcnow())
