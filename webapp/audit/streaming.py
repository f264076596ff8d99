"""The entries themselves are sent to another system as they are sealed: in the chain's order, until they arrive.

At least once: who dies between the sending and the commit sends a batch again. Where the chain is not the one that was
sent from, as after a restore, it is sent from its beginning.
"""

import hashlib
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from typing import Any

import sqlalchemy as sa
import structlog

from webapp.audit import encoding, records, sending, syslog
from webapp.audit.chain_models import AuditSeal, HeadOutlet
from webapp.audit.encoding import Record
from webapp.audit.models import AuditEntry
from webapp.audit.outlets import arrived, failed, is_resting
from webapp.audit.sending import NotSent
from webapp.core.audit_values import StreamAddress, stream_address
from webapp.core.db import db, utcnow
from webapp.core.settings import settings

log = structlog.get_logger()
BATCH = 100
BUDGET = 30.0  # seconds for one round; what is left is sent in the next
GONE, A_DAY = "http_410", timedelta(days=1)  # who wants no more is asked again, but not often
PERSONAL = ("name",)  # changed fields whose values name somebody or something: they stay here


@dataclass(frozen=True)
class StreamStanding:
    """Where entries are streamed to, how far that is, and how many seals are left."""

    kind: str
    outlet: HeadOutlet
    waiting: int


def send() -> None:
    """Send what was sealed since, batch after batch, for as long as a round may take. Commits."""
    address = stream_address(settings.audit_stream_url)
    if address is None:
        return
    outlet = _outlet()
    if is_resting(outlet, A_DAY if outlet.problem == GONE else None):
        return
    end, until = records.end(), time.monotonic() + BUDGET
    _begin_anew_on_another_chain(outlet, end)
    for batch in _batches(records.sealed(outlet.seq, end)):
        if not _send(address, outlet, batch) or time.monotonic() >= until:
            return


def standing() -> StreamStanding | None:
    """How the stream stands; None where there is none."""
    address = stream_address(settings.audit_stream_url)
    if address is None:
        return None
    outlet = _outlet()
    return StreamStanding(address.kind, outlet, max(records.end() - outlet.seq, 0))


def name() -> str:
    """What the place is kept under: another address is another place, and begins at the chain's beginning."""
    return "stream:" + hashlib.sha256(settings.audit_stream_url.encode()).hexdigest()[:8]


def _outlet() -> HeadOutlet:
    return db.session.get(HeadOutlet, name()) or HeadOutlet(name=name(), seq=0, hash="", failures=0, problem="")


def _begin_anew_on_another_chain(outlet: HeadOutlet, end: int) -> None:
    """What was sent last has another hash now, or no place any more: none of its followers was sent either."""
    there = db.session.scalar(sa.select(AuditSeal.hash).where(AuditSeal.seq == outlet.seq))
    db.session.commit()
    if outlet.seq > end or (there is not None and there != outlet.hash):
        log.warning("audit_stream.begun_anew", seq=outlet.seq, end=end)
        outlet.seq, outlet.hash = 0, ""


def _batches(rows: Iterator[dict[str, Any]]) -> Iterator[list[Record]]:
    while batch := list(islice(rows, BATCH)):
        yield _told(batch)


def _told(batch: Iterable[Record]) -> list[Record]:
    """The records as they leave: with the network address, without salts, and without what is called by whom."""
    batch = list(batch)
    entries = sa.select(AuditEntry.id, AuditEntry.address).where(AuditEntry.id.in_({row["entry"] for row in batch}))
    with db.reader.connect() as connection:
        addresses = {row.id: row.address for row in connection.execute(entries)}
    return [_one(record, addresses.get(record["entry"], "")) for record in batch]


def _one(record: Record, address: str) -> Record:
    told = {name: value for name, value in record.items() if name != "salt"}
    if "details" not in told:  # an outcome alone, or what cannot be read
        return told
    details = dict(told["details"])
    if "changes" in details:
        details["changes"] = {field: each for field, each in details["changes"].items() if field not in PERSONAL}
    return {**told, "details": details, "address": address}


def _send(address: StreamAddress, outlet: HeadOutlet, batch: list[Record]) -> bool:
    """Hand a batch over, in no transaction, and keep how far that is; False when it did not arrive. Commits."""
    db.session.commit()
    try:
        _hand_over(address, batch)
    except NotSent as error:
        log.warning("audit_stream.not_sent", kind=address.kind, code=error.code)
        failed(outlet, error.code)
        return False
    last = batch[-1]
    outlet.seq, outlet.hash = last["seq"], last["hash"]
    arrived(outlet)
    return True


def _hand_over(address: StreamAddress, batch: list[Record]) -> None:
    if address.kind != "webhook":
        syslog.send(address, batch, settings.audit_timeout)
        return
    first, last = batch[0], batch[-1]
    told = {"type": "audit.entries", "timestamp": encoding.moment(utcnow()), "data": {"entries": batch}}
    message = f"entries_{first['seq']}_{last['seq']}_{last['hash'][:16]}"
    secret = settings.audit_stream_secret.get_secret_value()
    sending.post(settings.audit_stream_url, secret, message, encoding.canonical(told))
