"""LiveKit behind https with a certificate of one's own: trusted by the setting, refused without, in words."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydantic import ValidationError

from simulator import oidc
from simulator.server import Addresses, in_thread
from simulator.world import Options, World
from tests.support.certificates import Certificates, make
from tests.support.waiting import PATIENCE
from webapp import create_app
from webapp.core.config import Settings
from webapp.livekit import probe

ROOT = Path(__file__).parent.parent.parent
REFUSED = "FRONTDESK_LIVEKIT_URL: its certificate is not trusted"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """For 127.0.0.1."""
    return make(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="module")
def behind_tls(certificates: Certificates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Addresses]:
    """A LiveKit that shows the certificate, and a provider without one."""
    world = World(Options(port=0, recordings_dir=tmp_path_factory.mktemp("egress")))
    with in_thread(world, oidc.Options(issuer=""), tls=certificates.shown) as addresses:
        yield addresses


def check(addresses: Addresses, folder: Path, **settings: str) -> str:
    """What `flask check --connect` says, in a process of its own: a process keeps one client of LiveKit."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("FRONTDESK_")}
    told = {
        "FRONTDESK_ENVIRONMENT": "development",
        "FRONTDESK_DATABASE_URL": f"sqlite:///{folder}/desk.sqlite3",
        "FRONTDESK_RECORDINGS_DIR": str(folder),
        "FRONTDESK_LIVEKIT_URL": addresses.livekit,
        "FRONTDESK_LIVEKIT_API_KEY": Options.api_key,
        "FRONTDESK_LIVEKIT_API_SECRET": Options.api_secret,
        "FRONTDESK_OIDC_ISSUER": addresses.issuer,
    }
    line = [sys.executable, "-m", "flask", "--app", "wsgi", "check", "--connect"]
    done = subprocess.run(
        line, env=plain | told | settings, cwd=ROOT, capture_output=True, text=True, check=False, timeout=PATIENCE
    )
    assert "Sign-in provider: open." in done.stdout, "LiveKit's settings are LiveKit's alone"
    assert (done.returncode == 0) == ("LiveKit: open." in done.stdout)
    return done.stdout + done.stderr


def test_with_the_file_of_its_authority_livekit_is_asked(
    behind_tls: Addresses, certificates: Certificates, tmp_path: Path
):
    assert "LiveKit: open." in check(behind_tls, tmp_path, FRONTDESK_LIVEKIT_CA_FILE=str(certificates.authority))


def test_without_it_livekit_is_refused_and_the_setting_is_named(behind_tls: Addresses, tmp_path: Path):
    said = check(behind_tls, tmp_path)
    assert REFUSED in said and "the file that FRONTDESK_LIVEKIT_CA_FILE names" in said


def test_another_authority_is_no_help(behind_tls: Addresses, certificates: Certificates, tmp_path: Path):
    told = str(certificates.other_authority)
    assert REFUSED in check(behind_tls, tmp_path, FRONTDESK_LIVEKIT_CA_FILE=told)


def test_a_certificate_for_another_host_is_refused(behind_tls: Addresses, certificates: Certificates, tmp_path: Path):
    by_name = Addresses(behind_tls.livekit.replace("127.0.0.1", "localhost"), behind_tls.issuer)
    told = str(certificates.authority)
    assert "or of another name" in check(by_name, tmp_path, FRONTDESK_LIVEKIT_CA_FILE=told)


def test_in_development_the_check_can_be_switched_off(behind_tls: Addresses, tmp_path: Path):
    said = check(behind_tls, tmp_path, FRONTDESK_LIVEKIT_VERIFY_TLS="false")
    assert "LiveKit: open." in said and "Warning" not in said


def test_in_production_it_cannot():
    with pytest.raises(ValidationError, match="FRONTDESK_LIVEKIT_VERIFY_TLS should be true"):
        Settings(environment="production", livekit_verify_tls=False)


def test_a_plain_livekit_under_an_https_address_is_said_to_be_plain(simulator: Addresses, tmp_path: Path):
    wrong = Addresses(simulator.livekit.replace("http:", "https:"), simulator.issuer)
    assert "FRONTDESK_LIVEKIT_URL: what answers there does not speak https" in check(wrong, tmp_path)


def app_for(addresses: Addresses, **settings: object) -> Flask:
    return create_app(
        Settings(environment="testing", database_url="sqlite://", livekit_url=addresses.livekit, **settings)  # type: ignore[arg-type]
    )


def readiness(addresses: Addresses, **settings: object) -> str:
    return app_for(addresses, **settings).test_client().get("/readyz").text


@pytest.mark.parametrize(
    ("way", "well"), [("file", True), ("system", True), ("off", True), ("other", False), ("nothing", False)]
)
def test_the_probe_and_the_clock_trust_what_the_client_trusts(
    behind_tls: Addresses, certificates: Certificates, monkeypatch: pytest.MonkeyPatch, way: str, well: bool
):
    settings: dict[str, object] = {
        "file": {"livekit_ca_file": str(certificates.authority)},
        "other": {"livekit_ca_file": str(certificates.other_authority)},
        "off": {"livekit_verify_tls": False},
    }.get(way, {})
    if way in {"system", "other"}:  # an authority among the system's own; with a file that one alone counts
        monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    assert f"livekit: {'ok' if well else 'no answer'}" in readiness(behind_tls, **settings)
    with app_for(behind_tls, **settings).app_context():
        assert (probe.clock(PATIENCE) is not None) is well
