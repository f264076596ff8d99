"""What a newcomer reads and runs before the first change says what is so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAKEFILE = (ROOT / "Makefile").read_text()
DOCUMENTS = ("CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md")


def test_the_hooks_before_a_commit_run_exactly_what_make_lint_runs():
    recipe = re.search(r"^lint:.*\n((?:\t.+\n)+)", MAKEFILE, re.MULTILINE)
    lines = [line.strip().replace("$(RUN)", ".venv/bin") for line in recipe[1].splitlines()]
    hooks = re.findall(r"entry: (.+?), language: system", (ROOT / ".pre-commit-config.yaml").read_text())
    assert hooks == lines


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_that_a_document_names_exists(document: str):
    targets = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z-]+)", (ROOT / document).read_text(), re.MULTILINE)) <= targets


def test_the_contributors_guide_can_be_read_in_one_go():
    assert len((ROOT / "CONTRIBUTING.md").read_text().splitlines()) < 80


def test_the_changelog_begins_with_what_is_not_released_yet():
    sections = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert sections[0] == "[Unreleased]"


def test_the_package_names_the_licence_of_the_file():
    assert (ROOT / "LICENSE").read_text().startswith("MIT License\n\nCopyright (c) 2026 The Frontdesk authors\n")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text()
