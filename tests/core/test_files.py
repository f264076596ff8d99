"""What Frontdesk writes on its machine is its own user's alone, whatever the umask is or was."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.modes import ANOTHER, as_root, mode, umask
from webapp import create_app
from webapp.core import files
from webapp.core.config import Settings
from webapp.core.db import db

ENDS = ("", "-shm", "-wal")
pytestmark = pytest.mark.usefixtures("place")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory, with nothing in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@contextmanager
def in_use(**settings: str) -> Iterator[None]:
    """A database that is open and has been written to, so that all of SQLite's files are there."""
    with create_app(Settings(environment="testing", **settings)).app_context():  # type: ignore[arg-type]
        with db.engine.begin() as connection:
            connection.execute(sa.text("CREATE TABLE IF NOT EXISTS kept (number int)"))
        with db.engine.connect():
            yield
        db.dispose()


def modes(folder: Path) -> dict[str, str]:
    return {path.name: mode(path) for path in folder.glob("*.sqlite3*")}


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o277])
def test_a_new_database_and_its_folder_are_of_its_user_alone_whatever_the_umask(place: Path, mask: int):
    with umask(mask), in_use():
        assert mode(place / "var") == "0700"
        assert modes(place / "var") == {f"frontdesk.sqlite3{end}": "0600" for end in ENDS}


def test_what_an_earlier_release_made_is_narrowed_at_the_next_start(place: Path):
    (place / "var").mkdir()
    with umask(0o022):
        for end in ("", "-journal"):
            (place / "var" / f"frontdesk.sqlite3{end}").touch()
    (place / "var").chmod(0o755)
    create_app(Settings(environment="testing"))
    assert mode(place / "var") == "0700" and set(modes(place / "var").values()) == {"0600"}


def test_a_database_that_is_open_elsewhere_has_its_log_narrowed_too(place: Path):
    with in_use():
        for file in (place / "var").glob("*.sqlite3*"):
            file.chmod(0o644)
        create_app(Settings(environment="testing"))
        assert modes(place / "var") == {f"frontdesk.sqlite3{end}": "0600" for end in ENDS}


def test_a_folder_that_a_setting_names_keeps_its_mode_and_the_database_in_it_does_not(place: Path):
    folder = place / "data"
    folder.mkdir()
    folder.chmod(0o755)
    with umask(0), in_use(database_url=f"sqlite:///{folder}/desk.sqlite3"):
        assert mode(folder) == "0755"
        assert modes(folder) == {f"desk.sqlite3{end}": "0600" for end in ENDS}


def test_no_folder_is_made_for_an_address_with_a_slip_in_it(place: Path):
    app = create_app(Settings(environment="testing", database_url=f"sqlite:///{place}/dta/desk.sqlite3"))
    with app.app_context(), pytest.raises(sa.exc.OperationalError), db.engine.connect():
        pass
    assert list(place.iterdir()) == []


@as_root
def test_what_belongs_to_another_user_is_left_as_it_is_and_known(place: Path):
    (place / "var").mkdir()
    file = place / "var" / "frontdesk.sqlite3"
    file.touch()
    file.chmod(0o644)
    os.chown(file, ANOTHER, ANOTHER)
    create_app(Settings(environment="testing"))
    found = files.exposed(file, files.FILE)
    assert found is not None and mode(file) == "0644"
    assert found.words == f"{file} belongs to user {ANOTHER} and group {ANOTHER}, mode 0644"


@pytest.mark.parametrize(
    "address", ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "postgresql://desk/x"]
)
def test_what_is_no_file_makes_none(place: Path, address: str):
    assert list(files.database_files(address)) == []
