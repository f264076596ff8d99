"""The systemd units and the file of settings beside them."""

import re
import subprocess
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.support.installed import ROOT
from tests.support.nginx import CONF
from tests.support.units import EXAMPLE, HOME, assignments, unit
from tests.support.waiting import PATIENCE
from webapp.jobs.runner import STOP_SECONDS

UNITS = ("frontdesk-web", "frontdesk-worker")
MOST_EXPOSED = 20  # of a hundred, by what systemd itself counts
SECRET = "3f9sKd02mXq81LwPz7Rt55YvBn40GhJcQeUa6TiO"


def analyzed(systemd_analyze: str, *words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [systemd_analyze, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)


@pytest.mark.parametrize("name", UNITS)
def test_systemd_takes_the_unit_without_a_complaint(systemd_analyze: str, tmp_path: Path, name: str):
    file = tmp_path / f"{name}.service"
    for text, well in ((unit(name).here().text, True), (unit(name).here().text + "\nRestartAlways=yes\n", False)):
        file.write_text(text)
        found = analyzed(systemd_analyze, "verify", file)
        assert (found.returncode == 0 and found.stderr == "") is well, found.stderr


@pytest.mark.parametrize("name", UNITS)
def test_a_process_may_do_little_beside_its_work(systemd_analyze: str, tmp_path: Path, name: str):
    file = tmp_path / f"{name}.service"
    file.write_text(unit(name).here().text)
    found = analyzed(systemd_analyze, "security", "--offline=yes", f"--threshold={MOST_EXPOSED}", file)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize("name", UNITS)
def test_it_reads_the_settings_waits_for_what_is_under_way_and_runs_what_is_there(name: str):
    told = unit(name)
    assert told.one("WorkingDirectory") == HOME and told.one("EnvironmentFile") == "/etc/frontdesk/frontdesk.env"
    assert int(told.one("TimeoutStopSec")) > 2 * STOP_SECONDS
    program = Path(told.here().command[0])
    assert program.is_file(), program


def test_nginx_passes_on_to_where_the_unit_listens_and_hands_out_files_from_where_it_lies():
    command = unit("frontdesk-web").command
    listens = command[command.index("--bind") + 1]
    conf = CONF.read_text()
    assert f"server {listens};" in conf
    (folder,) = re.findall(r"alias (\S+)/;", conf)
    assert folder == f"{HOME}/webapp/static" and (ROOT / "webapp" / "static").is_dir()


def test_every_reader_of_the_settings_file_finds_the_same():
    assert assignments(EXAMPLE.read_text()) == dotenv_values(EXAMPLE, interpolate=False)


def checked(file: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """What `flask check` says of the settings."""
    flask = str(Path(unit("frontdesk-worker").here().command[0]))
    command = [flask, "--app", f"{ROOT / 'wsgi'}", "--env-file", str(file), "check", *options]
    plain = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    run = {"cwd": file.parent, "env": plain, "capture_output": True, "text": True, "timeout": PATIENCE}
    return subprocess.run(command, check=False, **run)


def test_frontdesk_takes_the_settings_once_the_secrets_are_filled_in_and_not_before(tmp_path: Path):
    file = tmp_path / "frontdesk.env"
    file.write_text(EXAMPLE.read_text())
    refused = checked(file)
    assert refused.returncode == 1
    assert "FRONTDESK_SECRET_KEY" in refused.stderr and "FRONTDESK_LIVEKIT_API_SECRET" in refused.stderr
    file.write_text(re.sub("=$", f"={SECRET}", EXAMPLE.read_text(), flags=re.MULTILINE))
    taken = checked(file)
    assert (taken.returncode, taken.stderr) == (0, ""), taken.stderr
    assert "The settings are right." in taken.stdout
