"""Where a request comes from: an address and its network, known again within one room and told to nobody."""

import hashlib
import hmac
import uuid
from dataclasses import dataclass

from flask import current_app

from webapp.core import networks

# Of IPv6 a household or an office has all of a /64, and whoever rents a server often a /48.
NARROW, WIDE = {4: 32, 6: 64}, {4: 24, 6: 48}


@dataclass(frozen=True)
class Source:
    """Two names without a meaning outside the room: of the address, and of the network around it."""

    address: str
    network: str


def of(address: str, room_id: uuid.UUID) -> Source:
    """The names of an address for a room; what is no address counts as one of its own."""
    try:
        narrow, wide = networks.around(address, NARROW), networks.around(address, WIDE)
    except ValueError:
        narrow = wide = address
    return Source(_name(narrow, room_id), _name(wide, room_id))


def _name(text: str, room_id: uuid.UUID) -> str:
    key = f"lobby-source {current_app.secret_key!s} {room_id}"
    return hmac.digest(key.encode(), text.encode(), hashlib.sha256).hex()[:32]
