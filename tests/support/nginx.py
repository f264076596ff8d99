"""A real nginx with a configuration of ours, for as long as a block lasts."""

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.waiting import PATIENCE, until

SITE = "frontdesk.conf"  # what the caller writes into the folder
MAIN = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.error info;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    include {folder}/{site};
}}
"""


@contextmanager
def running(nginx: str, folder: Path, port: int) -> Iterator[None]:
    """Run it with the folder's SITE once it listens on the port; a configuration that it refuses fails the test."""
    (folder / "nginx.conf").write_text(MAIN.format(folder=folder, site=SITE))
    process = subprocess.Popen([nginx, "-c", folder / "nginx.conf", "-p", folder], stderr=subprocess.DEVNULL)
    try:
        until(lambda: process.poll() is not None or _listens(port))
        assert process.poll() is None, (folder / "nginx.error").read_text()
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _listens(port: int) -> bool:
    """Whether somebody takes connections there."""
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0
