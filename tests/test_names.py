"""What others have written down keeps its name: addresses, commands, settings, metrics, columns, what is stored."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from flask import Flask
from prometheus_client import REGISTRY

from webapp.audit import sentences
from webapp.core.config import Settings
from webapp.doctor.kinds import Kind
from webapp.jobs import register
from webapp.models import metadata

# Bookmarks, scripts, dashboards, environment files and rows that exist know these names; new ones may come beside them.
KNOWN = json.loads((Path(__file__).parent / "names.json").read_text())


def commands(command: click.Command, path: str = "") -> Iterator[str]:
    """The commands below this one, with the words that lead to them."""
    if not isinstance(command, click.Group):
        yield path
        return
    for name, below in command.commands.items():
        yield from commands(below, f"{path} {name}".strip())


def names(app: Flask) -> dict[str, set[str]]:
    """The names that there are now, by what they name."""
    rules = list(app.url_map.iter_rules())
    return {
        "addresses": {f"{method} {rule.rule}" for rule in rules for method in rule.methods or ()},
        "audit_actions": set(sentences.SENTENCES),
        "commands": set(commands(app.cli)),
        "due_work": set(register.HANDLERS),
        "finding_kinds": {kind.value for kind in Kind},
        "jobs": {job.name for job in register.jobs()},
        "metrics": {metric.name for metric in REGISTRY.collect()},
        "settings": {f"FRONTDESK_{name.upper()}" for name in Settings.model_fields},
    }


@pytest.mark.parametrize("what", sorted(set(KNOWN) - {"tables"}))
def test_a_name_that_others_know_stays(app: Flask, what: str) -> None:
    assert set(KNOWN[what]) - names(app)[what] == set()


def test_tables_and_columns_that_exist_stay() -> None:
    found = {(table.name, column.name) for table in metadata.tables.values() for column in table.columns}
    known = {(table, column) for table, columns in KNOWN["tables"].items() for column in columns}
    assert known - found == set()


def test_everything_is_known_that_was_there_when_the_list_was_made() -> None:
    """An empty list would hold nobody to anything."""
    assert {what: len(known) > 3 for what, known in KNOWN.items()} == dict.fromkeys(KNOWN, True)
