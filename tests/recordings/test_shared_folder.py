"""Frontdesk and the egress worker share one folder by a group, and nobody else gets there."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.plugins.servers import temporary_folder
from tests.support.modes import ANOTHER, SHARED, WORKER, as_root, mode, umask
from webapp import create_app
from webapp.core.config import Settings
from webapp.recordings.sharing import SharedFolder
from webapp.recordings.storage import storage


@pytest.fixture
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, which every user of the machine may enter."""
    with temporary_folder() as folder:
        monkeypatch.chdir(folder)
        yield folder


@contextmanager
def ready(**settings: str) -> Iterator[Path]:
    """The folder that the worker writes, made as at the start of a recording."""
    app = create_app(Settings(environment="testing", **settings))  # type: ignore[arg-type]
    with app.app_context():
        storage().make_ready()
        yield app.extensions["frontdesk.settings"].recordings_dir / "recordings"


def writes(folder: Path, user: int, group: int) -> bool:
    """The user can write a file there, in a process of its own."""
    command = ["touch", str(folder / f"{user}.mp4")]
    return subprocess.run(command, user=user, group=group, extra_groups=[], check=False).returncode == 0


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o277])
def test_without_settings_the_folder_is_of_frontdesks_user_alone_whatever_the_umask(place: Path, mask: int):
    with umask(mask), ready() as folder:
        assert [mode(each) for each in (folder, folder.parent, place / "var")] == ["0700"] * 3


@as_root
def test_a_group_in_the_settings_lets_the_worker_write_there_and_nobody_else_come_near(place: Path):
    with umask(0o077), ready(recordings_group=str(SHARED)) as folder:
        assert (mode(folder), folder.stat().st_gid) == ("2770", SHARED)
        assert [mode(each) for each in (folder.parent, place / "var")] == ["0710", "0710"]
        assert writes(folder, WORKER, SHARED)
        assert not writes(folder, ANOTHER, ANOTHER)
        written = folder / f"{WORKER}.mp4"
        assert written.stat().st_gid == SHARED, "who makes it decides no group"


@as_root
def test_a_mode_in_the_settings_is_given_to_a_folder_that_exists(place: Path):
    with ready():
        pass
    with ready(recordings_group=str(SHARED), recordings_mode="2750") as folder:
        assert (mode(folder), folder.stat().st_gid) == ("2750", SHARED)
        assert not writes(folder, WORKER, SHARED)
    with ready(recordings_mode="0700") as folder:
        assert [mode(each) for each in (folder, folder.parent, place / "var")] == ["0700"] * 3


@as_root
def test_a_worker_that_writes_already_keeps_its_way_when_var_is_narrowed(place: Path):
    folder = Path("var/recordings/recordings")
    folder.mkdir(parents=True)
    os.chown(folder, WORKER, SHARED)
    folder.chmod(0o2770)
    for above in (folder.parent, place / "var"):
        above.chmod(0o755)
    with ready():
        assert (mode(folder), mode(folder.parent), mode(place / "var")) == ("2770", "0711", "0711")
        assert writes(folder, WORKER, SHARED) and not writes(folder, ANOTHER, ANOTHER)


def test_a_folder_of_an_earlier_release_that_everybody_could_read_is_narrowed(place: Path):
    folder = Path("var/recordings/recordings")
    folder.mkdir(parents=True)
    for each in (folder, folder.parent, place / "var"):
        each.chmod(0o755)
    with ready():
        assert [mode(each) for each in (folder, folder.parent, place / "var")] == ["0700"] * 3


@as_root
def test_in_a_folder_that_was_made_for_both_the_inner_one_is_made_alike(place: Path):
    root = place / "shared"
    root.mkdir()
    os.chown(root, 0, SHARED)
    root.chmod(0o2770)
    with umask(0o022), ready(recordings_dir=str(root)) as folder:
        assert (mode(folder), folder.stat().st_gid, mode(root)) == ("2770", SHARED, "2770")


@as_root
def test_what_the_settings_want_and_cannot_have_is_known(place: Path):
    folder = place / "recordings"
    folder.mkdir()
    os.chown(folder, WORKER, WORKER)
    shared = SharedFolder(place, gid=SHARED)
    shared.make()
    found = shared.place()
    assert found.fault == "otherwise" and found.standing is not None
    assert found.standing.words == f"{folder} belongs to user {WORKER} and group {WORKER}, mode {mode(folder)}"
    assert found.cure == f"install -d -o root -g {SHARED} -m 2770 {folder}"


def test_a_folder_that_everybody_on_the_machine_can_read_is_known(place: Path):
    shared = SharedFolder(place, mode=0o755)
    shared.make()
    assert shared.place().fault == "public"
    place.chmod(0o700)
    assert shared.place().fault == "", "nobody gets there"
    place.chmod(0o755)
