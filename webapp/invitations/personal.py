"""What invitations keep about people: to what they were invited, and whom they invited to what."""

from collections.abc import Iterator

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from webapp.accounts import queries as account_queries
from webapp.accounts.models import User
from webapp.accounts.personal import PersonalData, Record, fields
from webapp.audit import Actor
from webapp.core.db import db
from webapp.invitations import service
from webapp.invitations.models import Invitation, Invitee


def _received(user: User) -> Iterator[Record]:
    """Those of an address that is another account's as well are both people's."""
    rows = sa.select(Invitee).join(Invitee.invitation).options(contains_eager(Invitee.invitation))
    for invitee in db.session.scalars(rows.where(Invitee.email == user.email).order_by(Invitee.id)):
        about = fields(invitee.invitation, "message", "begins_at", "ends_at", "role")
        when = fields(invitee, "email", "created_at", "accepted_at", "withdrawn_at")
        yield {"room_id": invitee.room_id, **about, **when}


def _sent(user: User) -> Iterator[Record]:
    """How many addresses there were, and not which: those are others' data."""
    invitees = sa.select(sa.func.count()).where(Invitee.invitation_id == Invitation.id).scalar_subquery()
    rows = sa.select(Invitation, invitees).where(Invitation.inviter_id == user.id).order_by(Invitation.id)
    for invitation, count in db.session.execute(rows):
        about = fields(invitation, "room_id", "created_at", "message", "begins_at", "ends_at", "role")
        yield {**about, "invited": count}


def _forget(user: User, _actor: Actor) -> None:
    written = sa.update(Invitation).where(Invitation.inviter_id == user.id).values(message="")
    db.session.execute(written, execution_options={"synchronize_session": False})
    if len(account_queries.by_email(user.email)) == 1:
        service.forget_address(user.email)


INVITATIONS = PersonalData({"invitations_received": _received, "invitations_sent": _sent}, _forget)
