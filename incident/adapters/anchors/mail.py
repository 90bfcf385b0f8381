"""E-mail as an anchor: the checkpoint goes to the data-protection officer, whose mailbox keeps it for us.

It travels by the transport that letters travel by. Nothing can be read back: the officer compares, with
`tocsin verify --checkpoint FILE`.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING

from incident.core.mailing import Accepted, Batch, LetterContent, Mailer, Mixed, Recipient
from incident.errors import TransientError

if TYPE_CHECKING:
    from datetime import timedelta

    from incident.core.anchors import Publication, Receipt

TEXT = """\
This is a checkpoint of the incident ledger of {name}: its head at {size} entries, signed.

Please keep this message. If the ledger is ever rewritten, this copy is what shows it. To compare, save the lines
below into a file and run: tocsin verify --checkpoint FILE

{note}"""


class MailAnchor:
    """`ports.Anchor` by the house's transport, from the house's sender."""

    def __init__(
        self, to: str, mailer: Mailer, sender: tuple[str, str, str], name: str, every: timedelta
    ) -> None:
        self.name, self.every = "mail", every
        self._to, self._mailer, self._sender, self._company = to, mailer, sender, name

    def publish(self, request: Publication) -> bytes | None:
        """Send the checkpoint; TransientError when the transport did not take it."""
        text = TEXT.format(name=self._company, size=request.size, note=request.note)
        address, name, reply_to = self._sender
        letter = LetterContent(
            subject=f"Ledger checkpoint, {request.size} entries",
            text=text,
            html=f'<!doctype html><html lang="en"><body><pre>{html.escape(text)}</pre></body></html>',
            from_address=address,
            from_name=name,
            reply_to=reply_to,
            language="en",
        )
        named = f"CHECKPOINT-{request.size}"
        outcome = self._mailer.send(
            Batch(named, 0, 1, letter, (Recipient(f"{named}-0", self._to),), request.at)
        )
        single = outcome.each[0] if isinstance(outcome, Mixed) else outcome
        if not isinstance(single, Accepted):
            raise TransientError(f"the mail was not taken: {single.reason}")
        return None

    def newest(self, origin: str) -> str | None:  # noqa: ARG002
        """Show nothing: a mailbox is not read."""
        return None

    def check(self, receipt: Receipt) -> str | None:  # noqa: ARG002
        """Say nothing: the copy is with the officer."""
        return None
