"""What `flask worker` answers to supervisors and Prometheus: /healthz and /metrics, on a port of its own."""

import errno
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from flask import Flask

from webapp.jobs.runner import Runner

TEXT = ("Content-Type", "text/plain; charset=utf-8")
QUIET_SECONDS = 60  # a look waits for a silent database for less
SLOW_CLIENT_SECONDS = 5


class CannotListen(Exception):
    """The port is taken, or not ours to take; the text says which setting to change."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """Bind, without asking the network what this machine is called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def handle_error(self, _request: Any, _client_address: Any) -> None:
        """Whoever asked has gone."""


class _ServerOfSix(_Server):
    address_family = socket.AF_INET6


class _Handler(WSGIRequestHandler):
    timeout = SLOW_CLIENT_SECONDS

    def log_message(self, *_arguments: Any) -> None:
        """The app writes its own lines."""


class Probes:
    """Answers two paths: /metrics by the app, as the web process does, /healthz by how the runner is."""

    def __init__(self, app: Flask, runner: Runner, quiet: float = QUIET_SECONDS) -> None:
        self._app = app
        self._runner = runner
        self.quiet = quiet

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer; 503 where the runner stopped or hangs."""
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return self._app(environ, start_response)
        if path != "/healthz":
            start_response("404 Not Found", [TEXT])
            return [b"/healthz and /metrics are here.\n"]
        quiet = self._runner.quiet_for()
        if quiet is None or quiet > self.quiet:
            start_response("503 Service Unavailable", [TEXT])
            return [b"The runner has stopped.\n" if quiet is None else b"The runner hangs.\n"]
        start_response("200 OK", [TEXT])
        return [b"ok\n"]


@contextmanager
def listening(answer: Probes, address: str, port: int) -> Iterator[int]:
    """Answer while the block runs; gives the port, which is another one for 0. Raises CannotListen."""
    kind = _ServerOfSix if ":" in address else _Server
    try:
        server = kind((address, port), _Handler)
    except OSError as error:
        raise CannotListen(_words(error, address, port)) from error
    server.set_app(answer)
    thread = threading.Thread(target=server.serve_forever, name="probes", daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _words(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        why = f"port {port} of {address} is in use, perhaps by another worker"
        return f"FRONTDESK_WORKER_PORT: {why}. Set another one, or 0 for none."
    return (
        f"FRONTDESK_WORKER_ADDRESS, FRONTDESK_WORKER_PORT: cannot listen on {address}, port {port}: {error.strerror}."
    )
