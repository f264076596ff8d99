"""What is read of invitations."""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import aliased, contains_eager, joinedload

from webapp.accounts.models import User
from webapp.accounts.queries import ABLE
from webapp.core import paging
from webapp.core.db import db, utcnow
from webapp.invitations.models import OFFERED, Errand, Invitation, InvitationMail, Invitee
from webapp.mails.models import Mail, MailState
from webapp.rooms.models import Access, Role, Room, is_open
from webapp.rooms.policy import HOSTS

NOT_WANTED = "not_wanted"  # a mail's problem: nobody says whose wish that is
HAS_IT = (MailState.WAITING, MailState.SENDING, MailState.SENT)
OPEN = Invitee.withdrawn_at.is_(None)
ORDER = paging.by_key(Invitee.id, lambda line: line.invitee.id)


@dataclass(frozen=True)
class InviteeLine:
    """One address of a room's list, with the newest mail to it and what that does; None: it was purged."""

    invitee: Invitee
    mail: Mail | None
    errand: Errand | None
    over: bool  # the meeting has ended


def page(room: Room, at: paging.Place, *, withdrawn: bool = False) -> paging.Page[InviteeLine]:
    """One page of the room's invited addresses, newest first."""
    rows = sa.select(Invitee).where(
        Invitee.room_id == room.id, Invitee.withdrawn_at.is_not(None) if withdrawn else OPEN
    )
    named = joinedload(Invitee.invitation).joinedload(Invitation.inviter)
    return paging.turn(lambda select: _lines(db.session.scalars(select).all()), rows.options(named), ORDER, at)


def _lines(invitees: Sequence[Invitee]) -> Sequence[InviteeLine]:
    later = aliased(InvitationMail)
    newer = sa.select(later.id).where(later.invitee_id == InvitationMail.invitee_id, later.id > InvitationMail.id)
    mails = sa.select(InvitationMail.invitee_id, InvitationMail.errand, Mail).outerjoin(
        Mail, Mail.about_id == InvitationMail.id
    )
    found = mails.where(InvitationMail.invitee_id.in_([each.id for each in invitees]), sa.not_(newer.exists()))
    newest_of = {row[0]: (row[2], row[1]) for row in db.session.execute(found)} if invitees else {}
    return [_line(invitee, *newest_of.get(invitee.id, (None, None))) for invitee in invitees]


def _line(invitee: Invitee, mail: Mail | None, errand: Errand | None) -> InviteeLine:
    return InviteeLine(invitee, mail, errand, invitee.invitation.is_over)


def count(room: Room) -> int:
    """How many addresses are invited to the room and not withdrawn."""
    rows = sa.select(sa.func.count()).where(Invitee.room_id == room.id, OPEN)
    return db.session.scalar(rows) or 0


def one(room: Room, invitee_id: uuid.UUID) -> Invitee | None:
    """An invited address of this room, with its invitation."""
    row = sa.select(Invitee).where(Invitee.id == invitee_id, Invitee.room_id == room.id)
    return db.session.scalar(row.options(joinedload(Invitee.invitation)).execution_options(populate_existing=True))


def with_invitation(invitee: Invitee) -> Invitee:
    """The same, with its invitation."""
    row = sa.select(Invitee).where(Invitee.id == invitee.id).options(joinedload(Invitee.invitation))
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def open_in(room_id: uuid.UUID, after: uuid.UUID | None, limit: int) -> Sequence[Invitee]:
    """The invited addresses of a room whose meeting has a time that isn't over, in the order of their keys."""
    rows = sa.select(Invitee).join(Invitee.invitation).where(Invitee.room_id == room_id, OPEN)
    dated = rows.where(Invitation.ends_at > utcnow()).options(contains_eager(Invitee.invitation))
    begun = dated.where(Invitee.id > after) if after is not None else dated
    return db.session.scalars(begun.order_by(Invitee.id).limit(limit)).all()


def invitation(room: Room, invitation_id: uuid.UUID) -> Invitation | None:
    """An invitation to this room."""
    return db.session.scalar(sa.select(Invitation).where(Invitation.id == invitation_id, Invitation.room_id == room.id))


def open_invitees(invited: Invitation) -> Sequence[Invitee]:
    """The addresses of an invitation that nobody withdrew."""
    rows = sa.select(Invitee).where(Invitee.invitation_id == invited.id, OPEN).order_by(Invitee.id)
    return db.session.scalars(rows.options(joinedload(Invitee.invitation))).all()


def by_mail(mail_id: uuid.UUID) -> InvitationMail | None:
    """A mail that somebody asked for, with everything that it tells of."""
    asked = sa.select(InvitationMail).where(InvitationMail.id == mail_id).join(InvitationMail.invitee)
    whole = contains_eager(InvitationMail.invitee).joinedload(Invitee.invitation)
    people = (whole.joinedload(Invitation.inviter), joinedload(InvitationMail.asked_by))
    loaded = asked.options(whole.joinedload(Invitation.room), *people)
    return db.session.scalar(loaded.execution_options(populate_existing=True))


def with_another_pin(room: Room, version: str) -> Sequence[Invitee]:
    """Who has a PIN in the mail that isn't the room's any more, and a meeting that isn't over, oldest first.

    Nobody who lost the access to the room since; whoever was sent the PIN of now, or is about to be, has it.
    """
    had = sa.select(InvitationMail.id).where(InvitationMail.pin_version.not_in(["", version]))
    rows = (
        sa.select(Invitee)
        .join(Invitee.invitation)
        .where(
            Invitee.room_id == room.id,
            OPEN,
            sa.or_(Invitation.ends_at.is_(None), Invitation.ends_at > utcnow()),
            had.where(InvitationMail.invitee_id == Invitee.id).correlate(Invitee).exists(),
            sa.not_(has_pin(version)),
            sa.not_(_lost_access()),
        )
    )
    return db.session.scalars(rows.options(contains_eager(Invitee.invitation)).order_by(Invitee.id)).all()


def has_pin(version: str) -> sa.ColumnElement[bool]:
    """The condition that a mail with this PIN reached the invitee of the row, is on its way, or isn't wanted there."""
    sent = sa.select(InvitationMail.id).outerjoin(Mail, Mail.about_id == InvitationMail.id)
    counts = sa.or_(Mail.id.is_(None), Mail.state.in_(HAS_IT), Mail.problem == NOT_WANTED)
    theirs = sent.where(InvitationMail.invitee_id == Invitee.id, InvitationMail.pin_version == version, counts)
    return theirs.correlate(Invitee).exists()


def with_pin(version: str, ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Those of these invitees who have the PIN of this version."""
    return set(db.session.scalars(sa.select(Invitee.id).where(Invitee.id.in_(ids), has_pin(version))))


def is_wanted(invitee: Invitee) -> bool:
    """Nobody took the access to the room from this address since it was invited, and its account isn't disabled."""
    shut_out = sa.select(Invitee.id).where(Invitee.id == invitee.id, sa.or_(_lost_access(), _disabled()))
    return db.session.scalar(shut_out) is None


def older_on_its_way(asked: InvitationMail) -> Mail | None:
    """A mail to the same invitee that was asked for before, and that nobody has confirmed yet."""
    mails = sa.select(Mail).join(InvitationMail, InvitationMail.id == Mail.about_id)
    older = mails.where(InvitationMail.invitee_id == asked.invitee_id, InvitationMail.id < asked.id)
    return db.session.scalar(older.where(Mail.state == MailState.SENDING).order_by(InvitationMail.id.desc()).limit(1))


def _lost_access() -> sa.ColumnElement[bool]:
    lost, kept, person = aliased(Access), aliased(Access), aliased(User)
    still = sa.select(kept.id).where(kept.room_id == Invitee.room_id, kept.user_id == person.id, is_open(kept))
    removed = sa.select(lost.id).where(
        lost.room_id == Invitee.room_id,
        lost.user_id == person.id,
        lost.revoked_at > Invitee.created_at,
        sa.not_(still.correlate(Invitee, person).exists()),
    )
    lost_it = sa.select(person.id).where(person.email == Invitee.email, removed.correlate(Invitee, person).exists())
    return lost_it.correlate(Invitee).exists()


def _disabled() -> sa.ColumnElement[bool]:
    """Every account with the address is disabled."""
    other = aliased(User)
    accounts = sa.select(other.id).where(other.email == Invitee.email)
    disabled = accounts.where(other.disabled_at.is_not(None)).correlate(Invitee)
    able = accounts.where(other.disabled_at.is_(None)).correlate(Invitee)
    return sa.and_(disabled.exists(), sa.not_(able.exists()))


def sent_within_a_day(*, room_id: uuid.UUID | None = None, user_id: uuid.UUID | None = None) -> int:
    """How many mails were asked for within 24 hours: of a room, or by a person."""
    rows = sa.select(sa.func.count()).where(InvitationMail.created_at > utcnow() - timedelta(days=1))
    who = InvitationMail.room_id == room_id if room_id is not None else InvitationMail.asked_by_id == user_id
    return db.session.scalar(rows.where(who)) or 0


def offers(user: User, room_id: uuid.UUID | None = None) -> Sequence[Invitee]:
    """The roles that wait for the person's address, in the order of their rooms; of one room, or of all.

    Only from people who still host the room, and can sign in: who was removed gives nothing away any more.
    """
    hosts = sa.select(Access.id).where(
        Access.room_id == Invitee.room_id,
        Access.user_id == Invitation.inviter_id,
        is_open(Access),
        Access.role.in_(HOSTS),
    )
    inviters = sa.select(User.id).where(User.id == Invitation.inviter_id, ABLE)
    rows = (
        sa.select(Invitee)
        .join(Invitee.invitation)
        .join(Room, Room.id == Invitee.room_id)
        .where(
            Invitee.email == user.email,
            OPEN,
            Invitee.accepted_at.is_(None),
            Invitation.role.in_([Role.MEMBER, Role.ADMINISTRATOR]),
            sa.func.coalesce(Invitation.ends_at, Invitation.created_at) > utcnow() - OFFERED,
            Room.deleted_at.is_(None),
            hosts.exists(),
            inviters.exists(),
            sa.not_(_lost_access()),
        )
    )
    if room_id is not None:
        rows = rows.where(Invitee.room_id == room_id)
    loaded = contains_eager(Invitee.invitation).joinedload(Invitation.room)
    ordered = rows.options(loaded).order_by(Invitee.room_id, Invitee.id)
    return db.session.scalars(ordered.execution_options(populate_existing=True)).all()
