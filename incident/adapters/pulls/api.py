"""Asking a vendor's API for a page: paced, patient with 429 and 503, never redirected, never beyond its own host.

The key is in a header and nowhere else. Answers are read up to a limit; what is no JSON object is refused.
"""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from incident.errors import PermanentError, SettingsError, TransientError

_LARGEST_PAGE = 64 << 20
_TRIES = 6
_LONGEST_WAIT = 120.0
_TIMEOUT_SECONDS = 60.0
_OK, _MULTIPLE, _UNAUTHORIZED, _FORBIDDEN, _TOO_MANY, _SERVER = 200, 300, 401, 403, 429, 500
_LOOPBACK = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON object and the bytes it came as."""

    content: bytes
    data: Mapping[str, Any]


@dataclass(slots=True)
class Api:
    """One vendor's API. `headers` returns the authentication; `per_second` is how often it may be asked."""

    name: str
    base: str
    headers: Callable[[], Mapping[str, str]]
    per_second: float
    sleep: Callable[[float], None] = time.sleep
    monotonic: Callable[[], float] = time.monotonic
    clock: Callable[[], float] | None = None
    next_at: float = 0.0
    connection: http.client.HTTPConnection | None = field(default=None, repr=False)

    def get(self, target: str) -> Answer:
        """Return the answer to a GET of a path on the vendor's host, or of a whole address there."""
        return self.ask("GET", self._on_host(target), None)

    def ask(
        self, method: str, target: str, body: bytes | None, more: Mapping[str, str] | None = None
    ) -> Answer:
        """Ask until there is an answer, or patience ends with TransientError."""
        reason = ""
        for attempt in range(_TRIES):
            self._pace()
            try:
                status, headers, content = self._once(method, target, body, more)
            except (OSError, http.client.HTTPException) as error:
                self.close()
                reason, wait = f"the connection failed ({type(error).__name__})", 2.0**attempt
            else:
                if status < _MULTIPLE:
                    return self._parsed(content)
                if status != _TOO_MANY and status < _SERVER:
                    raise self._refusal(status)
                reason = f"it answered {status}"
                wait = _asked_wait(headers) or 2.0**attempt
            if wait > _LONGEST_WAIT:
                raise TransientError(
                    f"{self.name} asks to wait {wait:.0f} seconds; run the same command again then"
                )
            if attempt + 1 < _TRIES:
                self.sleep(wait)
        raise TransientError(f"{self.name}: {reason}, {_TRIES} times; run the same command again later")

    def _on_host(self, target: str) -> str:
        """Return the path of a target; an address elsewhere is refused, it would get the key."""
        parts, own = urlsplit(target), urlsplit(self.base)
        if parts.netloc and (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
            raise PermanentError(f"{self.name} names a next page on another host; it was not asked")
        path = parts.path if parts.netloc else own.path.rstrip("/") + parts.path
        return path + (f"?{parts.query}" if parts.query else "")

    def _once(
        self, method: str, target: str, body: bytes | None, more: Mapping[str, str] | None
    ) -> tuple[int, Mapping[str, str], bytes]:
        if self.connection is None:
            self.connection = _connection(self.base)
        given = {"Accept": "application/json", "User-Agent": "tocsin", **(more or self.headers())}
        self.connection.request(method, target, body=body, headers=given)
        response = self.connection.getresponse()
        content = response.read(_LARGEST_PAGE + 1)
        if len(content) > _LARGEST_PAGE:
            self.close()
            raise PermanentError(f"{self.name} sent a page of more than 64 MiB")
        headers = {name.lower(): value for name, value in response.getheaders()}
        expected = headers.get("content-length", "")
        if expected.isdecimal() and len(content) < int(expected):
            raise http.client.IncompleteRead(content)
        return response.status, headers, content

    def _parsed(self, content: bytes) -> Answer:
        try:
            data = json.loads(content.decode())
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise PermanentError(f"{self.name} answered with something else than a JSON object")
        return Answer(content, data)

    def _refusal(self, status: int) -> SettingsError | PermanentError:
        if status in {_UNAUTHORIZED, _FORBIDDEN}:
            return SettingsError(
                f"{self.name} refused the key ({status}); is it right, and may it read this?"
            )
        if status < _SERVER and status // 100 == _MULTIPLE // 100:
            return PermanentError(f"{self.name} answered with a redirection ({status}); it was not followed")
        return PermanentError(f"{self.name} answered {status}")

    def _pace(self) -> None:
        now = self.monotonic()
        if now < self.next_at:
            self.sleep(self.next_at - now)
        self.next_at = max(now, self.next_at) + 1 / self.per_second

    def close(self) -> None:
        """Hang up."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def checked_base(name: str, base: str) -> str:
    """Return the address of an API; SettingsError unless it is https, or plain http on loopback."""
    parts = urlsplit(base)
    if parts.scheme == "https" and parts.hostname:
        return base
    if parts.scheme == "http" and parts.hostname in _LOOPBACK:
        return base
    raise SettingsError(f"pull.{name}.host: write an https address; http only on loopback")


def is_loopback(base: str) -> bool:
    """Tell whether an address is on this machine."""
    return urlsplit(base).hostname in _LOOPBACK


def _connection(base: str) -> http.client.HTTPConnection:
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=_TIMEOUT_SECONDS)
    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, parts.port, timeout=_TIMEOUT_SECONDS, context=context)


def _asked_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the vendor asks to wait: Retry-After (RFC 9110 10.2.3), or Help Scout's own header."""
    said = headers.get("retry-after") or headers.get("x-ratelimit-retry-after") or ""
    if said.strip().replace(".", "", 1).isdecimal():
        return float(said)
    try:
        at, sent = parsedate_to_datetime(said), parsedate_to_datetime(headers.get("date", ""))
    except (ValueError, TypeError):
        return None
    return max((at - sent).total_seconds(), 1.0)
