"""What changes about people: who signs in, who is staff, who is shut out, and what they chose for themselves."""

import uuid
from datetime import datetime
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from webapp.accounts import queries, sessions
from webapp.accounts.identity import Identity
from webapp.accounts.models import AccountChange, LogoutToken, Staff, User, UserSession
from webapp.accounts.problems import SignInError
from webapp.audit import Actor, changes, record
from webapp.core.db import db, new_id, utcnow


class SignedIn(NamedTuple):
    """Who is in, the token for their cookie, and whether they never were before."""

    user: User
    token: str
    first: bool


def sign_in(identity: Identity, *, address: str, browser: str) -> SignedIn:
    """Let the person in.

    Someone unknown becomes the pending user of the verified address, else a new one. Raises SignInError when the
    address is missing, not verified or another account's, and when the account is disabled.
    """
    user = queries.by_sub(identity.sub) or _first_sign_in(identity)
    if not user.is_active:
        raise SignInError("disabled")
    actor = Actor.user(user, address)
    _refresh(user, identity)
    if identity.staff is not None:
        set_staff(user, identity.staff, actor=Actor.system(), reason="claim of the provider")
    first = user.last_sign_in_at is None
    token = sessions.start(user, browser=browser, address=address, id_token=identity.id_token, sid=identity.sid)
    record("user.sign_in", user, actor)
    return SignedIn(user, token, first)


def _first_sign_in(identity: Identity) -> User:
    identity.require_address()
    known = queries.by_email(identity.email)
    if any(not user.pending for user in known):
        return _already_in(identity)
    try:
        with db.collision_safe():
            return _claim(known[0], identity) if known else _create(identity)
    except IntegrityError:
        return _already_in(identity)


def _already_in(identity: Identity) -> User:
    """The same person, who came by two tabs at once; anybody else's account is not handed over."""
    user = queries.by_sub(identity.sub)
    if user is None:
        raise SignInError("address_taken")
    return user


def _claim(pending: User, identity: Identity) -> User:
    """Make the pending user this person, unless somebody did a moment ago."""
    claimed = sa.update(User).where(User.id == pending.id, User.sub.is_(None)).values(sub=identity.sub)
    if not db.changed(claimed):
        return _already_in(identity)
    db.session.refresh(pending)
    record("user.claim", pending, Actor.system(), person=str(pending.id))
    return pending


def _create(identity: Identity) -> User:
    user = User(sub=identity.sub, email=identity.email)
    db.session.add(user)
    db.session.flush()
    return user


def _refresh(user: User, identity: Identity) -> None:
    """Follow what the provider says now; an address that is another account's stays theirs."""
    user.full_name = identity.full_name or user.full_name
    user.short_name = identity.short_name or user.short_name
    moved = identity.email_verified and identity.email not in {"", user.email}
    if moved and all(other.pending and other.is_active for other in queries.by_email(identity.email)):
        user.email = identity.email
        record("user.change_address", user, Actor.system(), person=str(user.id))


def person_to_be(email: str) -> User:
    """Whoever last signed in with the address and is not disabled, else the pending user who waits for that."""
    known = (user for user in queries.by_email(email) if user.is_active)
    return next(known, None) or _pending(email)


def _pending(email: str) -> User:
    """A new pending user; two who ask at once make one."""
    user = User(id=new_id(), email=email)
    try:
        with db.collision_safe():
            db.session.add(user)
    except IntegrityError:
        return next(user for user in queries.by_email(email) if user.pending)
    return user


def set_staff(user: User, staff: Staff, *, actor: Actor, reason: str = "") -> None:
    """Give the staff role, or take it; nothing is written when it is so already."""
    if user.staff is staff:
        return
    details = {"person": str(user.id), "before": user.staff.value, "after": staff.value}
    record("user.set_staff", user, actor, reason=reason, **details)
    _note_change(user, actor, staff=staff, disabled=not user.is_active)
    user.staff = staff
    if user.is_staff:
        sessions.shorten(user)


def disable(user: User, *, actor: Actor, reason: str = "") -> None:
    """Shut the person out; every sign-in of theirs ends at once."""
    if user.disabled_at is None:
        _note_change(user, actor, staff=user.staff, disabled=True)
        user.disabled_at = utcnow()
        record("user.disable", user, actor, reason=reason, person=str(user.id), sessions=sessions.end_all(user))


def enable(user: User, *, actor: Actor) -> None:
    """Let the person sign in again, unless they were forgotten."""
    if user.disabled_at is not None and user.forgotten_at is None:
        _note_change(user, actor, staff=user.staff, disabled=False)
        user.disabled_at = None
        record("user.enable", user, actor, person=str(user.id))


def forget(user: User, *, actor: Actor) -> None:
    """Empty the account of everything that says whose it was; nobody can sign in with it or enable it again.

    The person who comes again is somebody new: what the provider calls them is known no more.
    """
    if user.is_active or user.is_staff:
        _note_change(user, actor, staff=Staff.NONE, disabled=True)
    user.sub = f"forgotten:{user.id}"  # not pending: nobody can claim it
    user.email = user.full_name = user.short_name = user.language = user.timezone = user.theme = ""
    user.staff, user.forgotten_at = Staff.NONE, utcnow()
    user.disabled_at = user.disabled_at or user.forgotten_at


def _note_change(user: User, actor: Actor, *, staff: Staff, disabled: bool) -> None:
    """Keep a dated row: the trail is pruned, and who got in because of a role is asked for longer."""
    change = AccountChange(
        user_id=user.id,
        staff_before=user.staff,
        staff_after=staff,
        disabled_before=not user.is_active,
        disabled_after=disabled,
        changed_by_id=actor.user_id,
    )
    db.session.add(change)


def release(user: User, *, actor: Actor) -> None:
    """Make the account pending again: whoever signs in next with its verified address gets it."""
    if user.sub is not None and user.forgotten_at is None:
        user.sub = None
        record("user.release", user, actor, person=str(user.id), sessions=sessions.end_all(user))


def update_profile(user: User, *, language: str, timezone: str, theme: str, actor: Actor) -> None:
    """Keep what the person chose; empty means: as the browser, or the installation, has it."""
    chosen = {"language": language, "timezone": timezone, "theme": theme}
    changed = changes({name: getattr(user, name) for name in chosen}, chosen)
    if changed["fields"]:
        for name in changed["fields"]:
            setattr(user, name, chosen[name])
        record("user.update_profile", user, actor, **changed)


def sign_out(sign_in: UserSession, *, actor: Actor) -> None:
    """End this sign-in."""
    if sessions.end(sign_in.id, sign_in.user):
        record("user.sign_out", sign_in.user, actor)


def provider_logout(*, jti: str, until: datetime, sub: str, sid: str) -> int:
    """The provider ended a session, or all of a person: end what hangs on it here; returns how many sign-ins.

    Of a sign-in whose session the provider never named nobody knows whether it is meant; it ends, too.
    Raises SignInError when this was said before.
    """
    try:
        with db.collision_safe():
            db.session.add(LogoutToken(jti_hash=sessions.hashed(jti), expires_at=until))
    except IntegrityError as problem:
        raise SignInError("bad_token", "jti") from problem
    ended = sessions.end_of_provider(sub, sid)
    for user, count in ended.items():
        record("user.provider_logout", user, Actor.system(), person=str(user.id), sessions=count)
    return sum(ended.values())


def end_session(session_id: uuid.UUID, user: User, *, actor: Actor) -> bool:
    """End one of the person's sign-ins; False when it is not theirs or over already."""
    ended = sessions.end(session_id, user)
    if ended:
        record("user.end_session", user, actor)
    return ended


def end_other_sessions(user: User, *, keep: uuid.UUID | None, actor: Actor) -> int:
    """End all sign-ins of the person but the one to keep; returns how many."""
    count = sessions.end_all(user, keep=keep)
    if count:
        record("user.end_other_sessions", user, actor, sessions=count)
    return count


def end_sessions(user: User, *, actor: Actor) -> int:
    """End all sign-ins of somebody else; returns how many."""
    count = sessions.end_all(user)
    if count:
        record("user.end_sessions", user, actor, person=str(user.id), sessions=count)
    return count
