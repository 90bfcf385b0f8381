"""SendGrid through Twilio's own client, made safe for letters that must not be sent twice.

The client stays the one that builds, authorizes and serializes the request; the exchange below it is ours,
because its own has no timeout by default, follows redirects with the key, obeys proxy variables, and cannot
say whether a byte had left when something broke. That one bit decides between "again" and "in doubt".
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import orjson
import python_http_client
import sendgrid

from incident.adapters.mail.dialing import Dial, NotLoopbackError, dial_anywhere, dial_loopback
from incident.adapters.mail.lines import Answer, Lines, LostError, NotDialedError
from incident.adapters.mail.refusing import refusal
from incident.adapters.mail.secrecy import Secret, header_value
from incident.adapters.mail.sendgrid_answers import outcome
from incident.adapters.mail.sendgrid_body import SendGridSettings, body
from incident.core.mail_limits import MAX_REQUEST_BYTES
from incident.core.mailing import Batch, NotSent, Outcome, Split, Stop, Uncertain
from incident.errors import SettingsError

if TYPE_CHECKING:
    import urllib.request
    from collections.abc import Mapping

WRITTEN = "application/json; charset=utf-8"
"""What makes the client send text as it is; on the wire it is application/json."""
_CLIENT_LOG = "python_http_client"


class SendGridMailer:
    """Posts a batch as one v3 mail/send request; one request, one answer, no retry of its own."""

    name = "sendgrid"
    settles_on = "delivered"
    idempotent = False
    at_once = 4

    def __init__(self, settings: SendGridSettings, key: Secret, *, dial: Dial = dial_anywhere) -> None:
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
        self.settings = settings
        self._api = sendgrid.SendGridAPIClient(
            header_value(key, key="mail.sendgrid key"), settings.host.rstrip("/")
        )
        headers = self._api.client.request_headers | {"Content-Type": WRITTEN}
        self._api.client = _Client(self._api.client.host, headers, version=3, exchange=self._exchange)
        self._lines = Lines(self.dial, settings.timeout_seconds)

    @property
    def reaches_people(self) -> bool:
        """Return whether letters may reach somebody: not from a drill, not in the sandbox."""
        return self.dial is not dial_loopback and not self.settings.sandbox

    @property
    def recorded(self) -> Mapping[str, str | bool]:
        """Return the settings worth recording with an approval: nothing secret."""
        return self.settings.recorded()

    def send(self, batch: Batch) -> Outcome:
        """Post the batch and say what became of it."""
        refused = refusal(batch)
        if refused is not None:
            return refused
        _silence()
        try:
            answer = self._api.client.mail.send.post(request_body=written(body(batch, self.settings)))
        except _TooLargeError:
            return Split(f"the request would take more than {MAX_REQUEST_BYTES} bytes")
        except NotLoopbackError as error:
            return Stop(str(error))
        except NotDialedError as error:
            return NotSent(f"no connection to the provider: {error}")
        except LostError as error:
            return Uncertain(f"the connection broke after the request began to travel: {error}")
        return outcome(
            answer.status_code, answer.headers, answer.body, batch=batch, sandbox=self.settings.sandbox
        )

    def _exchange(self, request: urllib.request.Request) -> Answer:
        """Carry one request over one connection; exactly one of our three errors when that fails."""
        payload = request.data
        if not isinstance(payload, bytes) or len(payload) >= MAX_REQUEST_BYTES:
            raise _TooLargeError
        headers = dict(request.header_items()) | {"Content-Type": "application/json"}
        headers.pop("Content-type", None)
        with self._lines.to(request.full_url) as line:
            line.request(request.get_method(), request.selector, body=payload, headers=headers)
            return Answer.read_from(line.getresponse())


class _TooLargeError(Exception):
    """More bytes than SendGrid takes."""


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


def written(request: dict[str, Any]) -> str:
    """Write a body for the client, which takes text as it is under a type of its own: much faster."""
    return orjson.dumps(request).decode()


def _silence() -> None:
    """Keep the client's log shut: at DEBUG it prints the key and every recipient."""
    for name in (_CLIENT_LOG, f"{_CLIENT_LOG}.client"):
        logging.getLogger(name).setLevel(logging.WARNING)
