"""The nginx that we ship a configuration for, in front of gunicorn as we configure it."""

import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.installed import Installation, free_port, installed
from tests.support.nginx import SITE, running
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings

CONF = Path(__file__).parent.parent / "deploy" / "nginx.conf"
NAME = "desk.example.org"


class Site:
    """Frontdesk behind nginx."""

    def __init__(self, port: int, plain: int, behind: Installation) -> None:
        self.port, self.plain, self.behind = port, plain, behind

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask by https, under the site's name."""
        url = f"https://127.0.0.1:{self.port}{path}"
        told = {"Host": NAME, **headers}
        return requests.get(url, headers=told, verify=False, timeout=PATIENCE, allow_redirects=False)


def written(folder: Path, inner: int) -> tuple[int, int]:
    """Our configuration with ports and a certificate of the test's own; returns the ports."""
    secure, plain = free_port(), free_port()
    asked = ["-subj", f"/CN={NAME}", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *asked]
    subprocess.run(command, check=True, capture_output=True)
    text = CONF.read_text()
    changes = {
        "listen 80;": f"listen 127.0.0.1:{plain};",
        "listen 443 ssl": f"listen 127.0.0.1:{secure} ssl",
        "server 127.0.0.1:8000;": f"server 127.0.0.1:{inner};",
        f"/etc/ssl/{NAME}.pem": f"{folder}/cert.pem",
        f"/etc/ssl/{NAME}.key": f"{folder}/key.pem",
        "client_header_timeout 10s": "client_header_timeout 3s",
    }
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    (folder / SITE).write_text(text)
    return secure, plain


@pytest.fixture(scope="module")
def site(nginx: str, tmp_path_factory: pytest.TempPathFactory, simulator: Any) -> Iterator[Site]:
    """Frontdesk in one gunicorn worker, behind nginx."""
    folder = tmp_path_factory.mktemp("proxy")
    chosen = {"oidc_issuer": simulator.issuer, "livekit_url": simulator.livekit, "sign_in_limit": "3 per hour"}
    with installed(folder, proxy_count=1, **chosen) as behind:
        behind.settings["FRONTDESK_PUBLIC_URL"] = f"https://{NAME}"
        behind.serve()
        secure, plain = written(folder, behind.port)
        with running(nginx, folder, secure):
            yield Site(secure, plain, behind)


pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def test_pages_come_through_with_the_name_and_scheme_of_the_visitor(site: Site):
    answer = site.get("/sign-in")
    assert answer.status_code == 303 and "redirect_uri=https%3A%2F%2Fdesk.example.org" in answer.headers["Location"]
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_plain_http_leads_to_https(site: Site):
    url = f"http://127.0.0.1:{site.plain}/rooms/?q=a"
    answer = requests.get(url, headers={"Host": NAME}, timeout=PATIENCE, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/rooms/?q=a")


def test_an_address_that_a_client_claims_does_not_get_it_round_a_limit(site: Site):
    statuses = [site.get("/sign-in", **{"X-Forwarded-For": f"203.0.113.{at}"}).status_code for at in range(5)]
    assert statuses[-1] == 429


def test_metrics_are_not_passed_on(site: Site):
    assert site.get("/metrics").status_code == 404
    assert requests.get(f"{site.behind.url}/metrics", timeout=PATIENCE).status_code == 200


def test_a_body_that_is_too_large_never_reaches_frontdesk(site: Site):
    url = f"https://127.0.0.1:{site.port}/hooks/livekit"
    answer = requests.post(url, data=b"x" * 2_200_000, headers={"Host": NAME}, verify=False, timeout=PATIENCE)
    assert answer.status_code == 413


HALF = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half a body": b"POST /hooks/livekit HTTP/1.1\r\nHost: desk.example.org\r\nContent-Length: 9\r\n\r\nab",
}


@pytest.mark.parametrize("what", HALF)
def test_sixty_connections_that_send_nothing_or_half_a_request_stop_nobody(site: Site, what: str):
    trusting = ssl._create_unverified_context()
    with ExitStack() as open_ones:
        for _ in range(60):
            slow = open_ones.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            open_ones.enter_context(trusting.wrap_socket(slow)).sendall(HALF[what])
        begun = time.monotonic()
        assert site.get("/healthz").status_code == 200
        assert time.monotonic() - begun < 3 * 2.0


def test_a_connection_that_sends_half_a_request_is_closed(site: Site):
    with socket.create_connection(("127.0.0.1", site.plain), timeout=PATIENCE) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        assert slow.recv(100) == b""
        assert time.monotonic() - begun < 3 * 3.0


def test_nginx_takes_no_larger_bodies_than_frontdesk_by_more_than_a_tenth():
    said = re.search(r"client_max_body_size (\d+)m;", CONF.read_text())
    assert said and 1 <= int(said[1]) * 1024**2 / Settings.model_fields["max_body_bytes"].default < 1.1
