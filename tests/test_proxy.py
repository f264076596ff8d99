"""The nginx that we ship a configuration for, in front of gunicorn as we configure it."""

import re
import socket
import ssl
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.support.installed import Installation, installed
from tests.support.nginx import CONF, NAME, Site, running, written
from tests.support.waiting import PATIENCE
from webapp.core.config import Settings


class Visited:
    """Frontdesk behind nginx."""

    def __init__(self, nginx: Site, behind: Installation) -> None:
        self.port, self.plain, self.behind = nginx.secure, nginx.plain, behind

    def get(self, path: str, **headers: str) -> requests.Response:
        """Ask by https, under the site's name."""
        url = f"https://127.0.0.1:{self.port}{path}"
        told = {"Host": NAME, **headers}
        return requests.get(url, headers=told, verify=False, timeout=PATIENCE, allow_redirects=False)


@pytest.fixture(scope="module")
def site(nginx: str, tmp_path_factory: pytest.TempPathFactory, simulator: Any) -> Iterator[Visited]:
    """Frontdesk in one gunicorn worker, behind nginx."""
    folder = tmp_path_factory.mktemp("proxy")
    chosen = {"oidc_issuer": simulator.issuer, "livekit_url": simulator.livekit, "sign_in_limit": "3 per hour"}
    with installed(folder, proxy_count=1, **chosen) as behind:
        behind.settings["FRONTDESK_PUBLIC_URL"] = f"https://{NAME}"
        behind.serve()
        patient = {"client_header_timeout 10s": "client_header_timeout 3s"}
        made = written(folder, [f"127.0.0.1:{behind.port}"], changes=patient)
        with running(nginx, made):
            yield Visited(made, behind)


pytestmark = pytest.mark.filterwarnings("ignore:Unverified HTTPS request")


def test_pages_come_through_with_the_name_and_scheme_of_the_visitor(site: Visited):
    answer = site.get("/sign-in")
    assert answer.status_code == 303 and "redirect_uri=https%3A%2F%2Fdesk.example.org" in answer.headers["Location"]
    assert "Secure" in answer.headers["Set-Cookie"]
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_plain_http_leads_to_https(site: Visited):
    url = f"http://127.0.0.1:{site.plain}/rooms/?q=a"
    answer = requests.get(url, headers={"Host": NAME}, timeout=PATIENCE, allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (301, f"https://{NAME}/rooms/?q=a")


def test_an_address_that_a_client_claims_does_not_get_it_round_a_limit(site: Visited):
    statuses = [site.get("/sign-in", **{"X-Forwarded-For": f"203.0.113.{at}"}).status_code for at in range(5)]
    assert statuses[-1] == 429


def test_metrics_are_not_passed_on(site: Visited):
    assert site.get("/metrics").status_code == 404
    assert requests.get(f"{site.behind.url}/metrics", timeout=PATIENCE).status_code == 200


def test_a_body_that_is_too_large_never_reaches_frontdesk(site: Visited):
    url = f"https://127.0.0.1:{site.port}/hooks/livekit"
    answer = requests.post(url, data=b"x" * 2_200_000, headers={"Host": NAME}, verify=False, timeout=PATIENCE)
    assert answer.status_code == 413


HALF = {
    "nothing": b"",
    "half a line": b"GET / HT",
    "half a body": b"POST /hooks/livekit HTTP/1.1\r\nHost: desk.example.org\r\nContent-Length: 9\r\n\r\nab",
}


@pytest.mark.parametrize("what", HALF)
def test_sixty_connections_that_send_nothing_or_half_a_request_stop_nobody(site: Visited, what: str):
    trusting = ssl._create_unverified_context()
    with ExitStack() as open_ones:
        for _ in range(60):
            slow = open_ones.enter_context(socket.create_connection(("127.0.0.1", site.port)))
            open_ones.enter_context(trusting.wrap_socket(slow)).sendall(HALF[what])
        begun = time.monotonic()
        assert site.get("/healthz").status_code == 200
        assert time.monotonic() - begun < 3 * 2.0


def test_a_connection_that_sends_half_a_request_is_closed(site: Visited):
    with socket.create_connection(("127.0.0.1", site.plain), timeout=PATIENCE) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        begun = time.monotonic()
        assert slow.recv(100) == b""
        assert time.monotonic() - begun < 3 * 3.0


def test_nginx_takes_no_larger_bodies_than_frontdesk_by_more_than_a_tenth():
    said = re.search(r"client_max_body_size (\d+)m;", CONF.read_text())
    assert said and 1 <= int(said[1]) * 1024**2 / Settings.model_fields["max_body_bytes"].default < 1.1


def test_nginx_takes_the_configuration_without_a_warning(nginx: str, tmp_path: Path):
    site = written(tmp_path, ["127.0.0.1:8000"])
    tried = subprocess.run(site.command(nginx, "-t"), capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert tried.returncode == 0, tried.stderr
    assert re.findall(r"\[(?:warn|error|emerg)\].*", tried.stderr) == []


def test_static_files_are_handed_out_by_nginx_and_kept_by_browsers_as_pages_name_them(site: Visited):
    page = site.get("/signed-out").text
    (named,) = re.findall(r'src="(/static/app\.js\?v=[0-9a-f]+)"', page)
    for path, kept in ((named, "public, max-age=31536000, immutable"), ("/static/app.js", "no-cache")):
        answer = site.get(path, **{"Accept-Encoding": "gzip"})
        assert (answer.status_code, answer.headers["Cache-Control"]) == (200, kept)
        assert answer.headers["Content-Encoding"] == "gzip" and "Accept-Encoding" in answer.headers["Vary"]
        assert answer.headers["Content-Type"].startswith("application/javascript")
        assert "X-Request-ID" not in answer.headers, "Frontdesk was asked"
    by_nginx, behind = site.get(named), {"Host": NAME, "X-Forwarded-Proto": "https", "X-Forwarded-For": "192.0.2.7"}
    by_frontdesk = requests.get(f"{site.behind.url}/static/app.js", headers=behind, timeout=PATIENCE)
    assert by_nginx.content == by_frontdesk.content
    for name in ("X-Content-Type-Options", "Strict-Transport-Security"):
        assert by_nginx.headers[name] == by_frontdesk.headers[name]


@pytest.mark.parametrize(
    "path", ["/static/none.css", "/static/vendor/", "/static/../wsgi.py", "/static/%2e%2e/wsgi.py"]
)
def test_what_is_no_static_file_is_refused_by_frontdesk_in_words(site: Visited, path: str):
    with socket.create_connection(("127.0.0.1", site.port)) as raw:
        secure = ssl._create_unverified_context().wrap_socket(raw)
        secure.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: secure.recv(65536), b""))
        secure.close()
    assert b"X-Request-ID" in answer and b"create_app" not in answer
    assert answer.split(b" ", 2)[1] in {b"404", b"303", b"302"}


@pytest.mark.parametrize(
    "path", ["/signed-out", "/static/app.js", "/static/none.css", "/media/recordings/x", "/metrics"]
)
def test_no_header_comes_twice_once_from_each(site: Visited, path: str):
    lines = Counter(name.lower() for name, _value in site.get(path).raw.headers.iteritems())
    assert {name: times for name, times in lines.items() if times > 1} == {}


class Dying:
    """A server that takes one request and closes the connection in the place of an answer."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(PATIENCE)

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            with connection:
                self.asked.append(connection.recv(65536))


@pytest.fixture
def dying() -> Iterator[list[Dying]]:
    """Two web processes that die over whatever they are asked."""
    both = [Dying(), Dying()]
    yield both
    for each in both:
        each.close()


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("POST", 1)])
def test_what_may_change_something_is_sent_to_one_process_alone(
    nginx: str, tmp_path: Path, dying: list[Dying], method: str, times: int
):
    site = written(tmp_path, [each.address for each in dying])
    with running(nginx, site):
        url = f"https://127.0.0.1:{site.secure}/rooms/new"
        answer = requests.request(method, url, data=b"name=a", verify=False, timeout=PATIENCE)
    assert answer.status_code == 502
    assert sum(len(each.asked) for each in dying) == times
