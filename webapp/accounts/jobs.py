"""What ends by the clock."""

from webapp.accounts.models import LogoutToken, UserSession
from webapp.core.db import db, utcnow


def purge_sessions() -> None:
    """Forget sign-ins that are over, and the provider's logouts that nobody can send again."""
    db.purge(UserSession, UserSession.expires_at <= utcnow())
    db.purge(LogoutToken, LogoutToken.expires_at <= utcnow())
