"""The chain over the trail as tests see it: a key of their own, and what the verifier says of what is stored."""

from collections.abc import Callable, Mapping, Sequence

import sqlalchemy as sa
from pydantic import SecretStr

from webapp.audit import Actor, chain, keys, record, records
from webapp.audit.chain import ChainVerdict
from webapp.audit.chain_models import AuditSeal, ChainHead
from webapp.audit.models import AuditEntry
from webapp.core.db import db

PRIVATE = "nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="  # RFC 8032, 7.1, test 1
PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def sign(change_settings: Callable[..., None]) -> None:
    """Let the installation have the tests' key."""
    change_settings(audit_key=SecretStr(PRIVATE))


def write(count: int = 1) -> list[AuditEntry]:
    """Some entries, committed."""
    written = [record("job.run_now", f"job-{number}", Actor.system(), number=number) for number in range(count)]
    db.session.commit()
    return written


def entries() -> Sequence[AuditEntry]:
    """The trail, oldest first."""
    db.session.rollback()
    return db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()


def seals() -> Sequence[AuditSeal]:
    """The chain, as it is committed."""
    db.session.rollback()
    return db.session.scalars(sa.select(AuditSeal).order_by(AuditSeal.seq)).all()


def heads() -> Sequence[ChainHead]:
    """The heads, oldest first."""
    db.session.rollback()
    return db.session.scalars(sa.select(ChainHead).order_by(ChainHead.seq)).all()


def verdict(public: Mapping[str, str] | None = None) -> ChainVerdict:
    """What the verifier says of all that is stored, knowing the tests' key or others."""
    known = {keys.key_id(PUBLIC): PUBLIC} if public is None else public
    last, stored, anchor = records.end(), records.heads(), records.anchor()
    sealed = records.sealed(anchor["seq"], max(last, stored[-1]["seq"] if stored else 0))
    return chain.verify(sealed, stored, known, anchor=anchor)
