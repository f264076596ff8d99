"""What is kept about people: each feature says what it has of somebody, hands it out, and forgets it.

Rooms, recordings and the trail outlive a person: they go on to name the account by its id, which nobody can turn into
a name any more once the account is forgotten.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Flask, current_app

from webapp import audit
from webapp.accounts import service, sessions
from webapp.accounts.models import AccountChange, User, UserSession
from webapp.audit import Actor, forgetting
from webapp.audit import queries as audit_queries
from webapp.audit.models import AuditEntry
from webapp.core import paging
from webapp.core.db import db, utcnow

EXTENSION = "frontdesk.personal"
FORMAT = "frontdesk-personal-data/1"
Record = Mapping[str, Any]
Section = Callable[[User], Iterable[Record]]


@dataclass(frozen=True)
class PersonalData:
    """What one feature keeps: `sections` are its parts of the file, by their names there, and `forget` empties them.

    Both are called while the account still says who it is. What names it by its id alone goes on to do so.
    """

    sections: Mapping[str, Section]
    forget: Callable[[User, Actor], None] = lambda _user, _actor: None


def export(user: User, *, actor: Actor, reason: str = "") -> Iterator[str]:
    """All that is kept about the person, as JSON that is written while it is sent; it is recorded at once.

    Times are UTC (RFC 3339), and ids those of links.
    """
    audit.record("user.export", user, actor, reason=reason, person=str(user.id))
    return _written(user)


def forget(user: User, *, actor: Actor, reason: str) -> None:
    """Empty what is kept about the person, and close the account for good. A second time changes nothing."""
    if user.forgotten_at is not None:
        return
    audit.record("user.forget", user, actor, reason=reason, person=str(user.id))
    for kept in reversed(_all()):
        kept.forget(user, actor)


def _all() -> tuple[PersonalData, ...]:
    features: tuple[PersonalData, ...] = current_app.extensions[EXTENSION]
    return features


def _written(user: User) -> Iterator[str]:
    yield f'{{"format": {json.dumps(FORMAT)}, "exported_at": {json.dumps(_plain(utcnow()))}'
    for kept in _all():
        for name, section in kept.sections.items():
            yield f",\n{json.dumps(name)}: ["
            for number, record in enumerate(section(user)):
                yield (",\n  " if number else "\n  ") + json.dumps(record, default=_plain, ensure_ascii=False)
            yield "]"
    yield "}\n"


def _plain(value: Any) -> str:
    """Times, ids and words of a choice, as JSON has them."""
    if isinstance(value, str):
        return value
    if hasattr(value, "isoformat"):
        return str(value.isoformat().replace("+00:00", "Z"))
    return str(getattr(value, "value", value))


def fields(row: Any, *names: str) -> dict[str, Any]:
    """These fields of a row, by their names."""
    return {name: getattr(row, name) for name in names}


def _account(user: User) -> Iterator[Record]:
    names = ("id", "sub", "email", "full_name", "short_name", "language", "timezone", "theme", "staff")
    yield fields(user, *names, "created_at", "last_sign_in_at", "disabled_at")


def _sessions(user: User) -> Iterator[Record]:
    rows = db.session.scalars(sa.select(UserSession).where(UserSession.user_id == user.id).order_by(UserSession.id))
    yield from (fields(row, "browser", "address", "created_at", "seen_at", "expires_at") for row in rows)


def _changes(user: User) -> Iterator[Record]:
    rows = sa.select(AccountChange).where(AccountChange.user_id == user.id).order_by(AccountChange.at)
    names = ("at", "staff_before", "staff_after", "disabled_before", "disabled_after")
    yield from (fields(row, *names) for row in db.session.scalars(rows))


def _trail(user: User) -> Iterator[Record]:
    """What the person did, newest first; read in parts, for there may be much of it."""
    theirs = sa.select(AuditEntry).where(AuditEntry.user_id == user.id)
    names = ("at", "action", "target_kind", "target_id", "room_id", "reason", "details", "address", "origin", "outcome")
    for entries in paging.parts(lambda at: audit_queries.turn(theirs, at)):
        yield from (fields(entry, *names) for entry in entries)


def _forget(user: User, actor: Actor) -> None:
    sessions.end_all(user)
    forgetting.forget(user.id)
    service.forget(user, actor=actor)


ACCOUNT = PersonalData(
    {"account": _account, "sessions": _sessions, "account_changes": _changes, "audit_log": _trail}, _forget
)


def init_app(app: Flask, features: Iterable[PersonalData]) -> None:
    """Let the app know what features keep; the account itself comes first, and is the last to be forgotten."""
    app.extensions[EXTENSION] = (ACCOUNT, *features)
