"""Entries as syslog (RFC 5424), by UDP, or by TCP and TLS with the length before each message (RFC 6587, 3.4.1).

Syslog has no receipts. By TCP and TLS we end our side and wait until the server, which has read all of it then, ends
its own: a server that went down before leaves the connection reset or silent, and all is sent again.
"""

import socket
import ssl
import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from webapp.audit import encoding
from webapp.audit.encoding import Record
from webapp.audit.sending import NotSent
from webapp.core.audit_values import StreamAddress
from webapp.core.settings import settings

AUDIT = 13 * 8  # the facility "log audit"
INFO, WARNING = 6, 4
SD_ID = "frontdesk@32473"  # the number that RFC 5612 keeps for those who have none of their own
LONGEST_DATAGRAM = 65_000
LONGEST_ID = 32  # of a MSGID
FIELDS = (
    "seq", "part", "entry", "at", "actor", "user", "action", "target_kind", "target", "room", "origin", "request",
    "address", "outcome", "problem", "hash", "lost",
)  # fmt: skip
LONG = ("details", "reason")  # left out of a datagram that would be too long


def message(record: Record) -> bytes:
    """A record as one message: what is short as structured data, and all of it as JSON."""
    severity = WARNING if record.get("outcome") == "failed" or "lost" in record else INFO
    action = str(record.get("action") or record["part"])[:LONGEST_ID]
    host = urlsplit(settings.public_url).hostname or "-"
    head = f"<{AUDIT + severity}>1 {record.get('at') or '-'} {host} frontdesk - {_ascii(action)} "
    told = "".join(f' {name}="{_escaped(record[name])}"' for name in FIELDS if record.get(name) not in (None, ""))
    return f"{head}[{SD_ID}{told}] ".encode() + encoding.canonical(record)


def _ascii(text: str) -> str:
    return "".join(letter if "!" <= letter <= "~" else "?" for letter in text) or "-"


def _escaped(value: object) -> str:
    """A parameter's value: these three signs have a backslash before them (RFC 5424, 6.3.3)."""
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def send(address: StreamAddress, batch: Sequence[Record], timeout: float) -> None:
    """Hand over a batch in its order. Raises NotSent; never waits for much longer than the time-out."""
    try:
        if address.kind == "udp":
            _send_datagrams(address, batch, timeout)
        else:
            _send_stream(address, batch, time.monotonic() + timeout)
    except ssl.SSLCertVerificationError as error:
        raise NotSent("certificate") from error
    except (OSError, ValueError) as error:  # ValueError: a host that no name can be
        raise NotSent("no_answer") from error


def _send_datagrams(address: StreamAddress, batch: Sequence[Record], timeout: float) -> None:
    family, kind, protocol, _name, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as datagrams:
        datagrams.settimeout(timeout)
        datagrams.connect(place)
        for record in batch:
            datagrams.send(_datagram(record))
        if datagrams.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):  # nobody listens there, as the network says
            raise NotSent("no_answer")


def _datagram(record: Record) -> bytes:
    whole = message(record)
    if len(whole) <= LONGEST_DATAGRAM:
        return whole
    return message({**{name: value for name, value in record.items() if name not in LONG}, "cut": True})


def _send_stream(address: StreamAddress, batch: Sequence[Record], until: float) -> None:
    framed = b"".join(b"%d %b" % (len(each), each) for each in map(message, batch))
    with socket.create_connection((address.host, address.port), _left(until)) as plain:
        if address.kind == "tcp":
            plain.sendall(framed)
            plain.shutdown(socket.SHUT_WR)
            _await_the_end(plain, until)
            return
        plain.settimeout(_left(until))
        with ssl.create_default_context().wrap_socket(plain, server_hostname=address.host) as sealed:
            sealed.sendall(framed)
            sealed.settimeout(_left(until))
            _end(sealed)


def _await_the_end(plain: socket.socket, until: float) -> None:
    """Read, and forget, what a server may say until it ends its side. Raises TimeoutError, ConnectionResetError."""
    plain.settimeout(_left(until))
    while plain.recv(4096):
        plain.settimeout(_left(until))


def _end(sealed: ssl.SSLSocket) -> None:
    """End our side of TLS and wait for the other one, which some end without the farewell of TLS."""
    try:
        sealed.unwrap()
    except ssl.SSLError:
        return


def _left(until: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
