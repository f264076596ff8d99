"""`flask check` says whose files and folders are, where that is not as it should be, and what to type."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from tests.plugins.servers import temporary_folder
from tests.support.modes import ANOTHER, SHARED, WORKER, as_root, mode, umask
from webapp import create_app
from webapp.core import files
from webapp.core.config import Settings
from webapp.core.db import db
from webapp.setup.command import explain

ROOT = Path(__file__).parent.parent.parent
Check = Callable[..., str]
ME = files.user_name(os.geteuid())


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, which every user of the machine may enter."""
    with temporary_folder() as folder:
        monkeypatch.chdir(folder)
        yield folder


@pytest.fixture
def check(place: Path) -> Check:
    """Runs the command in that folder; returns all that it says."""

    def _check(*options: str, **settings: str) -> str:
        app = create_app(Settings(environment="testing", **settings))  # type: ignore[arg-type]
        with app.app_context():
            done = app.test_cli_runner().invoke(args=["check", *options])
            db.dispose()
        assert isinstance(done.exception, SystemExit | None), done.exception
        return done.output

    return _check


@as_root
def test_a_database_of_another_user_that_others_may_read_is_warned_of(check: Check, place: Path):
    (place / "var").mkdir()
    file = place / "var" / "frontdesk.sqlite3"
    file.touch()
    file.chmod(0o644)
    os.chown(file, ANOTHER, ANOTHER)
    said = check()
    assert f"- {file} belongs to user {ANOTHER} and group {ANOTHER}, mode 0644: others may read it" in said
    assert f"As root: chown {ME} {file} && chmod 600 {file}" in said
    for each in (place / "var").iterdir():  # SQLite gives what it makes to the owner of the database
        os.chown(each, 0, 0)
    assert "belongs to" not in check() and mode(file) == "0600", "it was only looked at, and could be narrowed"


def test_a_fresh_folder_needs_only_the_upgrade_command(place: Path):
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    line = [sys.executable, "-m", "flask", "--app", str(ROOT / "wsgi"), "db", "upgrade"]
    with umask(0):
        subprocess.run(line, env=plain | {"FRONTDESK_ENVIRONMENT": "development"}, cwd=place, check=True)
    assert {path.name: mode(path) for path in place.rglob("*")} == {"var": "0700", "frontdesk.sqlite3": "0600"}


def test_to_look_makes_nothing(check: Check, place: Path):
    check()
    assert list(place.iterdir()) == []


def test_a_database_that_frontdesk_may_not_write_is_named_with_its_owner(check: Check, place: Path):
    if os.geteuid() == 0:
        pytest.skip("root may write everything")
    (place / "var").mkdir()
    (place / "var" / "frontdesk.sqlite3").touch(mode=0o400)
    assert "FRONTDESK_DATABASE_URL: it cannot be written" in check("--connect")


def test_who_may_write_recordings_is_said_and_what_to_set_for_a_worker_of_another_user(check: Check, place: Path):
    said = check("--connect")
    folder = place / "var" / "recordings" / "recordings"
    assert f"Recordings' folder: open. {folder} belongs to user {ME} and group" in said
    assert "mode 0700. An egress worker of another user may not write there" in said
    assert "FRONTDESK_RECORDINGS_GROUP" in said


@as_root
def test_who_may_write_recordings_is_said_of_a_folder_that_a_group_shares(check: Check):
    said = check("--connect", recordings_group=str(SHARED))
    assert f"group {SHARED}, mode 2770. An egress worker whose user is in that group may write there." in said


@as_root
def test_a_folder_that_does_not_stand_as_the_settings_want_is_a_problem_with_its_cure(check: Check, place: Path):
    folder = place / "recordings"
    folder.mkdir(mode=0o755)
    os.chown(folder, WORKER, WORKER)
    said = check("--connect", recordings_dir=str(place), recordings_group=str(SHARED))
    assert f"FRONTDESK_RECORDINGS_DIR: {folder} belongs to user {WORKER} and group {WORKER}, mode" in said
    assert "The settings ask for something else" in said and f"Frontdesk runs as {ME}" in said
    assert f"As root: install -d -o {ME} -g {SHARED} -m 2770 {folder}." in said


def test_a_folder_that_cannot_be_written_says_why_and_what_to_type(check: Check, place: Path):
    (place / "recordings").touch()
    said = check("--connect", recordings_dir=str(place))
    assert "FRONTDESK_RECORDINGS_DIR: it cannot be written: File exists. " in said
    assert f"As root: install -d -o {ME} -g GROUP -m 2770 {place}/recordings." in said


@pytest.mark.parametrize("value", ["rwxrwx---", "9", "77", "0o", "27700", "-770", "2 770"])
def test_a_mode_that_is_none_is_refused(value: str):
    with pytest.raises(ValidationError) as refused:
        Settings(environment="testing", recordings_mode=value)
    said = explain(refused.value, {"FRONTDESK_ENVIRONMENT": "testing"})
    assert "FRONTDESK_RECORDINGS_MODE should be a folder's mode in octal digits, such as 2770" in said


def test_a_mode_that_shuts_frontdesk_itself_out_is_refused():
    with pytest.raises(ValidationError, match="should let Frontdesk's own user read, write and enter"):
        Settings(environment="testing", recordings_mode="0570")


@pytest.mark.parametrize("value", ["no-such-group-here", "-1", "9" * 12, "a\0b"])
def test_a_group_that_the_machine_does_not_know_is_refused_and_not_repeated(value: str):
    with pytest.raises(ValidationError) as refused:
        Settings(environment="testing", recordings_group=value)
    said = explain(refused.value, {"FRONTDESK_ENVIRONMENT": "testing"})
    assert "FRONTDESK_RECORDINGS_GROUP should be a group that this machine knows (getent group), or its" in said
    assert value not in said


@pytest.mark.parametrize(("given", "meant"), [("", None), ("2770", 0o2770), ("0750", 0o750), ("0o770", 0o770)])
def test_a_mode_is_read_as_chmod_reads_it(given: str, meant: int | None):
    assert Settings(environment="testing", recordings_mode=given).recordings_folder_mode == meant


def test_a_group_is_named_or_numbered():
    assert Settings(environment="testing", recordings_group="root").recordings_gid == 0
    assert Settings(environment="testing", recordings_group="4711").recordings_gid == 4711
    assert Settings(environment="testing", recordings_group="").recordings_gid is None
