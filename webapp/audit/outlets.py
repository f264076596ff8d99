"""Heads are sent to where the database's administrators do not reach, a file or a webhook, until they arrive.

At least once: who dies between the sending and the commit sends the same head again, which says the same.
"""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa
import structlog

from webapp.audit import encoding, records, sending
from webapp.audit.chain_models import HeadOutlet
from webapp.audit.encoding import Record
from webapp.audit.sending import NotSent
from webapp.core.db import db, utcnow
from webapp.core.settings import settings

log = structlog.get_logger()
FILE, WEBHOOK = "file", "webhook"
EVERY = timedelta(minutes=10)  # between two heads that were taken
LONGEST = timedelta(hours=1)  # between two tries


def send() -> None:
    """Send the newest head to each place that is due to get one. Commits."""
    head = records.newest_head()
    if head is None:
        return
    record = records.head(head)
    for name, hand_over in _places().items():
        _send(name, record, hand_over)


def standing() -> list[HeadOutlet]:
    """The places that heads are sent to, and what became of it."""
    rows = {row.name: row for row in db.session.scalars(sa.select(HeadOutlet))}
    return [rows.get(name) or HeadOutlet(name=name, seq=0, problem="") for name in _places()]


def proven_until(places: Iterable[HeadOutlet]) -> datetime | None:
    """When the newest head that one of them has was made, None without any: what was sealed since could be cut off."""
    sealed = (datetime.fromisoformat(place.head["sealed_at"]) for place in places if place.sent_at)
    return max(sealed, default=None)


def kept() -> list[Record]:
    """The heads that are known to be elsewhere: those in the file, and the last that each place took."""
    with db.reader.connect() as connection:
        last: Sequence[Record] = connection.scalars(sa.select(HeadOutlet.head)).all()
    return [*_of_file(), *(head for head in last if head)]


def configured() -> list[str]:
    """The names of the places that the settings know."""
    return list(_places())


def _places() -> dict[str, Callable[[Record], None]]:
    places: dict[str, Callable[[Record], None]] = {}
    if settings.audit_heads_file:
        places[FILE] = _append
    if settings.audit_heads_url:
        places[WEBHOOK] = _post
    return places


def _send(name: str, head: Record, hand_over: Callable[[Record], None]) -> None:
    outlet = db.session.get(HeadOutlet, name) or HeadOutlet(name=name, seq=0, failures=0)
    if not _is_due(outlet, head):
        return
    db.session.commit()  # nothing waits for us while we wait for others
    try:
        hand_over(head)
    except NotSent as error:
        log.warning("audit_head.not_sent", outlet=name, code=error.code)
        failed(outlet, error.code)
        return
    outlet.seq, outlet.head = head["seq"], dict(head)
    arrived(outlet)


def arrived(outlet: HeadOutlet) -> None:
    """Keep that a try succeeded, together with how far that is. Commits."""
    outlet.sent_at = outlet.tried_at = utcnow()
    outlet.problem, outlet.failures, outlet.failing_since = "", 0, None
    db.session.add(outlet)
    db.session.commit()


def failed(outlet: HeadOutlet, code: str) -> None:
    """Keep why a try failed, and since when they do. Commits."""
    outlet.problem, outlet.failures, outlet.tried_at = code, outlet.failures + 1, utcnow()
    outlet.failing_since = outlet.failing_since or outlet.tried_at
    db.session.add(outlet)
    db.session.commit()


def is_resting(outlet: HeadOutlet, pause: timedelta | None = None) -> bool:
    """The last try failed, and the next one is not due yet: ever later, unless the pause is given."""
    if outlet.tried_at is None or not outlet.failures:
        return False
    rest = pause or min(timedelta(minutes=2 ** min(outlet.failures - 1, 10)), LONGEST)
    return utcnow() < outlet.tried_at + rest


def _is_due(outlet: HeadOutlet, head: Record) -> bool:
    if outlet.tried_at is None:
        return True
    if outlet.failures:
        return not is_resting(outlet)
    return outlet.head != head and utcnow() >= outlet.tried_at + EVERY


def _append(head: Record) -> None:
    """One line more, on the disk when this returns; the file may be one that can only be appended to."""
    line = json.dumps({"what": "head", **head}) + "\n"
    try:
        with Path(settings.audit_heads_file).open("a", encoding="utf-8") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise NotSent("not_written") from error


def _of_file() -> list[Record]:
    """The heads in the file; a line that was not written to its end is none."""
    if not settings.audit_heads_file:
        return []
    try:
        lines = Path(settings.audit_heads_file).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    return [head for head in map(_parsed, lines) if head is not None]


def _parsed(line: str) -> Record | None:
    try:
        told = json.loads(line)
        return {name: kind(told[name]) for name, kind in records.HEAD.items()}
    except (ValueError, KeyError, TypeError, RecursionError):
        return None


def _post(head: Record) -> None:
    """Post it as Standard Webhooks 1.0 says, with its symmetric signature."""
    body = encoding.canonical({"type": "audit.head", "timestamp": head["sealed_at"], "data": head})
    message = f"head_{head['seq']}_{head['hash'][:16]}"
    sending.post(settings.audit_heads_url, settings.audit_heads_secret.get_secret_value(), message, body)
