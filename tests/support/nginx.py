"""A real nginx with the configuration that we ship, for as long as a block lasts."""

import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support import certificates
from tests.support.certificates import Certificates
from tests.support.installed import ROOT, free_port
from tests.support.waiting import PATIENCE, until

CONF = ROOT / "deploy" / "nginx.conf"
NAME = "desk.example.org"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


@dataclass(frozen=True)
class Site:
    """A folder with our configuration, on ports and with a certificate of its own."""

    folder: Path
    secure: int
    plain: int
    certificates: Certificates

    def command(self, nginx: str, *options: str) -> list[str]:
        """How nginx is called for it; what we leave to its package (pid, log) lies in the folder."""
        told = f"daemon off; master_process off; pid {self.folder}/nginx.pid;"
        return [nginx, *options, "-c", f"{self.folder}/nginx.conf", "-p", f"{self.folder}", "-e", self._log, "-g", told]

    @property
    def errors(self) -> str:
        """What nginx complained of."""
        return Path(self._log).read_text()

    @property
    def _log(self) -> str:
        return f"{self.folder}/nginx.error"


def written(
    folder: Path,
    frontdesk: Sequence[str],
    bucket: str = "127.0.0.1:9000",
    *,
    secure: bool = True,
    changes: Mapping[str, str] | None = None,
    beside: str = "",
) -> Site:
    """Our configuration with the names that an operator changes, and whatever keeps it off the machine's own nginx.

    `frontdesk` and `bucket` are hosts with ports; without `secure` it speaks http on the port of https. `beside` holds
    servers of the test's own.
    """
    site = Site(folder, free_port(), free_port(), certificates.make(folder))
    shown = site.certificates.server
    places = "".join(f" {name}_temp_path {folder}/{name};" for name in TEMPORARY)
    told = {
        "\nhttp {": "\nhttp {" + places,
        "listen 80;": f"listen 127.0.0.1:{site.plain};",
        "listen 443 ssl http2;": f"listen 127.0.0.1:{site.secure}{' ssl http2' if secure else ''};",
        "server 127.0.0.1:8000;": " ".join(f"server {each};" for each in frontdesk),
        "127.0.0.1:9000": bucket,
        "/srv/frontdesk/": f"{ROOT}/",
        f"/etc/ssl/{NAME}.pem": f"{shown}",
        f"/etc/ssl/{NAME}.key": f"{shown}",
        **(changes or {}),
    }
    text = CONF.read_text()
    for before, after in told.items():
        assert before in text, before
        text = text.replace(before, after)
    (folder / "nginx.conf").write_text(text.removesuffix("}\n") + beside + "}\n")
    return site


@contextmanager
def running(nginx: str, site: Site) -> Iterator[None]:
    """Run it once it listens; a configuration that it refuses fails the test."""
    process = subprocess.Popen(site.command(nginx), stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or _listens(site.secure))
        assert process.poll() is None, site.errors
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
