"""On PostgreSQL, what the application's own role may do where another role owns the tables and runs the upgrades.

It may do to all tables what the application does, but of the audit log change no more than becomes known later or is
forgotten, and delete nothing. Nothing here imports the application, nor Alembic, which no server needs.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

# Of a log that is only added to, these columns alone may be changed: the outcome of a deed that LiveKit must do, and
# what it was done to, follow; what people typed, and addresses, go. The chain tells whether they were used otherwise.
CHANGED_LATER = {
    "audit_entries": ("outcome", "problem", "target_id", "reason", "details", "address"),
    "audit_seals": ("salt", "forgotten", "reason_commitment", "details_commitment"),
}
READ_ALONE = ("audit_anchors", "alembic_version")  # whoever deletes the oldest entries, or upgrades, writes them
UPDATES = sa.text(
    "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
    "WHERE NOT a.attisdropped AND c.oid = to_regclass(:table) AND has_column_privilege(c.oid, a.attnum, 'UPDATE')"
)
DELETES = sa.text("SELECT has_table_privilege(:table, 'DELETE') OR has_table_privilege(:table, 'TRUNCATE')")
OWNED = sa.text(
    "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
    "AND relkind IN ('r', 'S') AND pg_get_userbyid(relowner) = :role"
)


class Refused(Exception):
    """The role cannot be kept from anything; the text says why, and what an operator can do."""


def refuse(connection: Connection, role: str) -> None:
    """Raise Refused for a role that is none, owns the tables, or may do whatever their owner may."""
    known = connection.execute(
        sa.text("SELECT rolsuper, pg_has_role(rolname, current_user, 'MEMBER') FROM pg_roles WHERE rolname = :role"),
        {"role": role},
    ).first()
    if known is None:
        raise Refused(f"There is no role {role}, which FRONTDESK_DATABASE_APPLICATION_ROLE names: create it first.")
    if role == connection.scalar(sa.text("SELECT current_user")):
        raise Refused(
            f"FRONTDESK_DATABASE_APPLICATION_ROLE names {role}, which runs this upgrade: let a role of its own run it, "
            "which owns the tables."
        )
    if any(known):
        raise Refused(f"{role} is a superuser, or a member of the role that runs this upgrade: nothing could be kept.")
    if connection.scalar(OWNED, {"role": role}):
        owner = connection.scalar(sa.text("SELECT current_user"))
        raise Refused(
            f"{role} owns the tables, and so may do anything to them. As a superuser, in this database: "
            f"REASSIGN OWNED BY {_quoted(connection, role)} TO {_quoted(connection, str(owner))}"
        )


def give(connection: Connection, role: str) -> None:
    """Grant the role what the application needs, on tables that are new, too, and nothing more on the log."""
    who = _quoted(connection, role)
    schema = _quoted(connection, str(connection.scalar(sa.text("SELECT current_schema()"))))
    inspector = sa.inspect(connection)
    tables = set(inspector.get_table_names())
    statements = [
        f"GRANT USAGE ON SCHEMA {schema} TO {who}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {who}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {who}",
    ]
    for table, columns in CHANGED_LATER.items():
        there = {column["name"] for column in inspector.get_columns(table)} if table in tables else set()
        if there:
            changed = ", ".join(column for column in columns if column in there)
            statements += [
                f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {who}, PUBLIC",
                f"GRANT UPDATE ({changed}) ON {table} TO {who}",
            ]
    for table in tables.intersection(READ_ALONE):
        statements.append(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {who}, PUBLIC")
    for statement in statements:
        connection.exec_driver_sql(statement)


def is_too_much(connection: Connection) -> bool:
    """Whether the role that is connected may do more to the log than `give` lets the application's."""
    for table, columns in CHANGED_LATER.items():
        named = {"table": table}
        may_change = {column for _table, column in connection.execute(UPDATES, named)}
        if may_change and (may_change - set(columns) or connection.scalar(DELETES, named)):
            return True
    return False


def _quoted(connection: Connection, name: str) -> str:
    return connection.dialect.identifier_preparer.quote(name)
