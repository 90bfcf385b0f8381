"""The drill transport: the real one, unable to reach a real person, with every letter marked.

The wrapped transport is built here, with a dial that only knows this machine, so it cannot be built without; or, where
the settings ask for it, so that the provider checks every letter in its sandbox mode and sends none.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from incident.adapters.mail.dialing import Dial, dial_anywhere, dial_loopback
from incident.errors import RefusedError

if TYPE_CHECKING:
    from collections.abc import Callable

    from incident.core.mailing import Batch, LetterContent, Mailer, Outcome

MARK = "[DRILL]"
SAID_ALREADY = 'data-drill="true"'
"""What a letter carries whose own words say, in its own language, that it is a drill."""
_SENTENCE = "This is a drill. Nothing happened to your data, and nothing has to be done."
_BODY_OPENS = re.compile(r"<body[^>]*>", re.IGNORECASE)
_BANNER = f'<p style="border:3px solid;padding:.5em"><strong>{MARK}</strong> {_SENTENCE}</p>'


class DrillMailer:
    """Sends through `inner`, marked; `make` gets the only dial it may open sockets with."""

    reaches_people = False

    def __init__(self, make: Callable[[Dial], Mailer], *, sandbox: bool = False) -> None:
        self._sandbox = sandbox
        self.inner = make(dial_anywhere if sandbox else dial_loopback)
        stays = getattr(self.inner, "dial", dial_loopback) is dial_loopback
        if self.inner.reaches_people or not (stays or (sandbox and _in_sandbox(self.inner))):
            raise RefusedError("a drill refuses a transport that can leave this machine")

    @property
    def name(self) -> str:
        """Return the name of the transport, marked."""
        return f"drill:{self.inner.name}"

    @property
    def settles_on(self) -> str:
        """Return what the transport settles on: a drill rehearses that too; a sandbox reports nothing."""
        return "accepted" if self._sandbox else self.inner.settles_on

    @property
    def idempotent(self) -> bool:
        """Return what the transport says."""
        return self.inner.idempotent

    @property
    def at_once(self) -> int:
        """Return what the transport says."""
        return self.inner.at_once

    def send(self, batch: Batch) -> Outcome:
        """Mark the letters and hand them to the transport."""
        return self.inner.send(replace(batch, letter=marked(batch.letter)))


def _in_sandbox(mailer: Mailer) -> bool:
    return getattr(getattr(mailer, "settings", None), "sandbox", False) is True


def marked_subject(subject: str) -> str:
    """Return a subject as a drill shows it: marked, unless it is already."""
    return subject if MARK in subject else f"{MARK} {subject}"


def marked(letter: LetterContent) -> LetterContent:
    """Return the letter as a drill shows it: a header says so, and subject and body where they do not yet."""
    said = SAID_ALREADY in letter.html
    opening = _BODY_OPENS.search(letter.html)
    place = opening.end() if opening else 0
    return replace(
        letter,
        subject=marked_subject(letter.subject),
        text=letter.text if said else f"{MARK} {_SENTENCE}\n\n{letter.text}",
        html=letter.html if said else letter.html[:place] + _BANNER + letter.html[place:],
        headers=(*letter.headers, ("X-Tocsin-Drill", "true")),
    )
