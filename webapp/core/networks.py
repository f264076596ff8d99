"""The network around an address."""

import ipaddress
from collections.abc import Mapping


def around(address: str, prefixes: Mapping[int, int]) -> str:
    """The network of so many bits, by IP version, such as 192.0.2.0/24. Raises ValueError for what is no address.

    An IPv4 address that is written as IPv6 is one of IPv4.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    ip = (ip.ipv4_mapped or ip) if isinstance(ip, ipaddress.IPv6Address) else ip
    return str(ipaddress.ip_network((ip, prefixes[ip.version]), strict=False))
