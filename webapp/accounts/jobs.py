"""What ends by the clock."""

import sqlalchemy as sa

from webapp.accounts.models import UserSession
from webapp.db import db, utcnow


def purge_sessions() -> None:
    """Forget sign-ins that are over."""
    db.session.execute(sa.delete(UserSession).where(UserSession.expires_at <= utcnow()))
    db.session.commit()
