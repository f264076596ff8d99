"""Addresses that want no invitations: of an account it is one of its choices, any other is known by its hash alone."""

import hashlib
import hmac
import uuid

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.exc import IntegrityError

from webapp import audit
from webapp.accounts import queries as account_queries
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core import signed_ids
from webapp.core.db import db
from webapp.core.hosts import public_address
from webapp.invitations.models import Invitee, StoppedAddress
from webapp.mails import queries as mail_queries
from webapp.mails import service as mails

TOPIC = "invitations"
PURPOSE = "invitations.stop"


def url(invitee_id: uuid.UUID) -> str:
    """The address of the page where whoever got the mail stops further ones; it names no address."""
    return public_address("invitations.stop", stop_token=signed_ids.sign(invitee_id, PURPOSE))


def read(token: str) -> Invitee | None:
    """Whom a link is for; None for one that we did not make, and for what was forgotten since."""
    invitee_id = signed_ids.read(token, PURPOSE)
    return db.session.get(Invitee, invitee_id) if invitee_id is not None else None


def is_stopped(email: str) -> bool:
    """Whoever has the address wants no invitations."""
    user = _account(email)
    if user is not None and TOPIC in mail_queries.turned_off(user):
        return True
    return db.session.get(StoppedAddress, _hash(email)) is not None


def stop(invitee: Invitee, *, actor: Actor) -> None:
    """Send no more invitations to the address; done again it changes nothing."""
    user = _account(invitee.email)
    if user is not None:
        mails.turn_off(user, TOPIC, actor=actor)
        return
    try:
        with db.collision_safe():
            db.session.add(StoppedAddress(address_hash=_hash(invitee.email)))
    except IntegrityError:
        return
    audit.record("invitation.stop", str(invitee.id), actor)  # not in the room's trail, as of accounts


def move_to_account(user: User) -> None:
    """What somebody chose before they had an account is one of its choices from now on."""
    gone = db.changed(sa.delete(StoppedAddress).where(StoppedAddress.address_hash == _hash(user.email)))
    if gone:
        mails.turn_off(user, TOPIC, actor=Actor.system())


def _account(email: str) -> User | None:
    return next((user for user in account_queries.by_email(email) if not user.pending), None)


def _hash(email: str) -> str:
    """Not to be turned back by somebody who reads the database alone: addresses can be guessed."""
    return hmac.new(str(current_app.secret_key).encode(), f"stopped:{email}".encode(), hashlib.sha256).hexdigest()
