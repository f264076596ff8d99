"""Receivers of syslog on real ports: by UDP, and by TCP or TLS with octet counting, which can also behave badly."""

import re
import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

RESET = struct.pack("ii", 1, 0)  # SO_LINGER: closing sends a reset


@dataclass
class SyslogReceiver:
    """What arrived. `resets` connections are broken off after some bytes; a `silent` one is never ended."""

    port: int
    messages: list[bytes] = field(default_factory=list)
    connections: int = 0
    resets: int = 0
    silent: bool = False
    arrived: threading.Event = field(default_factory=threading.Event)


def frames(text: bytes) -> list[bytes]:
    """The messages of a connection by RFC 6587, 3.4.1; what was cut off in the middle is none."""
    found = []
    while match := re.match(rb"([1-9][0-9]*) ", text):
        begin, length = match.end(), int(match[1])
        if len(text) < begin + length:
            break
        found.append(text[begin : begin + length])
        text = text[begin + length :]
    return found


@contextmanager
def receiving(context: ssl.SSLContext | None = None) -> Iterator[SyslogReceiver]:
    """Receive by TCP, or by TLS with the context, until the block ends."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        receiver = SyslogReceiver(server.getsockname()[1])
        stopping = threading.Event()
        thread = threading.Thread(target=_serve, args=(server, receiver, context, stopping), daemon=True)
        thread.start()
        yield receiver
        stopping.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", receiver.port), 1).close()
        thread.join(5)


def _serve(
    server: socket.socket, receiver: SyslogReceiver, context: ssl.SSLContext | None, stopping: threading.Event
) -> None:
    with ExitStack() as held:
        while not stopping.is_set():
            connection, _address = server.accept()
            if stopping.is_set():
                connection.close()
                return
            receiver.connections += 1
            with ExitStack() as opened, suppress(OSError):
                opened.enter_context(connection)
                connection.settimeout(5)
                if receiver.resets:
                    receiver.resets -= 1
                    connection.recv(64)
                    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    continue
                shown = connection
                if context:
                    shown = opened.enter_context(context.wrap_socket(connection, server_side=True))
                text = b""
                while part := shown.recv(65536):
                    text += part
                receiver.messages += frames(text)
                if receiver.silent:
                    held.enter_context(opened.pop_all())


@contextmanager
def receiving_datagrams() -> Iterator[SyslogReceiver]:
    """Receive by UDP until the block ends."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        server.bind(("127.0.0.1", 0))
        receiver = SyslogReceiver(server.getsockname()[1])
        thread = threading.Thread(target=_receive, args=(server, receiver), daemon=True)
        thread.start()
        yield receiver
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", ("127.0.0.1", receiver.port))
        thread.join(5)


def _receive(server: socket.socket, receiver: SyslogReceiver) -> None:
    while message := server.recv(70_000):
        receiver.messages.append(message)
        receiver.arrived.set()
