"""Wrong settings are named, each with what it should be, and the server does not start on them."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from simulator.server import Addresses
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings
from webapp.setup.command import explain

ROOT = Path(__file__).parent.parent.parent
RIGHT = {
    "FRONTDESK_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "FRONTDESK_PUBLIC_URL": "https://desk.frontdesk.example",
    "FRONTDESK_LIVEKIT_URL": "https://livekit.frontdesk.example",
    "FRONTDESK_LIVEKIT_API_KEY": "key",
    "FRONTDESK_LIVEKIT_API_SECRET": "a-livekit-secret-of-32-characters",
    "FRONTDESK_OIDC_ISSUER": "https://login.frontdesk.example",
    "FRONTDESK_OIDC_CLIENT_ID": "frontdesk",
    "FRONTDESK_OIDC_CLIENT_SECRET": "a-secret-of-the-client",
    "FRONTDESK_MEETING_URL": "https://meet.frontdesk.example/{room}",
}


def run(*command: str, **changed: str | None) -> subprocess.CompletedProcess[str]:
    """Run a program with the right settings but for the changed ones; None takes one away."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    settings = {name: value for name, value in (RIGHT | changed).items() if value is not None}
    line = [sys.executable, "-m", *command]
    return subprocess.run(
        line, env=plain | settings, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )


def check(**changed: str | None) -> subprocess.CompletedProcess[str]:
    """Run `flask check`."""
    return run("flask", "--app", "wsgi", "check", **changed)


def test_right_settings_are_said_to_be_right():
    answer = check()
    assert (answer.returncode, answer.stdout.splitlines()[0]) == (0, "The settings are right."), answer.stderr
    assert "Warning" not in answer.stdout


def test_the_cure_for_pins_in_livekits_logs_is_told():
    told = check().stdout
    assert "logging: {component_levels: {api: warn}}" in told and "logging: {level: warn}" in told
    assert "Callers' numbers stay in livekit-sip's log" in told


def test_it_says_under_which_id_rules_are_ours_when_the_database_answers(tmp_path: Path):
    database = {"FRONTDESK_DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}"}
    assert "rule" not in check(**database).stdout, "a database without tables tells nothing"
    assert run("flask", "--app", "wsgi", "db", "upgrade", **database).returncode == 0
    assert "No rule was made yet." in check(**database).stdout


def test_a_token_in_a_query_is_warned_of():
    answer = check(FRONTDESK_MEETING_URL="https://meet.frontdesk.example/custom?room={room}&token={token}")
    assert answer.returncode == 0 and "Warning: FRONTDESK_MEETING_URL has {token} in its query" in answer.stdout
    assert "Warning" not in check(FRONTDESK_MEETING_URL="https://meet.frontdesk.example/{room}#token={token}").stdout


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("https://meet.frontdesk.example/", "FRONTDESK_MEETING_URL should hold {room}"),
        ("https://meet.frontdesk.example/?token={token}", "FRONTDESK_MEETING_URL should hold {room}"),
        ("https://meet.frontdesk.example/{slug}", "FRONTDESK_MEETING_URL should hold no other place holders"),
        ("https://meet.frontdesk.example/{room", "FRONTDESK_MEETING_URL should hold no other place holders"),
        ("wss://meet.frontdesk.example/{room}", "FRONTDESK_MEETING_URL should be an address such as"),
    ],
)
def test_a_meeting_address_that_leads_to_no_room_is_refused(address: str, line: str):
    answer = check(FRONTDESK_MEETING_URL=address)
    assert answer.returncode == 1 and line in answer.stderr


@pytest.mark.parametrize(
    ("given", "asked", "told"),
    [
        ("ws://livekit:7880/", "http://livekit:7880", "ws://livekit:7880"),
        ("wss://livekit.example", "https://livekit.example", "wss://livekit.example"),
        ("https://livekit.example/", "https://livekit.example", "wss://livekit.example"),
    ],
)
def test_livekits_address_may_be_the_one_that_its_clients_have(given: str, asked: str, told: str):
    settings = Settings(environment="testing", livekit_url=given)
    assert (settings.livekit_url, settings.livekit_socket) == (asked, told)


def test_every_wrong_and_every_missing_setting_is_named_in_one_go():
    answer = check(
        FRONTDESK_PIN_LENGTH="3",
        FRONTDESK_TIMEZONE="Europe/Nowhere",
        FRONTDESK_DATABASE_URL="mysql://localhost/x",
        FRONTDESK_REDIS_URL="localhost:6379",
        FRONTDESK_LANGUAGES="en,tlh",
        FRONTDESK_PHONE_COUNTRY="xx",
        FRONTDESK_JOIN_LIMIT="often",
        FRONTDESK_OIDC_ISSUER="login.frontdesk.example",
        FRONTDESK_LIVKIT_URL="https://livekit.frontdesk.example",
    )
    assert answer.returncode == 1
    for line in (
        "FRONTDESK_PIN_LENGTH should be greater than or equal to 4",
        "FRONTDESK_TIMEZONE should be a time zone such as Europe/Paris",
        "FRONTDESK_DATABASE_URL should begin with sqlite:/// or postgresql://",
        "FRONTDESK_REDIS_URL should begin with redis://",
        "FRONTDESK_LANGUAGES should be one or more of en, fr",
        "FRONTDESK_PHONE_COUNTRY should be a country's two capital letters",
        "FRONTDESK_JOIN_LIMIT should be a rate such as 20 per minute",
        "FRONTDESK_OIDC_ISSUER should be an address such as",
        "FRONTDESK_LIVKIT_URL is not a setting; FRONTDESK_LIVEKIT_URL is",
    ):
        assert line in answer.stderr


@pytest.mark.parametrize("address", [None, ""])
def test_without_a_meeting_page_of_another_site_frontdesks_own_is_used(address: str | None):
    assert check(FRONTDESK_MEETING_URL=address).returncode == 0


def test_a_slip_in_a_settings_name_alone_is_an_error():
    answer = check(FRONTDESK_PIN_LENGHT="8")
    assert (answer.returncode, answer.stdout) == (
        1,
        "- FRONTDESK_PIN_LENGHT is not a setting; FRONTDESK_PIN_LENGTH is\n",
    )


def test_what_is_refused_is_never_repeated_because_it_may_be_a_secret():
    answer = check(FRONTDESK_SECRET_KEY="tooshortsecret", FRONTDESK_LIVEKIT_TIMEOUT="hunter2")
    assert "FRONTDESK_LIVEKIT_TIMEOUT should be a valid number" in answer.stderr
    assert "tooshortsecret" not in answer.stderr + answer.stdout
    assert "hunter2" not in answer.stderr + answer.stdout


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("FRONTDESK_SECRET_KEY", "short", "FRONTDESK_SECRET_KEY should be at least 32 random characters"),
        ("FRONTDESK_PUBLIC_URL", "http://desk.frontdesk.example", "FRONTDESK_PUBLIC_URL should begin with https://"),
        ("FRONTDESK_SECRET_KEY", "a" * 40, "FRONTDESK_SECRET_KEY should be at least 32 random characters"),
        ("FRONTDESK_LIVEKIT_URL", None, "FRONTDESK_LIVEKIT_URL should be set"),
    ],
)
def test_a_production_server_refuses_to_start(name: str, value: str | None, line: str):
    answer = run("gunicorn", "--bind", "127.0.0.1:0", "wsgi:app", **{name: value})
    assert answer.returncode != 0
    assert line in answer.stderr
    assert "Traceback" not in answer.stderr


def test_development_runs_without_any_setting():
    nothing = dict.fromkeys(RIGHT)
    assert check(**nothing | {"FRONTDESK_ENVIRONMENT": "development"}).returncode == 0


@pytest.mark.parametrize(
    ("name", "value", "line"),
    [
        ("FRONTDESK_SECRET_KEY", "a" * 40, "FRONTDESK_SECRET_KEY should be at least 32 random characters"),
        ("FRONTDESK_SECRET_KEY", "correcthorse" * 4, "FRONTDESK_SECRET_KEY should be at least 32 random characters"),
        ("FRONTDESK_LIVEKIT_API_SECRET", "s", "FRONTDESK_LIVEKIT_API_SECRET should be at least 16 random characters"),
        ("FRONTDESK_LIVEKIT_API_SECRET", "s" * 40, "FRONTDESK_LIVEKIT_API_SECRET should be at least 16 random"),
        ("FRONTDESK_PUBLIC_URL", "https://example.org/desk", "FRONTDESK_PUBLIC_URL should end with the host"),
        ("FRONTDESK_PUBLIC_URL", "https://u:p@desk.example.org", "FRONTDESK_PUBLIC_URL should end with the host"),
        ("FRONTDESK_OIDC_ISSUER", "http://login.frontdesk.example", "FRONTDESK_OIDC_ISSUER should begin with https://"),
        ("FRONTDESK_PHONE_NUMBER", "call us", "FRONTDESK_PHONE_NUMBER should be a number in international form"),
        ("FRONTDESK_PHONE_NUMBER", "0186990000", "FRONTDESK_PHONE_NUMBER should be a number in international form"),
        ("FRONTDESK_LIVEKIT_VERIFY_TLS", "false", "FRONTDESK_LIVEKIT_VERIFY_TLS should be true"),
        ("FRONTDESK_LIVEKIT_CA_FILE", "/nowhere.pem", "FRONTDESK_LIVEKIT_CA_FILE should be a file of certificates"),
    ],
)
def test_what_is_unsafe_is_refused_in_production_and_not_in_development(name: str, value: str, line: str):
    with pytest.raises(ValidationError) as refused:
        settings_of(**{name: value})
    assert line in explain(refused.value, {})
    assert value not in explain(refused.value, {}) or len(value) < 6
    if "CA_FILE" not in name:
        settings_of(**{name: value}, FRONTDESK_ENVIRONMENT="development")


@pytest.mark.parametrize(
    ("name", "value"),
    [("FRONTDESK_SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015"), ("FRONTDESK_PHONE_NUMBER", "+33 1 86 99 00 00")],
)
def test_what_is_good_enough_is_taken(name: str, value: str):
    settings_of(**{name: value})


def test_a_client_secret_that_signs_must_not_be_guessed():
    signing = {"FRONTDESK_OIDC_ALGORITHM": "HS256"}
    with pytest.raises(ValidationError) as refused:
        settings_of(**signing, FRONTDESK_OIDC_CLIENT_SECRET="short")
    assert "FRONTDESK_OIDC_CLIENT_SECRET should be at least 16 random characters" in explain(refused.value, {})
    settings_of(FRONTDESK_OIDC_CLIENT_SECRET="short")
    settings_of(**signing, FRONTDESK_OIDC_CLIENT_SECRET="9f86d081884c7d659a2feaa0c55ad015")


def settings_of(**changed: str) -> Settings:
    values = {name.removeprefix("FRONTDESK_").lower(): value for name, value in (RIGHT | changed).items()}
    return Settings(**values)  # type: ignore[arg-type]


def test_what_the_settings_name_is_opened_and_each_that_is_not_says_why(tmp_path: Path, simulator: Addresses):
    told = {
        "FRONTDESK_ENVIRONMENT": "development",
        "FRONTDESK_DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
        "FRONTDESK_LIVEKIT_URL": simulator.livekit,
        "FRONTDESK_LIVEKIT_API_KEY": "devkey",
        "FRONTDESK_LIVEKIT_API_SECRET": None,
        "FRONTDESK_OIDC_ISSUER": simulator.issuer,
        "FRONTDESK_OIDC_CLIENT_SECRET": None,
        "FRONTDESK_RECORDINGS_DIR": str(tmp_path / "recordings"),
    }
    answer = run("flask", "--app", "wsgi", "check", "--connect", "--ask-provider", **told)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    for line in ("Database: open.", "LiveKit: open.", "Sign-in provider: open.", "Recordings' folder: open."):
        assert line in answer.stdout
    (tmp_path / "file").touch()
    wrong = {
        "FRONTDESK_DATABASE_URL": f"sqlite:///{tmp_path}/no/folder/db.sqlite3",
        "FRONTDESK_REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
        "FRONTDESK_LIVEKIT_API_SECRET": "another-secret-of-more-than-32-characters",
        "FRONTDESK_OIDC_CLIENT_SECRET": "of-another-client",
        "FRONTDESK_RECORDINGS_DIR": str(tmp_path / "file"),
    }
    answer = run("flask", "--app", "wsgi", "check", "--connect", "--ask-provider", **told | wrong)
    assert answer.returncode == 1
    for line in (
        "FRONTDESK_DATABASE_URL: it cannot be opened",
        "FRONTDESK_REDIS_URL: it does not answer",
        "FRONTDESK_LIVEKIT_URL: it does not know FRONTDESK_LIVEKIT_API_KEY",
        "FRONTDESK_RECORDINGS_DIR: it cannot be written",
        "FRONTDESK_OIDC_CLIENT_SECRET: FRONTDESK_OIDC_CLIENT_ID or FRONTDESK_OIDC_CLIENT_SECRET is not what",
    ):
        assert line in answer.stdout, answer.stdout
    assert "hunter2" not in answer.stdout + answer.stderr


def test_what_accepts_and_never_answers_is_given_up_in_time(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        told = {
            "FRONTDESK_ENVIRONMENT": "development",
            "FRONTDESK_DATABASE_URL": url.replace("http", "postgresql+psycopg") + "/x",
            "FRONTDESK_REDIS_URL": url.replace("http", "redis"),
            "FRONTDESK_LIVEKIT_URL": url,
            "FRONTDESK_OIDC_ISSUER": url,
            "FRONTDESK_RECORDINGS_DIR": str(tmp_path),
        }
        answer = run("flask", "--app", "wsgi", "check", "--connect", **told)
    assert answer.returncode == 1
    assert answer.stdout.count("- FRONTDESK_") == 4 and "Recordings' folder: open." in answer.stdout


def test_several_workers_on_sqlite_are_warned_of():
    answer = check(WEB_CONCURRENCY="3")
    assert answer.returncode == 0
    assert "WEB_CONCURRENCY should be 1 with SQLite" in answer.stderr
