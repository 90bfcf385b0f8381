"""One HTTP request to an anchor: limited in time and size, following no redirect, in a drill to loopback only."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from incident.errors import SettingsError, TransientError

if TYPE_CHECKING:
    from incident.adapters.mail.dialing import Dial

TIMEOUT_SECONDS = 15.0
MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, media type, body."""

    status: int
    content_type: str
    body: bytes


def ask(dial: Dial, method: str, url: str, *, body: bytes = b"", content_type: str = "") -> Answer:
    """Send one request and return the answer, whatever its status; TransientError when there is none."""
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise SettingsError("the address of an anchor starts with https:// or http://")
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    headers = {"Content-Type": content_type} if content_type else {}
    try:
        link = HTTPConnection(parts.hostname, port, timeout=TIMEOUT_SECONDS)
        link.sock = dial(parts.hostname, port, TIMEOUT_SECONDS)
        if secure:
            link.sock = ssl.create_default_context().wrap_socket(link.sock, server_hostname=parts.hostname)
        try:
            link.request(method, parts.path or "/", body=body or None, headers=headers)
            answer = link.getresponse()
            content = answer.read(MAX_ANSWER_BYTES + 1)
        finally:
            link.close()
    except (OSError, HTTPException) as error:
        raise TransientError(f"no answer from {parts.hostname}: {type(error).__name__}") from error
    if len(content) > MAX_ANSWER_BYTES:
        raise TransientError(f"{parts.hostname} answered with more than a megabyte")
    return Answer(answer.status, answer.headers.get_content_type(), content)
