"""Connections to a provider, kept open from call to call; and whether a byte had left when one broke.

A line that was idle for long, or on which the provider has said something unasked, is not used again: what breaks on
it later would be a doubt about letters.
"""

from __future__ import annotations

import http.client
import select
import socket
import ssl
import time
import weakref
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incident.adapters.mail.dialing import Dial

IDLE_SECONDS = 5.0
_MAX_ANSWER_BYTES = 1_000_000


class NotDialedError(Exception):
    """No byte of the request left."""


class LostError(Exception):
    """Some or all of the request left, and no answer came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the client wraps: status, headers by lower-case name, content."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @classmethod
    def read_from(cls, response: http.client.HTTPResponse) -> Answer:
        """Read an answer; a status counts even when its content breaks off."""
        headers = {name.lower(): value for name, value in response.getheaders()}
        try:
            content = response.read(_MAX_ANSWER_BYTES)
            response.read()
        except (OSError, http.client.HTTPException):
            content = b""
            response.close()
        return cls(response.status, headers, content)

    def getcode(self) -> int:
        """Return the status."""
        return self.status

    def read(self) -> bytes:
        """Return the content."""
        return self.content

    def info(self) -> Mapping[str, str]:
        """Return the headers."""
        return self.headers


@dataclass(frozen=True, slots=True)
class _Idle:
    """A line between two calls."""

    line: http.client.HTTPConnection
    place: tuple[str, int | None, bool]
    since: float


class Lines:
    """Lends connections, and keeps those that are still good for the next call, whichever thread makes it."""

    def __init__(self, dial: Dial, timeout_seconds: float) -> None:
        self._dial, self._timeout = dial, timeout_seconds
        self._idle: deque[_Idle] = deque()
        weakref.finalize(self, _close_all, self._idle)

    @contextmanager
    def to(self, url: str) -> Iterator[http.client.HTTPConnection]:
        """Lend a line to where a URL leads; NotDialedError when there is none, LostError when it breaks."""
        line = self._usable(url) or self._dialed(url)
        try:
            yield line
        except (OSError, http.client.HTTPException) as error:
            line.close()
            raise LostError(type(error).__name__) from None
        except BaseException:
            line.close()
            raise
        if line.sock is not None:
            self._idle.append(_Idle(line, _place(url), time.monotonic()))

    def _usable(self, url: str) -> http.client.HTTPConnection | None:
        while True:
            try:
                idle = self._idle.pop()
            except IndexError:
                return None
            fresh = time.monotonic() - idle.since < IDLE_SECONDS
            if fresh and idle.place == _place(url) and idle.line.sock is not None and not _spoken(idle.line):
                return idle.line
            idle.line.close()

    def _dialed(self, url: str) -> http.client.HTTPConnection:
        host, port, secure = _place(url)
        kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        line = kind(host, port, timeout=self._timeout)
        try:
            raw = self._dial(host, line.port, self._timeout)
        except OSError as error:
            raise NotDialedError(type(error).__name__) from None
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # a body follows its head at once
        try:
            line.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
        except OSError as error:
            raw.close()
            raise NotDialedError(type(error).__name__) from None
        return line


def _close_all(idle: deque[_Idle]) -> None:
    while idle:
        idle.pop().line.close()


def _place(url: str) -> tuple[str, int | None, bool]:
    place = urlsplit(url)
    return place.hostname or "", place.port, place.scheme == "https"


def _spoken(line: http.client.HTTPConnection) -> bool:
    """Whether the other side said or ended something since the last answer."""
    readable, _, _ = select.select([line.sock], [], [], 0)
    return bool(readable)
