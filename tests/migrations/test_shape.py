"""The migrations make what the models describe, on both databases, and can be taken back."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.util import CommandError
from flask import Flask

from tests.migrations.drafts import Drafts
from webapp.core.db import db
from webapp.core.schema import configuration
from webapp.models import metadata


def described(look: Callable[[sa.Inspector, str], object]) -> dict[str, object]:
    """What the database says about each of its tables."""
    inspector = sa.inspect(db.engine)
    return {name: look(inspector, name) for name in sorted(inspector.get_table_names()) if name != "alembic_version"}


def shape(inspector: sa.Inspector, table: str) -> object:
    """Columns, keys and indexes of a table, in a form that compares."""
    return {
        "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in inspector.get_columns(table)},
        "primary": inspector.get_pk_constraint(table)["constrained_columns"],
        "foreign": sorted(
            (f["constrained_columns"], f["referred_table"], str(f["options"]))
            for f in inspector.get_foreign_keys(table)
        ),
        "indexes": sorted(
            (str(i["name"]), str(i["column_names"]), bool(i["unique"])) for i in inspector.get_indexes(table)
        ),
        "checks": sorted(str(c["name"]) for c in inspector.get_check_constraints(table)),
        "unique": sorted(str(u["column_names"]) for u in inspector.get_unique_constraints(table)),
    }


def test_migrating_up_makes_exactly_what_the_models_describe(empty: Flask):
    command.upgrade(configuration(), "head")
    migrated = described(shape)
    command.downgrade(configuration(), "base")
    metadata.create_all(db.engine)
    assert migrated == described(shape)


def test_no_model_asks_for_what_no_migration_makes(empty: Flask):
    command.upgrade(configuration(), "head")
    command.check(configuration())


def test_a_model_without_its_migration_is_noticed(empty: Flask):
    command.upgrade(configuration(), "head")
    with db.engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE rooms DROP COLUMN hide_phone_number"))
    with pytest.raises(CommandError, match="New upgrade operations detected"):
        command.check(configuration())


def test_migrating_down_leaves_nothing_and_up_again_works(empty: Flask):
    command.upgrade(configuration(), "head")
    command.downgrade(configuration(), "base")
    assert described(lambda _inspector, name: name) == {}
    command.upgrade(configuration(), "head")
    assert set(described(shape)) == set(metadata.tables)


def test_the_commands_move_the_database(empty: Flask):
    runner = empty.test_cli_runner()
    for words in (["upgrade"], ["check"], ["downgrade", "base"]):
        result = runner.invoke(args=["db", *words])
        assert result.exit_code == 0, result.output
    assert runner.invoke(args=["db", "check"]).exit_code == 1


def test_a_default_that_only_the_database_has_is_noticed(empty: Flask, drafts: Drafts):
    drafts.write("""
with op.batch_alter_table("rooms") as batch:
    batch.alter_column("web_count", server_default="7", existing_type=sa.Integer(), existing_nullable=False)
""")
    command.upgrade(drafts.configuration(), "head")
    with pytest.raises(CommandError, match="modify_default"):
        command.check(drafts.configuration())


def test_a_new_version_is_filed_under_its_day_and_minute(empty: Flask, drafts: Drafts):
    command.upgrade(configuration(), "head")
    written = command.revision(drafts.configuration(), "what it is for", version_path=str(drafts.folder))
    assert re.fullmatch(r"\d{4}_\d\d_\d\d_\d{4}_what_it_is_for\.py", Path(written.path).name)
