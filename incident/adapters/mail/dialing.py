"""Opening the socket a letter leaves by: to anywhere, or, in a drill, to this machine only.

The guard looks at what a name resolves to at the moment of connecting, and connects to exactly that address.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address

from incident.errors import RefusedError

Dial = Callable[[str, int, float], socket.socket]
"""Open a TCP connection to host and port within so many seconds; OSError when that fails."""


class NotLoopbackError(RefusedError):
    """A drill would have left this machine."""


def dial_anywhere(host: str, port: int, timeout_seconds: float) -> socket.socket:
    """Connect wherever the name leads."""
    return socket.create_connection((host, port), timeout_seconds)


def dial_loopback(host: str, port: int, timeout_seconds: float) -> socket.socket:
    """Connect if every address of the name is this machine's own; NotLoopbackError otherwise."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses or not all(ip_address(address).is_loopback for address in addresses):
        raise NotLoopbackError(f"the drill transport only connects to this machine, and {host!r} is not it")
    failure: OSError | None = None
    for address in addresses:
        try:
            return socket.create_connection((address, port), timeout_seconds)
        except OSError as error:
            failure = error
    raise failure or OSError("nothing to connect to")
