"""Twilio's client with an exchange of ours below it: timeouts, no redirects with the key, and whether a byte had left.

The client stays the one that builds, authorizes and serializes a request; its own exchange has no timeout by default,
follows redirects with the key, obeys proxy variables, and cannot say whether a byte had left when something broke.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import python_http_client
import sendgrid

from incident.adapters.mail.dialing import Dial, dial_loopback
from incident.adapters.mail.lines import Answer, Lines
from incident.adapters.mail.secrecy import Secret, header_value
from incident.core.mail_limits import MAX_REQUEST_BYTES
from incident.errors import SettingsError

if TYPE_CHECKING:
    import urllib.request

    from incident.adapters.mail.sendgrid_body import SendGridSettings

WRITTEN = "application/json; charset=utf-8"
"""What makes the client send text as it is; on the wire it is application/json."""
_CLIENT_LOG = "python_http_client"


class TooLargeError(Exception):
    """More bytes than SendGrid takes."""


class Unshown(bytes):
    """A body as it goes on the wire: the client writes bodies into messages of its log, open or not."""

    def encode(self, _encoding: str) -> Unshown:  # what the client asks of a text
        """Return the body."""
        return self

    def __repr__(self) -> str:
        """Show nobody."""
        return f"({len(self)} bytes)"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        """Show nobody."""
        return repr(self)


class SendGridClient:
    """An account at SendGrid; `v3` is Twilio's client at the root of its interface."""

    def __init__(self, settings: SendGridSettings, key: Secret, *, dial: Dial) -> None:
        place = urlsplit(settings.host)
        if (
            place.scheme not in {"https", "http"}
            or not place.hostname
            or place.username
            or place.path.strip("/")
        ):
            raise SettingsError("mail.sendgrid.host: write https://host, without a path or a login")
        # A key and letters in clear never leave this machine.
        self.dial = dial if place.scheme == "https" else dial_loopback
        api = sendgrid.SendGridAPIClient(
            header_value(key, key="mail.sendgrid key"), settings.host.rstrip("/")
        )
        headers = api.client.request_headers | {"Content-Type": WRITTEN}
        self._client = _Client(api.client.host, headers, version=3, exchange=self._exchange)
        self._lines = Lines(self.dial, settings.timeout_seconds)

    @property
    def v3(self) -> Any:
        """Return the client, its log shut: at DEBUG it prints the key and every recipient."""
        for name in (_CLIENT_LOG, f"{_CLIENT_LOG}.client"):
            logging.getLogger(name).setLevel(logging.WARNING)
        return self._client

    def _exchange(self, request: urllib.request.Request) -> Answer:
        """Carry one request over one connection; exactly one of our errors when that fails."""
        payload = request.data
        if payload is not None and (not isinstance(payload, bytes) or len(payload) >= MAX_REQUEST_BYTES):
            raise TooLargeError
        headers = dict(request.header_items())
        headers.pop("Content-type", None)
        if payload is not None:
            headers["Content-Type"] = "application/json"
        with self._lines.to(request.full_url) as line:
            line.request(request.get_method(), request.selector, body=payload, headers=headers)
            return Answer.read_from(line.getresponse())


class _Client(python_http_client.Client):  # type: ignore[misc]
    """Twilio's client with our exchange below it."""

    def __init__(self, *args: Any, exchange: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exchange = exchange

    def _build_client(self, name: str | None = None) -> _Client:
        path = [*self._url_path, name] if name else self._url_path
        return _Client(self.host, self.request_headers, self._version, path, exchange=self.exchange)

    def _make_request(self, _opener: Any, request: urllib.request.Request, timeout: Any = None) -> Answer:
        del timeout  # the exchange has its own
        answer: Answer = self.exchange(request)
        return answer
