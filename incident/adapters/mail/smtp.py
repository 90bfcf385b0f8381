"""SMTP as the second provider: one message for each person, answers kept apart person by person.

A reply is believed: 2xx taken, 4xx not now, 5xx no. A connection that breaks after the text of a message
began to travel leaves that one letter in doubt. Later news (bounces come as mail) is not read here, so this
transport settles on acceptance.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from incident.adapters.mail.composing import compose, message_id
from incident.adapters.mail.dialing import Dial, NotLoopbackError, dial_anywhere, dial_loopback
from incident.adapters.mail.refusing import refusal
from incident.core.mailing import (
    Accepted,
    Batch,
    NotSent,
    Outcome,
    Recipient,
    Refused,
    Single,
    Stop,
    Uncertain,
    gathered,
)

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping

    from incident.adapters.mail.secrecy import Secret


_NOT_NOW, _FOR_GOOD = 400, 500  # RFC 5321 4.2.1


class Security(StrEnum):
    """How the way to the server is protected."""

    NONE = "none"
    STARTTLS = "starttls"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """Where and how to hand letters over; `user` empty means no login."""

    host: str
    port: int
    security: Security = Security.STARTTLS
    user: str = ""
    password: Secret | None = None
    timeout_seconds: float = 20.0
    local_name: str = "localhost"


class SmtpMailer:
    """Hands letters to an SMTP server, one after the other on one connection for each batch."""

    name = "smtp"
    settles_on = "accepted"
    idempotent = False
    at_once = 1

    def __init__(
        self, settings: SmtpSettings, *, dial: Dial = dial_anywhere, context: ssl.SSLContext | None = None
    ) -> None:
        self.settings, self.dial = settings, dial
        self._context = context or ssl.create_default_context()

    @property
    def reaches_people(self) -> bool:
        """Return whether letters may leave this machine."""
        return self.dial is not dial_loopback

    @property
    def recorded(self) -> Mapping[str, str | bool]:
        """Return the settings worth recording with an approval: nothing secret."""
        s = self.settings
        return MappingProxyType({"host": s.host, "port": str(s.port), "security": s.security.value})

    def send(self, batch: Batch) -> Outcome:
        """Hand the letters over; a Mixed outcome when people fared differently."""
        refused = refusal(batch)
        if refused is not None:
            return refused
        connected = self._connect()
        if not isinstance(connected, smtplib.SMTP):
            return connected
        each = tuple(_hand_over_if_open(connected, batch, recipient) for recipient in batch.recipients)
        _part(connected)
        return gathered(each)

    def _connect(self) -> smtplib.SMTP | Single:
        s = self.settings
        server = _Server(self.dial, self._context if s.security is Security.TLS else None, s)
        try:
            code, _ = server.connect(s.host, s.port)
            if code != 220:  # noqa: PLR2004 - RFC 5321 4.3.2
                server.close()
                return NotSent(f"the server greeted with {code}")
            server.ehlo_or_helo_if_needed()
            if s.security is Security.STARTTLS:
                server.starttls(context=self._context)
                server.ehlo()
            if s.user:
                server.login(s.user, s.password.get_secret_value() if s.password else "")
        except NotLoopbackError as error:
            return Stop(str(error))
        except smtplib.SMTPAuthenticationError as error:
            server.close()
            refused = f"the server refused the login ({error.smtp_code})"
            return Stop(refused) if error.smtp_code >= _FOR_GOOD else NotSent(refused)
        except smtplib.SMTPNotSupportedError:
            server.close()
            return Stop("the server does not offer what the settings ask for: STARTTLS or login")
        except (OSError, smtplib.SMTPException) as error:
            server.close()
            return NotSent(f"no connection to the mail server: {type(error).__name__}")
        return server


class _Server(smtplib.SMTP):
    """smtplib's client over a socket that our dial opened."""

    def __init__(self, dial: Dial, tls: ssl.SSLContext | None, settings: SmtpSettings) -> None:
        super().__init__(local_hostname=settings.local_name, timeout=settings.timeout_seconds)
        self._dial, self._tls, self._host = dial, tls, settings.host

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        plain = self._dial(host, port, timeout)
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_hostname=host)


def _hand_over_if_open(server: smtplib.SMTP, batch: Batch, recipient: Recipient) -> Single:
    if server.sock is None:
        return NotSent("the connection was lost before this letter")
    return _hand_over(server, batch, recipient)


def _hand_over(server: smtplib.SMTP, batch: Batch, recipient: Recipient) -> Single:
    content = compose(batch, recipient).as_bytes()
    try:
        code, _ = server.mail(batch.letter.from_address)
        if code >= _FOR_GOOD:
            server.rset()
            return Stop(f"the server refuses the sender ({code})")
        if code < _NOT_NOW:
            code, _ = server.rcpt(recipient.address)
        if code >= _NOT_NOW:
            server.rset()
            return _answered(code)
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        return NotSent(f"the connection broke before the letter: {type(error).__name__}")
    try:
        code, _ = server.data(content)
    except smtplib.SMTPDataError as error:
        return _answered(error.smtp_code)
    except (OSError, smtplib.SMTPException) as error:
        server.close()
        return Uncertain(f"the connection broke after the letter began to travel: {type(error).__name__}")
    # our own part of the Message-ID: the whole looks like an address, which no entry may hold
    own = message_id(batch, recipient).strip("<>").partition("@")[0]
    return Accepted(own) if code == 250 else _answered(code)  # noqa: PLR2004


def _answered(code: int) -> Single:
    """Return what a refusing reply means; its text may name the person and is left behind."""
    if code >= _FOR_GOOD:
        return Refused(f"the server refused with {code}")
    if code >= _NOT_NOW:
        return NotSent(f"the server asks to come back later ({code})")
    return Uncertain(f"the server answered {code}, which is no answer")


def _part(server: smtplib.SMTP) -> None:
    """End the session; every letter was answered by now, so how this goes does not matter to any."""
    try:
        server.quit()
    except (OSError, smtplib.SMTPException):
        server.close()
