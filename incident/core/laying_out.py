"""Lay people out in batches: one letter a batch, soonest clock and most endangered first, memory bounded by the layout.

Every row is checked on the way against what the cohort committed to; the hash of each batch is over rows so checked.
"""

from __future__ import annotations

import hmac
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from json.encoder import encode_basestring
from typing import Any

from incident.core import spans
from incident.core.batches import NOBODY, Candidate, Reading, people_sha256
from incident.core.people import BatchRow, DeliveryRow
from incident.core.scoping.question import Certainty
from incident.core.wording import CATEGORIES

Urgency = tuple[str, int, int]
NO_CLOCK = "9999"
_DANGER = {"account": 0, "funds": 0, "payment": 0, "identity": 0, "sensitive": 1, "messages": 2, "content": 2}
"""How soon harm follows, by the advice group of what was taken; the rest comes last."""
_LEAST = 3
_TEXT = (str, type(None))
_SUREST = tuple(level.value for level in Certainty)


def as_committed(row: Candidate) -> bool:
    """Whether a row, with the columns that letters are made of, is the one the ledger committed to."""
    stored: tuple[Any, ...] = row  # whatever the database holds
    email, name, (record, key, commitment) = stored[2], stored[3], stored[8:]
    if not (isinstance(email, _TEXT) and isinstance(name, _TEXT)):
        return False
    if not (isinstance(record, bytes) and isinstance(key, bytes) and isinstance(commitment, bytes)):
        return False
    if not hmac.compare_digest(hmac.digest(key, record, "sha256"), commitment):
        return False
    if _says(b'"email":', email, record) and _says(b'"name":', name, record):
        return True
    said = json.loads(record)
    return bool(said["email"] == email and said["name"] == name)


def _says(key: bytes, value: str | None, record: bytes) -> bool:
    """Whether a canonical record says so; each of our two keys stands in it once, so its text decides."""
    written = b"null" if value is None else encode_basestring(value).encode("utf-8", "surrogatepass")
    return key + written in record


def urgency(exposure: str, certainty: str, due_at: str | None) -> Urgency:
    """Return what orders people: the soonest clock, then what was taken from them, then how sure that is."""
    taken = (pair.partition(":")[0] for pair in exposure.split(";") if pair)
    dangers = [_DANGER.get(CATEGORIES[code][0], _LEAST) for code in taken if code in CATEGORIES]
    sure = _SUREST.index(certainty) if certainty in _SUREST else len(_SUREST)
    return due_at or NO_CLOCK, min(dangers, default=_LEAST), sure


@dataclass(slots=True)
class Layout:
    """Batches being filled: people with one letter and one urgency stand together, in order of position.

    `key` gives the random salt of each batch.
    """

    notice_id: str
    cohort_id: str
    size: int
    at: datetime
    key: Callable[[], bytes]
    apart: list[DeliveryRow] = field(default_factory=list)
    _open: dict[tuple[Urgency, str], list[Reading]] = field(default_factory=dict)
    _done: list[tuple[Urgency, str, BatchRow]] = field(default_factory=list)

    def set_apart(self, position: int, letter_id: str, reason: str) -> None:
        """Note somebody whom mail cannot reach."""
        row = DeliveryRow(self.notice_id, position, NOBODY, letter_id, "no_address", reason, self.at)
        self.apart.append(row)

    def add(self, person: Reading, letter_id: str, urgent: Urgency) -> None:
        """Put one person into the batch that is being filled for such people; positions ascend."""
        people = self._open.setdefault((urgent, letter_id), [])
        people.append(person)
        if len(people) == self.size:
            self._close((urgent, letter_id))

    def batches(self) -> tuple[BatchRow, ...]:
        """Return every batch, numbered in the order of sending."""
        for key in list(self._open):
            self._close(key)
        ordered = sorted(self._done, key=lambda one: (one[0], one[1], one[2].number))
        return tuple(replace(row, number=number) for number, (_u, _l, row) in enumerate(ordered))

    def _close(self, key: tuple[Urgency, str]) -> None:
        people = self._open.pop(key)
        urgent, letter_id = key
        salt = self.key()
        row = BatchRow(
            notice_id=self.notice_id,
            number=len(self._done),
            cohort_id=self.cohort_id,
            letter_id=letter_id,
            state="planned",
            attempt=0,
            people=len(people),
            positions=spans.written(p.position for p in people),
            people_sha256=people_sha256(people, salt),
            changed_at=self.at,
            salt=salt,
        )
        self._done.append((urgent, letter_id, row))


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A finished layout."""

    batches: tuple[BatchRow, ...]
    apart: tuple[DeliveryRow, ...]

    @property
    def tally(self) -> Mapping[str, int]:
        """The delivery states that the notice starts with."""
        return Counter(planned=sum(b.people for b in self.batches), no_address=len(self.apart))

    def positions_apart(self) -> str:
        """Return the positions of those whom mail cannot reach, as ranges."""
        return spans.written(row.position for row in self.apart)
