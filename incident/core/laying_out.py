"""Lay people out in batches: one letter a batch, soonest clock and most endangered first.

Of people in closed batches nothing is held but the positions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from incident.core import spans
from incident.core.addressees import Addressees
from incident.core.batches import NOBODY, lines_sha256
from incident.core.people import BatchRow, DeliveryRow
from incident.core.scoping.question import Certainty
from incident.core.wording import CATEGORIES

Urgency = tuple[str, int, int]
NO_CLOCK = "9999"
_DANGER = {"account": 0, "funds": 0, "payment": 0, "identity": 0, "sensitive": 1, "messages": 2, "content": 2}
"""How soon harm follows, by the advice group of what was taken; the rest comes last."""
_LEAST = 3
_SUREST = tuple(level.value for level in Certainty)


def urgency(exposure: str, certainty: str, due_at: str | None) -> Urgency:
    """Return what orders people: the soonest clock, then what was taken from them, then how sure that is."""
    taken = (pair.partition(":")[0] for pair in exposure.split(";") if pair)
    dangers = [_DANGER.get(CATEGORIES[code][0], _LEAST) for code in taken if code in CATEGORIES]
    sure = _SUREST.index(certainty) if certainty in _SUREST else len(_SUREST)
    return due_at or NO_CLOCK, min(dangers, default=_LEAST), sure


_Kind = tuple[Urgency, str, int]
"""Urgency, letter, and how many share a mailbox with the person in batches before."""


@dataclass(slots=True)
class _Filling:
    """A batch that is being filled."""

    positions: list[int] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    addresses: set[str] = field(default_factory=set)

    def take(self, people: Addressees) -> list[int]:
        """Take all of them but those whose address is in it already; returns their places."""
        addresses = list(map(str.casefold, filter(None, people.emails)))
        if len(addresses) < len(people):
            addresses = [(email or "").casefold() for email in people.emails]
        new = set(addresses)
        again: list[int] = []
        if len(new) < len(addresses) or not self.addresses.isdisjoint(new):
            for place, address in enumerate(addresses):
                if address in self.addresses:
                    again.append(place)
                self.addresses.add(address)
            people = people.without(again)
        self.addresses |= new
        self.positions += people.positions
        self.lines += people.lines
        return again


@dataclass(slots=True)
class Layout:
    """Batches being filled: people with one letter and one urgency stand together, in order of position.

    No two in a batch have one address, for a provider may refuse the call: who shares a mailbox with somebody in it
    stands in another batch of the kind. `key` gives the random salt of each batch.
    """

    notice_id: str
    cohort_id: str
    size: int
    at: datetime
    key: Callable[[], bytes]
    apart: list[DeliveryRow] = field(default_factory=list)
    _open: dict[_Kind, _Filling] = field(default_factory=dict)
    _done: list[tuple[Urgency, str, BatchRow]] = field(default_factory=list)

    def set_apart(self, position: int, letter_id: str, reason: str) -> None:
        """Note somebody whom mail cannot reach."""
        row = DeliveryRow(self.notice_id, position, NOBODY, letter_id, "no_address", reason, self.at)
        self.apart.append(row)

    def add(self, people: Addressees, letter_id: str, urgent: Urgency) -> None:
        """Put people into the batch that is filled for such; they ascend."""
        self._fill((urgent, letter_id, 0), people)

    def _fill(self, kind: _Kind, people: Addressees) -> None:
        start = 0
        while start < len(people):
            filling = self._open.setdefault(kind, _Filling())
            some = people.cut(start, start + self.size - len(filling.positions))
            again = filling.take(some)
            if again:
                self._fill((*kind[:2], kind[2] + 1), some.at(again))
            start += len(some)
            if len(filling.positions) == self.size:
                self._close(kind)

    def batches(self) -> tuple[BatchRow, ...]:
        """Return every batch, numbered in the order of sending."""
        for kind in list(self._open):
            self._close(kind)
        ordered = sorted(self._done, key=lambda one: (one[0], one[1], one[2].number))
        return tuple(replace(row, number=number) for number, (_u, _l, row) in enumerate(ordered))

    def _close(self, kind: _Kind) -> None:
        filled, (urgent, letter_id, _round) = self._open.pop(kind), kind
        positions, lines = filled.positions, filled.lines
        salt = self.key()
        row = BatchRow(
            notice_id=self.notice_id,
            number=len(self._done),
            cohort_id=self.cohort_id,
            letter_id=letter_id,
            state="planned",
            attempt=0,
            people=len(positions),
            positions=spans.written(positions),
            people_sha256=lines_sha256(lines, salt),
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

    def tally_of(self, *, held: bool) -> Mapping[str, int]:
        """Return it as the notice begins; `held` where nothing may leave before a canary."""
        return {("held" if held and name == "planned" else name): n for name, n in self.tally.items()}

    def positions_apart(self) -> str:
        """Return the positions of those whom mail cannot reach, as ranges."""
        return spans.written(row.position for row in self.apart)
