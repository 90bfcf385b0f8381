"""A mailer in memory, as strict as the real ones: it refuses what they refuse, and says what it is told to say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.adapters.mail.composing import compose
from incident.adapters.mail.refusing import refusal
from incident.core.mailing import Accepted, Batch, Outcome

if TYPE_CHECKING:
    from email.message import EmailMessage


class FakeMailer:
    """Keeps the letters it accepted in `accepted`, every call in `calls`, and gives scripted answers first.

    `script` holds outcomes for the next calls, in order; `takes_anyway` has it keep the letters even when the
    scripted answer is a doubt, as a provider does that answers too late.
    """

    name = "fake"
    at_once = 1

    def __init__(
        self,
        *script: Outcome,
        settles_on: str = "delivered",
        idempotent: bool = False,
        takes_anyway: bool = False,
    ) -> None:
        self.script = list(script)
        self.settles_on, self.idempotent, self.takes_anyway = settles_on, idempotent, takes_anyway
        self.reaches_people = False
        self.calls: list[str] = []
        self.accepted: list[str] = []
        self.letters: list[EmailMessage] = []

    def send(self, batch: Batch) -> Outcome:
        refused = refusal(batch)
        if refused is not None:
            return refused
        self.calls.append(batch.attempt_id)
        answer = self.script.pop(0) if self.script else Accepted(f"fake-{len(self.calls)}")
        if isinstance(answer, Accepted) or self.takes_anyway:
            self.accepted += [recipient.delivery_id for recipient in batch.recipients]
            self.letters += [compose(batch, recipient) for recipient in batch.recipients]
        return answer
