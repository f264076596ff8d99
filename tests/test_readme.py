"""The README says what is so."""

import re
from pathlib import Path

import pytest

from tools import settings

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text()


def test_the_table_of_settings_is_the_settings_class():
    page = settings.PAGE.read_text()
    assert settings.with_table(page) == page, "run `make settings`"


def test_it_stays_short_enough_to_be_read():
    assert len(TEXT.splitlines()) < 200


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"make ([a-z-]+)", TEXT)) <= targets


def test_every_flask_command_it_names_exists(app):
    assert set(re.findall(r"flask (?:--env-file \S+ )?([a-z-]+)", TEXT)) <= set(app.cli.commands) | {"routes", "shell"}


def test_every_file_it_links_to_exists():
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert [link for link in links if not (ROOT / link).exists()] == []


@pytest.mark.parametrize("folder", re.findall(r"^  ([a-z]+)/ ", TEXT, re.MULTILINE))
def test_every_folder_of_its_layout_exists(folder: str):
    assert (ROOT / "webapp" / folder).is_dir() or (ROOT / folder).is_dir()
