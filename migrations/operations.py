"""What a version does to a large table while people use it; versions say `from migrations import operations`.

On PostgreSQL each of these stands outside a transaction: an index is built CONCURRENTLY, and a constraint is added NOT
VALID, which takes an instant, and validated afterwards, while the table is read and written. So what one of them did
stays done when the next fails. Three things follow:

- a version that uses them does nothing else (RuntimeError where it does): its transaction would be committed half-way;
- each may be run again: what is complete is left alone, an index that stopped half-way (INVALID) is made anew;
- their waiting is theirs: a statement that stops others waits LOCK_SECONDS for its lock, one that does not waits long.

On SQLite they are plain operations inside the one transaction of the upgrade; a constraint makes its table anew.

These functions outlive the code, as versions do: what they promise may grow, but not change, and they import nothing of
the application.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

from migrations.running import LOCK_SECONDS

LONG = "15min"  # for locks behind which nobody waits: long transactions and backups end by then


def create_index(name: str, table: str, columns: Sequence[str], *, unique: bool = False, where: str = "") -> None:
    """Make an index, of the rows that fulfil `where` alone where it is given, while the table is written."""
    condition: dict[str, Any] = (
        {f"{dialect}_where": sa.text(where) for dialect in ("postgresql", "sqlite")} if where else {}
    )
    if not _on_postgresql():
        op.create_index(name, table, list(columns), unique=unique, **condition)
        return
    with _outside_transaction():
        valid = _scalar("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(quote_ident(:name))", name=name)
        if valid is False:
            op.drop_index(name, table, postgresql_concurrently=True)
        if not valid:
            op.create_index(name, table, list(columns), unique=unique, postgresql_concurrently=True, **condition)


def drop_index(name: str, table: str) -> None:
    """Take an index away while the table is written."""
    if not _on_postgresql():
        op.drop_index(name, table)
        return
    with _outside_transaction():
        op.drop_index(name, table, postgresql_concurrently=True, if_exists=True)


def create_check(name: str, table: str, condition: str) -> None:
    """Demand `condition` of every row; those that are there are looked through while the table is written."""
    if not _on_postgresql():
        with op.batch_alter_table(table) as batch:
            batch.create_check_constraint(op.f(name), sa.text(condition))
        return
    with _validated(name, table) as missing:
        if missing:
            op.create_check_constraint(op.f(name), table, sa.text(condition), postgresql_not_valid=True)


def create_foreign_key(
    name: str, table: str, columns: Sequence[str], other: str, keys: Sequence[str], *, ondelete: str | None = None
) -> None:
    """Demand that `columns` name a row of the other table; rows that are there are looked through meanwhile."""
    if not _on_postgresql():
        with op.batch_alter_table(table) as batch:
            batch.create_foreign_key(op.f(name), other, list(columns), list(keys), ondelete=ondelete)
        return
    with _validated(name, table) as missing:
        if missing:
            op.create_foreign_key(
                op.f(name), table, other, list(columns), list(keys), ondelete=ondelete, postgresql_not_valid=True
            )


def set_not_null(table: str, column: str, kind: sa.types.TypeEngine[object]) -> None:
    """Demand a value in every row; PostgreSQL believes a validated check and need not look through them again."""
    if not _on_postgresql():
        with op.batch_alter_table(table) as batch:
            batch.alter_column(column, existing_type=kind, nullable=False)
        return
    proof = f"ck_{table}_{column}_not_null"
    create_check(proof, table, f"{column} IS NOT NULL")
    op.alter_column(table, column, existing_type=kind, nullable=False)
    op.drop_constraint(op.f(proof), table, type_="check")


def _on_postgresql() -> bool:
    return op.get_context().dialect.name == "postgresql"


def _scalar(statement: str, **values: str) -> object:
    return op.get_bind().scalar(sa.text(statement), values)


@contextmanager
def _outside_transaction() -> Iterator[None]:
    """Leave the version's transaction, which has changed nothing yet; waits long for locks. Begins a new one after."""
    if _scalar("SELECT txid_current_if_assigned()") is not None:
        raise RuntimeError("what runs outside a transaction stands in a version of its own, and at its beginning")
    with op.get_context().autocommit_block():
        op.execute(f"SET lock_timeout = '{LONG}'")
        try:
            yield
        finally:
            op.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")


@contextmanager
def _validated(name: str, table: str) -> Iterator[bool]:
    """Whether the constraint is missing, to be added NOT VALID inside the block; afterwards it is validated."""
    there = (
        "SELECT convalidated FROM pg_constraint WHERE conname = :name AND conrelid = to_regclass(quote_ident(:table))"
    )
    with _outside_transaction():
        op.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")  # to add it stops writers
        yield _scalar(there, name=name, table=table) is None
        op.execute(f"SET lock_timeout = '{LONG}'")
        quoted = op.get_context().dialect.identifier_preparer.quote
        op.execute(f"ALTER TABLE {quoted(table)} VALIDATE CONSTRAINT {quoted(name)}")
