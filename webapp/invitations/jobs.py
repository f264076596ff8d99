"""What happens to invitations by the clock."""

import uuid
from datetime import timedelta

import sqlalchemy as sa

from webapp.audit import Actor
from webapp.core.db import db, utcnow
from webapp.invitations import queries, service
from webapp.invitations.models import Invitation

PIECE = 50  # addresses in one transaction
KEPT = timedelta(days=180)  # from the meeting's end; without a time, from the day it was sent


def withdraw_of_room(room_id: str) -> None:
    """Cancel the meetings of a deleted room in the calendars of those invited: the handler of due work. Commits."""
    after = None
    while invitees := queries.open_in(uuid.UUID(room_id), after, PIECE):
        for invitee in invitees:
            service.withdraw(invitee, actor=Actor.system())
        db.session.commit()
        after = invitees[-1].id


def purge() -> None:
    """Forget invitations of long ago, with the addresses in them. Commits."""
    ended = sa.func.coalesce(Invitation.ends_at, Invitation.created_at)
    db.purge(Invitation, ended < utcnow() - KEPT)
