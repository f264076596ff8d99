"""What happens to invitations by the clock."""

from datetime import timedelta

import sqlalchemy as sa

from webapp.core.db import db, utcnow
from webapp.invitations.models import Invitation

KEPT = timedelta(days=180)  # from the meeting's end; without a time, from the day it was sent


def purge() -> None:
    """Forget invitations of long ago, with the addresses in them. Commits."""
    ended = sa.func.coalesce(Invitation.ends_at, Invitation.created_at)
    db.purge(Invitation, ended < utcnow() - KEPT)
