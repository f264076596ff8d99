"""What the files for deploying name is there."""

import re
from pathlib import Path

import pytest

from tests.support.installed import ROOT
from webapp.core.config import Settings

FOLDER = ROOT / "deploy"
FILES = sorted(path for path in FOLDER.rglob("*") if path.is_file())
KNOWN = {f"FRONTDESK_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_every_setting_that_a_file_names_is_one(path: Path):
    assert set(re.findall(r"FRONTDESK_[A-Z][A-Z_]*[A-Z]", path.read_text())) - KNOWN == set()
