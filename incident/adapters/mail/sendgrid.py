"""SendGrid through Twilio's own client, made safe for letters that must not be sent twice.

Whether a byte had left when something broke decides between "again" and "in doubt"; the exchange that can say it is in
`sendgrid_client`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.adapters.mail.dialing import Dial, NotLoopbackError, dial_anywhere, dial_loopback
from incident.adapters.mail.lines import LostError, NotDialedError
from incident.adapters.mail.refusing import refusal
from incident.adapters.mail.sendgrid_answers import outcome
from incident.adapters.mail.sendgrid_body import SendGridSettings, written
from incident.adapters.mail.sendgrid_client import SendGridClient, TooLargeError
from incident.core.mail_limits import MAX_REQUEST_BYTES
from incident.core.mailing import Batch, NotSent, Outcome, Split, Stop, Uncertain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.adapters.mail.secrecy import Secret


class SendGridMailer:
    """Posts a batch as one v3 mail/send request; one request, one answer, no retry of its own."""

    name = "sendgrid"
    idempotent = False
    at_once = 8

    def __init__(self, settings: SendGridSettings, key: Secret, *, dial: Dial = dial_anywhere) -> None:
        self.settings = settings
        self._client = SendGridClient(settings, key, dial=dial)
        self.dial = self._client.dial

    @property
    def settles_on(self) -> str:
        """Return what counts as told: what the provider reports delivered; in its sandbox it reaches nobody."""
        return "accounted" if self.settings.sandbox else "delivered"

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
        try:
            answer = self._client.v3.mail.send.post(request_body=written(batch, self.settings))
        except TooLargeError:
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
