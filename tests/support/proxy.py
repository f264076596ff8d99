"""A proxy on loopback that stops forwarding when told so, as a network does that has gone silent: nothing is closed."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards what comes to its port to the connection that `connect` makes."""

    def __init__(self, connect: Callable[[], socket.socket]) -> None:
        self._connect = connect
        self._flows = threading.Event()
        self._flows.set()
        self._ended = False
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Nothing comes through inside the block, in either direction."""
        self._flows.clear()
        yield
        self._flows.set()

    def close(self) -> None:
        """End every connection."""
        self._ended = True
        self._flows.set()
        for each in [self._listener, *self._sockets]:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while not self._ended:
                near, _address = self._listener.accept()
                far = self._connect()
                self._sockets += [near, far]
                for source, target in ((near, far), (far, near)):
                    threading.Thread(target=self._pump, args=(source, target), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@contextmanager
def proxy_to_socket(path: str) -> Iterator[Proxy]:
    """A proxy in front of a server that listens on a socket in the file system."""

    def connect() -> socket.socket:
        far = socket.socket(socket.AF_UNIX)
        far.connect(path)
        return far

    proxy = Proxy(connect)
    try:
        yield proxy
    finally:
        proxy.close()
