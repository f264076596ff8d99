"""Which source addresses a trunk lets in, with the strictness of Go's net/netip."""

import ipaddress
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

_INVALID_MASK = re.compile(r"[()+*;, \t\n\r]|://")
_PREFIX_LENGTH = re.compile(r"0|[1-9][0-9]{0,2}")


class Address(NamedTuple):
    """An IP address; an IPv4-mapped one is IPv6, and the zone is part of what it is."""

    version: int
    number: int
    zone: str = ""

    @property
    def bits(self) -> int:
        """32 or 128."""
        return 32 if self.version == 4 else 128


@lru_cache(maxsize=65536)
def parse_address(text: str) -> Address | None:
    """Read an IP address strictly (no brackets, ports, leading zeros or host names), or return None."""
    plain, percent, zone = text.partition("%")
    if percent and (not zone or ":" not in plain):
        return None
    try:
        parsed = ipaddress.ip_address(plain)
    except ValueError:
        return None
    return Address(parsed.version, int(parsed), zone)


def usable_masks(masks: Sequence[str]) -> list[str]:
    """The masks that LiveKit looks at; it drops the malformed ones without a word."""
    return [mask for mask in masks if not _INVALID_MASK.search(mask)]


def address_allowed(masks: Sequence[str], source_ip: str, from_host: str) -> bool:
    """LiveKit lets a source in by mask, by the host it claims, or because no usable mask is left.

    `source_ip` is empty or a valid address.
    """
    usable = usable_masks(masks)
    if not source_ip or not usable:
        return True
    source = parse_address(source_ip)
    return any(mask == from_host or _covers(mask, source) for mask in usable)


def _covers(mask: str, source: Address | None) -> bool:
    if source is None:
        return False
    if "/" not in mask:
        return parse_address(mask) == source
    text, _, length = mask.rpartition("/")
    network = parse_address(text)
    if network is None or network.zone or source.zone or network.version != source.version:
        return False
    if not _PREFIX_LENGTH.fullmatch(length) or int(length) > network.bits:
        return False
    shift = network.bits - int(length)
    return network.number >> shift == source.number >> shift
