"""What changes invitations: sent, sent again, changed, withdrawn, and taken up by whoever signs in."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp import audit
from webapp.access import queries as access_queries
from webapp.access import service as access_service
from webapp.accounts.models import User
from webapp.audit import Actor
from webapp.core.db import db, new_id, utcnow
from webapp.core.settings import settings
from webapp.invitations import queries, stopping
from webapp.invitations.models import Errand, Invitation, InvitationMail, Invitee
from webapp.mails import service as mails
from webapp.mails.models import Mail, MailState
from webapp.rooms import queries as room_queries
from webapp.rooms.models import Role, Room

KIND = "invitation"
UNSENT = (MailState.WAITING, MailState.REFUSED, MailState.GAVE_UP, MailState.WITHDRAWN)


class TooMany(Exception):
    """So many mails would be more than a day allows; `left` may still be sent."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left


class SentAlready(Exception):
    """This invitation was sent a moment ago: the same form came twice."""


class NotMeant(Exception):
    """There is nothing to send: the invitation was withdrawn, or its meeting is over."""


@dataclass(frozen=True)
class Meeting:
    """What people are invited to: perhaps a time, a message and a role, and how it is said to those we don't know."""

    language: str
    timezone: str
    message: str = ""
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    role: Role | None = None


def left_today(room: Room, user: User) -> int:
    """How many mails the person may still send for the room."""
    sent = max(queries.sent_within_a_day(room_id=room.id), queries.sent_within_a_day(user_id=user.id))
    return max(settings.invitations_per_day - sent, 0)


def send(room: Room, key: uuid.UUID, emails: Sequence[str], meeting: Meeting, *, inviter: User, actor: Actor) -> None:
    """Invite each address, by a mail of its own. Raises SentAlready and TooMany; the room is locked.

    Nobody is looked up: known and unknown addresses take the same way until their owner signs in.
    """
    if db.session.get(Invitation, key) is not None:
        raise SentAlready
    _spend(room, inviter, len(emails))
    invitation = Invitation(id=key, room_id=room.id, inviter_id=inviter.id, **vars(meeting))
    db.session.add(invitation)
    db.session.flush()
    for email in emails:
        invitee = Invitee(id=new_id(), invitation_id=invitation.id, room_id=room.id, email=email)
        db.session.add(invitee)
        db.session.flush()
        _ask(invitee, Errand.INVITE, actor, _pin_of(room))
    role = {"role": meeting.role.value} if meeting.role else {}
    audit.record("room.invite", room, actor, count=len(emails), invitation=str(key), **role)


def resend(room: Room, invitee: Invitee, *, inviter: User, actor: Actor) -> None:
    """Send the invitation once more, as it is now. Raises NotMeant, TooMany, and mails.NotNow."""
    newest = _newest(invitee)
    if invitee.withdrawn_at is not None or invitee.invitation.is_over:
        raise NotMeant
    if newest is not None and mails.too_soon(newest):
        raise mails.NotNow
    _spend(room, inviter, 1)
    _ask(invitee, Errand.INVITE, actor, _pin_of(room))
    audit.record("invitation.resend", invitee, actor)


def change(
    room: Room, invitation: Invitation, begins_at: datetime, ends_at: datetime, *, inviter: User, actor: Actor
) -> int:
    """Move the meeting, and tell everybody invited; returns how many. Raises TooMany.

    Whoever was not told of the PIN of now isn't by this either: after a leak a host chooses who is.
    """
    if (invitation.begins_at, invitation.ends_at) == (begins_at, ends_at):
        return 0
    invitees = queries.open_invitees(invitation)
    _spend(room, inviter, len(invitees))
    invitation.begins_at, invitation.ends_at = begins_at, ends_at
    version = _pin_of(room)
    trusted = queries.with_pin(version, [invitee.id for invitee in invitees]) if version else set()
    for invitee in invitees:
        _update(invitee, Errand.MOVE, actor, version if invitee.id in trusted else "")
    audit.record("invitation.change", invitation, actor, count=len(invitees))
    return len(invitees)


def send_new_pin(room: Room, version: str, chosen: Collection[uuid.UUID], *, inviter: User, actor: Actor) -> int:
    """Tell those of the chosen who have another PIN in their mail of the one of now; returns how many.

    Raises TooMany.
    """
    invitees = [invitee for invitee in queries.with_another_pin(room, version) if invitee.id in set(chosen)]
    _spend(room, inviter, len(invitees))
    for invitee in invitees:
        _update(invitee, Errand.UPDATE, actor, version)
    if invitees:
        audit.record("room.send_new_pin", room, actor, count=len(invitees))
    return len(invitees)


def withdraw(invitee: Invitee, *, actor: Actor) -> bool:
    """Invite the address no longer; tells whether that was so already. Whoever has a date in a calendar is told."""
    if invitee.withdrawn_at is not None:
        return False
    invitee.withdrawn_at = utcnow()
    _hold_back(invitee, "withdrawn")
    if invitee.invitation.begins_at is not None and not invitee.invitation.is_over and _has_one(invitee):
        invitee.sequence += 1
        _ask(invitee, Errand.CANCEL, actor)
    audit.record("invitation.withdraw", invitee, actor)
    return True


def forget_address(email: str) -> None:
    """Let all invitations of the address be gone, as if it had never been invited; what waits for it stays unsent."""
    invitees = db.session.scalars(sa.select(Invitee).where(Invitee.email == email)).all()
    for invitee in invitees:
        _hold_back(invitee, "person_gone")
    gone = sa.delete(Invitee).where(Invitee.id.in_([invitee.id for invitee in invitees]))
    db.session.execute(gone, execution_options={"synchronize_session": False})


def welcome(user: User) -> None:
    """Give somebody who signed in what waited for the address: a choice about mails, and roles."""
    stopping.move_to_account(user)
    take_up(user)


def take_up(user: User, room: Room | None = None) -> bool:
    """Give the person the roles that were offered to the address, in a room or in all; tells whether there were any.

    Where they have a role already, that one stays.
    """
    room_id = room.id if room is not None else None
    rooms = [invitee.room_id for invitee in queries.offers(user, room_id)]
    db.session.execute(sa.select(Room.id).where(Room.id.in_(rooms)).order_by(Room.id).with_for_update())
    offered = queries.offers(user, room_id) if rooms else []  # read anew: the rooms were waited for
    for invitee in offered:
        invitation = invitee.invitation
        invitee.accepted_at = utcnow()
        if invitation.role is not None and access_queries.of_user(invitation.room, user) is None:
            access_service.accept(invitation.room, user, invitation.role, inviter_id=invitation.inviter_id)
    return bool(offered)


def _update(invitee: Invitee, errand: Errand, actor: Actor, version: str) -> None:
    """What still waits says what no longer holds; who has nothing yet gets the invitation as it is now."""
    _hold_back(invitee, "replaced")
    invitee.sequence += 1
    _ask(invitee, errand if _has_one(invitee) else Errand.INVITE, actor, version)


def _hold_back(invitee: Invitee, problem: str) -> None:
    asked = sa.select(InvitationMail.id).where(InvitationMail.invitee_id == invitee.id)
    for mail_id in db.session.scalars(asked).all():
        mails.withdraw(mail_id, [KIND], problem=problem)


def _pin_of(room: Room) -> str:
    """Which PIN a mail of now may hold; "" while phones can't join."""
    return room_queries.pin_times(room).version if room.phone_enabled and room.pin is not None else ""


def _spend(room: Room, inviter: User, number: int) -> None:
    """Refuse what a day does not allow; of one person everything waits for what the same person sends elsewhere."""
    db.hold(f"invitations:{inviter.id}")
    left = left_today(room, inviter)
    if number > left:
        raise TooMany(left)


def _ask(invitee: Invitee, errand: Errand, actor: Actor, version: str = "") -> None:
    asked = InvitationMail(id=new_id(), invitee_id=invitee.id, room_id=invitee.room_id, errand=errand)
    asked.asked_by_id, asked.pin_version = actor.user_id, version
    db.session.add(asked)
    db.session.flush()
    mails.post_to_address(KIND, asked.id)


def _newest(invitee: Invitee) -> Mail | None:
    mails_of = sa.select(Mail).join(InvitationMail, InvitationMail.id == Mail.about_id)
    newest = mails_of.where(InvitationMail.invitee_id == invitee.id).order_by(InvitationMail.id.desc()).limit(1)
    return db.session.scalar(newest.with_for_update(of=Mail))


def _has_one(invitee: Invitee) -> bool:
    """A mail may have reached the address; forgotten ones of long ago have."""
    sent = sa.select(sa.func.count()).select_from(InvitationMail)
    joined = sent.outerjoin(Mail, Mail.about_id == InvitationMail.id).where(InvitationMail.invitee_id == invitee.id)
    return bool(db.session.scalar(joined.where(sa.or_(Mail.id.is_(None), Mail.state.not_in(UNSENT)))))
