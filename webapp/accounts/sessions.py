"""Sign-ins: the cookie holds a random token, a row its hash; deleting the row ends the sign-in at once."""

import hashlib
import secrets
import uuid
from collections import Counter
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask, Request, current_app, g, session
from flask_login import LoginManager
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import contains_eager

from webapp.accounts.models import User, UserSession
from webapp.core.db import db, utcnow
from webapp.core.settings import settings

COOKIE_KEY = "sign_in"
SEEN_EVERY = timedelta(minutes=5)

# made once: every signed-in request asks this, and making it costs a tenth of what an empty page does
FOUND = sa.select(UserSession).where(
    UserSession.token_hash == sa.bindparam("token_hash"), UserSession.expires_at > sa.bindparam("now")
)

# What `load` asks, for statements that ask more at once; a sign-in whose time last seen is due is left to it.
_columns = UserSession.__table__.c
HOLDS = sa.and_(
    _columns.token_hash == sa.bindparam("token_hash"),
    _columns.expires_at > sa.bindparam("now"),
    _columns.seen_at > sa.bindparam("seen"),
    User.__table__.c.disabled_at.is_(None),
)

login_manager = LoginManager()


def hashed(token: str) -> str:
    """What is stored of a token: it is random, so a plain SHA-256 does."""
    return hashlib.sha256(token.encode()).hexdigest()


def asked(token: str) -> dict[str, Any]:
    """The values for HOLDS."""
    now = utcnow()
    return {"token_hash": hashed(token), "now": now, "seen": now - SEEN_EVERY}


def token_of(request: Request) -> str | None:
    """The token that a request carries which Flask has not opened."""
    opened = current_app.session_interface.open_session(current_app, request)
    return opened.get(COOKIE_KEY) if opened is not None else None


def lifetime(user: User) -> timedelta:
    """How long a sign-in holds: what staff see is worth a shorter one."""
    hours = settings.session_hours
    return timedelta(hours=min(hours, settings.staff_session_hours) if user.is_staff else hours)


def start(user: User, *, browser: str = "", address: str = "", id_token: str = "", sid: str = "") -> str:
    """Begin a sign-in of the user and return the token for the cookie."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=hashed(token),
            user_id=user.id,
            browser=browser[:200],
            address=address,
            id_token=id_token,
            sid=sid,
            expires_at=utcnow() + lifetime(user),
        )
    )
    user.last_sign_in_at = utcnow()
    return token


def end(session_id: uuid.UUID, user: User) -> bool:
    """End one of the user's own sign-ins; False when it is not theirs or already ended."""
    ended = sa.delete(UserSession).where(UserSession.id == session_id, UserSession.user_id == user.id)
    return bool(db.changed(ended))


def end_all(user: User, *, keep: uuid.UUID | None = None) -> int:
    """End all sign-ins of the user but the one to keep; returns how many."""
    ended = sa.delete(UserSession).where(UserSession.user_id == user.id)
    if keep is not None:
        ended = ended.where(UserSession.id != keep)
    return db.changed(ended)


def end_of_provider(sub: str, sid: str) -> Counter[User]:
    """End the sign-ins that the provider's session carries, or all of the person where it names none; how many of each.

    At least one of `sub` and `sid` is given.
    """
    meant = sa.select(UserSession).join(UserSession.user).options(contains_eager(UserSession.user))
    if sub:
        meant = meant.where(User.sub == sub)
    if sid:  # with a person at hand, sign-ins without a session's name as well
        meant = meant.where(UserSession.sid.in_([sid, ""] if sub else [sid]))
    rows = db.session.scalars(meant).all()
    db.session.execute(sa.delete(UserSession).where(UserSession.id.in_([row.id for row in rows])))
    return Counter(row.user for row in rows)


def shorten(user: User) -> None:
    """Hold the sign-ins of somebody who has become staff to the time that staff have."""
    latest = utcnow() + lifetime(user)
    longer = sa.update(UserSession).where(UserSession.user_id == user.id, UserSession.expires_at > latest)
    db.session.execute(longer.values(expires_at=latest))


def end_token(token: str | None) -> None:
    """End the sign-in of a cookie that is about to be replaced."""
    if token:
        db.session.execute(sa.delete(UserSession).where(UserSession.token_hash == hashed(token)))


def current() -> UserSession | None:
    """The sign-in of this request."""
    row: UserSession | None = g.get("user_session")
    return row


@login_manager.request_loader
def load(_request: Request) -> User | None:
    """Find who is signed in: one query; the time last seen is written every few minutes only."""
    token = session.get(COOKIE_KEY)
    if not token:
        return None
    values = {"token_hash": hashed(token), "now": utcnow()}
    row = db.session.scalar(FOUND, values)
    if row is None or not row.user.is_active:
        return None
    if row.seen_at < utcnow() - SEEN_EVERY:
        _touch(row.id)
        row = db.session.scalar(FOUND, values)
    g.user_session = row
    return row.user if row is not None else None


def _touch(session_id: uuid.UUID) -> None:
    """Write the time last seen; while the database is busy that can wait for the next look."""
    try:
        db.begin_writing().execute(sa.update(UserSession).where(UserSession.id == session_id).values(seen_at=utcnow()))
        db.session.commit()
    except OperationalError:
        db.begin_anew()


def init_app(app: Flask) -> None:
    """Let Flask-Login ask here."""
    app.config["SESSION_PROTECTION"] = None
    login_manager.session_protection = None
    login_manager.init_app(app)
