"""Addresses of the internet in a text: who stands behind one can be found out, so they are data about a person.

Addresses that lead nowhere from outside (private networks, loopback, those set aside for documentation) are nobody's,
and so are networks too wide to be one household's or one office's line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final

WIDE_V4: Final = 24
WIDE_V6: Final = 48
"""So many leading bits, or fewer, are a provider's or a large organization's network."""
_UNICAST: Final = IPv6Network("2000::/3")  # RFC 4291 2.4, as IANA assigns it: all that is global today
_V4 = re.compile(
    r"(?<![\w.:-])(?<![A-Za-z]/)(?<![Vv]ersion )(?<![Rr]elease )(?<![Bb]uild )(?<![Ff]irmware )"
    r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?(?![\w-]|/[0-9]|\.[0-9])"
)
_V6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?:\.[0-9.]+)?(?:/[0-9]{1,3})?(?![\w:/])"
)
_DOTS, _COLONS = 3, 2


def addresses(text: str) -> Iterator[re.Match[str]]:
    """Find what can lead to somebody on the internet: hosts, and networks narrow enough to be one line."""
    if text.count(".") >= _DOTS:
        yield from (found for found in _V4.finditer(text) if _leads_to_somebody(found.group(), WIDE_V4))
    if text.count(":") >= _COLONS:
        yield from (found for found in _V6.finditer(text) if _leads_to_somebody(found.group(), WIDE_V6))


def widened(text: str) -> str:
    """Write the wide network instead of each such address."""
    for found in sorted(addresses(text), key=re.Match.start, reverse=True):
        text = text[: found.start()] + _network(found.group()) + text[found.end() :]
    return text


def _leads_to_somebody(written: str, wide: int) -> bool:
    host, _, bits = written.partition("/")
    address = _address(host)
    return address is not None and _is_global(address) and (not bits or int(bits) > wide)


def _address(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    inner = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    if isinstance(address, IPv6Address) and inner is None and address not in _UNICAST:
        return False
    return (inner or address).is_global


def _network(written: str) -> str:
    address = ip_address(written.partition("/")[0])
    wide, whole = (WIDE_V4, 32) if isinstance(address, IPv4Address) else (WIDE_V6, 128)
    shift = whole - wide
    return f"{type(address)(int(address) >> shift << shift)}/{wide}"
