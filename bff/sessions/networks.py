"""Networks in place of addresses: what is kept and shown of where a call came from."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

SHOWN: Final = (24, 48)
"""Prefixes, of IPv4 and IPv6, that a customer is shown: the neighbourhood of a line, not the line."""
COUNTED: Final = (32, 64)
"""Prefixes by which tries are counted: one line, however many addresses it hands itself."""


def network_of(address: str, prefixes: tuple[int, int] = SHOWN) -> str:
    """Give the network of an address, ``203.0.113.0/24``; nothing when it is no address.

    Args:
        address: as the server saw it; an IPv4 address inside an IPv6 one counts as IPv4.
        prefixes: how many bits are kept, of IPv4 and of IPv6.
    """
    try:
        found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    bits = prefixes[isinstance(found, IPv6Address)]
    return str(ip_network(f"{found}/{bits}", strict=False))
