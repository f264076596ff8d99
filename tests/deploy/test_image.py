"""The Dockerfile: linted, and its steps taken by hand, because no image can be built where the tests run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.support.installed import ROOT
from tests.support.waiting import PATIENCE

FILE = ROOT / "deploy" / "Dockerfile"
IGNORED = ROOT / "deploy" / "Dockerfile.dockerignore"


@dataclass
class Stage:
    """A stage of the build: its base, its name and what is done in it."""

    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, word: str) -> list[str]:
        """The rest of each line that begins with the word."""
        return [rest for instruction, rest in self.steps if instruction == word]

    @property
    def copied(self) -> list[tuple[list[str], str]]:
        """What is copied out of the context, and where to."""
        words = [shlex.split(rest) for rest in self.all("COPY")]
        return [(each[:-1], each[-1]) for each in words if not each[0].startswith("--from")]


def stages() -> dict[str, Stage]:
    """The stages by name."""
    found: dict[str, Stage] = {}
    text = re.sub(r"^#.*\n", "", FILE.read_text(), flags=re.MULTILINE).replace("\\\n", " ")
    for line in filter(None, text.splitlines()):
        instruction, _blank, rest = line.partition(" ")
        if instruction == "FROM":
            base, _as, name = rest.split()
            stage = found[name] = Stage(base, name)
        else:
            stage.steps.append((instruction, rest.strip()))
    return found


def test_hadolint_has_nothing_to_say(tmp_path: Path):
    hadolint = Path(sys.executable).parent / "hadolint"
    for text, well in ((FILE.read_text(), True), ("FROM nginx:latest\nRUN cd /tmp\n", False)):
        file = tmp_path / "Dockerfile"
        file.write_text(text)
        tried = subprocess.run([hadolint, file], capture_output=True, text=True, timeout=PATIENCE, check=False)
        assert (tried.returncode == 0) is well, tried.stdout


def test_the_process_is_no_root_the_packages_are_checked_and_bases_have_versions():
    frontdesk, build = stages()["frontdesk"], stages()["build"]
    assert frontdesk.all("USER") == ["10001:10001"]
    assert "/healthz" in frontdesk.all("HEALTHCHECK")[0]
    assert any("--require-hashes --requirement requirements.txt" in step for step in build.all("RUN"))
    for stage in stages().values():
        assert re.fullmatch(r"[a-z]+:[0-9][\w.-]*", stage.base), stage.base
    assert frontdesk.base == build.base, "the environment is copied from the one to the other"


def test_the_context_holds_what_is_copied_and_nothing_else():
    copied = {source for stage in stages().values() for sources, _target in stage.copied for source in sources}
    first, *others = IGNORED.read_text().split()
    allowed = {each.removeprefix("!") for each in others if each.startswith("!")}
    assert first == "*"
    assert {source if source in allowed else source.split("/")[0] for source in copied} == allowed
    assert all((ROOT / source).exists() for source in copied)
    assert {each for each in others if not each.startswith("!")} == {"**/__pycache__", "**/*.mo"}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The folder that the image would have, built by the steps that stand there but for the packages."""
    build, folder = stages()["build"], tmp_path / "image"
    folder.mkdir()
    (folder / ".venv").symlink_to(sys.prefix)
    for sources, target in build.copied:
        for source in sources:
            to = folder / target / (Path(source).name if target == "./" else "")
            if (ROOT / source).is_dir():
                shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__", "*.mo"))
            else:
                shutil.copy(ROOT / source, to)
    for step in build.all("RUN"):
        if "pip install" not in step:
            subprocess.run(["/bin/sh", "-ec", step], cwd=folder, check=True, timeout=PATIENCE, env=plain())
    return folder


def plain(**settings: str) -> dict[str, str]:
    """An environment with nothing of Frontdesk's but these."""
    return {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", **settings}


def contents(folder: Path) -> dict[str, float]:
    """Every file with the time of its last change."""
    return {
        str(path.relative_to(folder)): path.stat().st_mtime for path in folder.rglob("*") if ".venv" not in path.parts
    }


def test_what_is_copied_is_enough_and_nothing_is_written_beside_it(image: Path, tmp_path: Path):
    before = contents(image)
    assert "webapp/translations/fr/LC_MESSAGES/messages.mo" in before
    assert not [path for path in before if path.startswith(("tools", "tests", "simulator"))]
    database = f"sqlite:///{tmp_path / 'frontdesk.sqlite3'}"
    told = dict(each.split("=", 1) for each in stages()["frontdesk"].all("ENV")[0].split())
    settings = {"FRONTDESK_ENVIRONMENT": "development", "FRONTDESK_DATABASE_URL": database}
    settings |= {"FRONTDESK_STORAGE_URL": "s3://recordings?endpoint=http://127.0.0.1:9"}
    for words in (["db", "upgrade"], ["check"]):
        command = [image / ".venv" / "bin" / "flask", *words]
        run = {"cwd": image, "env": plain(**told, **settings), "capture_output": True, "text": True}
        tried = subprocess.run(command, timeout=PATIENCE, check=False, **run)
        assert tried.returncode == 0, tried.stdout + tried.stderr
    check = [image / ".venv" / "bin" / "gunicorn", "--check-config", "wsgi:app"]
    subprocess.run(check, cwd=image, env=plain(**told, **settings), check=True, timeout=PATIENCE)
    assert contents(image) == before
