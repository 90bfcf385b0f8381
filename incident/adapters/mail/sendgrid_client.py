"""Twilio's client with an exchange of ours below it: timeouts, no redirects with the key, and whether a byte had left.

The client stays the one that knows where each part of the interface is and who asks; its own exchange has no timeout by
default, follows redirects with the key, obeys proxy variables, prints the key and every recipient into an open log, and
cannot say whether a byte had left when something broke. It also makes an opener with ten handlers for each call, since
Python 3.12 with all authorities read anew, which nobody would use here.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sendgrid
from python_http_client.client import Client, Response

from incident.adapters.mail.dialing import Dial, dial_loopback
from incident.adapters.mail.lines import Answer, Lines
from incident.adapters.mail.secrecy import Secret, header_value
from incident.core.mail_limits import MAX_REQUEST_BYTES
from incident.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.adapters.mail.sendgrid_body import SendGridSettings


class TooLargeError(Exception):
    """More bytes than SendGrid takes."""


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
        self.v3 = _Client(api.client.host, api.client.request_headers, version=3, exchange=self._exchange)
        self._lines = Lines(self.dial, settings.timeout_seconds)

    def _exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Carry one request over one connection; exactly one of our errors when that fails."""
        if body is not None:
            if len(body) >= MAX_REQUEST_BYTES:
                raise TooLargeError
            headers = {**headers, "Content-Type": "application/json"}
        with self._lines.to(url) as line:
            line.request(method, url.removeprefix(self.v3.host), body=body, headers=headers)
            return Answer.read_from(line.getresponse())


class _Client(Client):  # type: ignore[misc]
    """Twilio's client with our exchange below it; `v3.mail.send.post(request_body=...)` takes bytes, and sends them."""

    def __init__(self, *args: Any, exchange: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.exchange = exchange

    def __getattr__(self, name: str) -> Any:
        """Return a part of the interface, or what asks it."""
        return partial(self._ask, name.upper()) if name in self.methods else super().__getattr__(name)

    def _build_client(self, name: str | None = None) -> _Client:
        path = [*self._url_path, name] if name else self._url_path
        return _Client(self.host, self.request_headers, self._version, path, exchange=self.exchange)

    def _ask(
        self, method: str, *, request_body: bytes | None = None, query_params: Mapping[str, Any] | None = None
    ) -> Response:
        return Response(
            self.exchange(method, self._build_url(query_params), self.request_headers, request_body)
        )
