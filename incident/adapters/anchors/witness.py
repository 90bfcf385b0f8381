"""A witness as an anchor, C2SP tlog-witness: it cosigns only what grows from what it has seen before."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from incident.adapters.anchors.asking import Answer, ask
from incident.errors import BadInputError, NewerKnownError, TamperError, TransientError
from incident.ledger.checkpoint import open_note
from incident.ledger.witness import (
    ADD_CHECKPOINT,
    CONFLICT,
    INCONSISTENT,
    OK,
    AddCheckpoint,
    cosignature_lines,
    with_cosignatures,
)

if TYPE_CHECKING:
    from datetime import timedelta

    from incident.adapters.mail.dialing import Dial
    from incident.core.anchors import Publication, Receipt
    from incident.ledger.keys import Verifier


class WitnessAnchor:
    """`ports.Anchor` at a witness's prefix; `verifier` is its key."""

    def __init__(self, url: str, verifier: Verifier, dial: Dial, every: timedelta) -> None:
        self.name, self.every = f"witness:{verifier.name}", every
        self._url, self._verifier, self._dial = url.rstrip("/"), verifier, dial

    def publish(self, request: Publication) -> bytes | None:
        """Ask for a cosignature from the size that the witness knows, and return the lines it signed."""
        answer = self._add(request, request.last_size)
        if answer.status == CONFLICT:
            known = _size(answer)
            if known > request.size:
                raise NewerKnownError(
                    f"the witness has seen {known} entries, the database holds {request.size}",
                    evidence={"note": self.newest(request.origin)},
                )
            answer = self._add(request, known)
        if answer.status == INCONSISTENT:
            raise NewerKnownError(
                "the witness has seen another history than the database holds",
                evidence={"note": self.newest(request.origin)},
            )
        if answer.status != OK:
            raise TransientError(f"the witness answered {answer.status}")
        try:
            return "".join(cosignature_lines(answer.body.decode(), request.note, [self._verifier])).encode()
        except (UnicodeDecodeError, BadInputError, TamperError) as error:
            raise TransientError("the witness answered with no cosignature of its own") from error

    def newest(self, origin: str) -> str | None:
        """Return the checkpoint that the witness shows for this log; None where it shows none, or is away."""
        named = hashlib.sha256(origin.encode()).hexdigest()
        try:
            answer = ask(self._dial, "GET", f"{self._url}/{named}/checkpoint")
            return answer.body.decode() if answer.status == OK else None
        except (TransientError, UnicodeDecodeError):
            return None

    def check(self, receipt: Receipt) -> str | None:
        """Check a cosignature that was kept against the checkpoint and the witness's key."""
        if receipt.token is None:
            return "the cosignature is gone"
        try:
            open_note(with_cosignatures(receipt.note, [receipt.token.decode()]), [self._verifier])
        except (UnicodeDecodeError, BadInputError, TamperError) as error:
            return f"the cosignature does not stand: {error}"
        return None

    def _add(self, request: Publication, old: int) -> Answer:
        asked = AddCheckpoint(old, request.prove(old), request.note)
        return ask(self._dial, "POST", f"{self._url}/{ADD_CHECKPOINT}", body=asked.text().encode())


def _size(answer: Answer) -> int:
    stated = answer.body.strip()
    if not stated.isdigit() or len(stated) > 19:  # noqa: PLR2004
        raise TransientError("the witness answered a conflict without a size")
    return int(stated)
