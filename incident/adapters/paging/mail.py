"""Pages by e-mail to the people of a tier, over a relay of their own: the breached mail system must not be needed."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import make_msgid

from incident.adapters.mail.secrecy import Secret
from incident.adapters.paging.channels import ChannelFailedError


@dataclass(frozen=True, slots=True)
class PageRelay:
    """Where pages are handed over, as whom; `password` is asked for only with a user."""

    host: str
    port: int
    from_address: str
    start_tls: bool = True
    user: str = ""
    password: Secret | None = field(default=None, repr=False)
    timeout_seconds: float = 15.0


class MailChannel:
    """Sends one message to all addresses of a tier."""

    name = "email"

    def __init__(self, relay: PageRelay, addresses: Mapping[str, Sequence[str]]) -> None:
        self._relay, self._addresses = relay, addresses

    def deliver(self, subject: str, body: str, *, to: str) -> None:
        """Hand the message over; ChannelFailedError unless the relay took it for everybody."""
        wanted = list(self._addresses.get(to, ()))
        if not wanted:
            raise ChannelFailedError(f"nobody is named for {to}")
        message = EmailMessage()
        message["Subject"] = " ".join(subject.split())
        message["From"], message["To"] = self._relay.from_address, ", ".join(wanted)
        message["Message-ID"] = make_msgid(domain=self._relay.from_address.rpartition("@")[2])
        message["Auto-Submitted"], message["X-Priority"] = "auto-generated", "1"
        message.set_content(body)
        relay = self._relay
        with smtplib.SMTP(relay.host, relay.port, timeout=relay.timeout_seconds) as server:
            if relay.start_tls:
                server.starttls(context=ssl.create_default_context())
            if relay.user and relay.password is not None:
                server.login(relay.user, relay.password.get_secret_value())
            refused = server.send_message(message)
        if refused:
            raise ChannelFailedError(f"{len(refused)} addresses were refused")
