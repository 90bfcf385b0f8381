"""Rows about people, kept beside the ledger: who is in a cohort, and how the letter to each of them fares.

These values hold personal data. They live in tables that can be erased; the ledger knows only positions and
commitments. Nothing here may be logged, put into an exception, or handed to Prefect.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from incident.core.stretches import Stretch

KEY_BYTES = 32
Node: TypeAlias = tuple[int, int, bytes]
"""A hash of a tree: its level in tiles, its place there, and the hash."""


class PersonRow(NamedTuple):
    """One person of a frozen cohort; a tuple, because there are a million.

    `position` runs from 0, the people to be told first. `record` is the canonical JSON of what scoping found
    (identities, exposures, reasons); `key` is 32 random bytes, and `commitment` the hash over both (`commit`).
    """

    position: int
    pseudonym: str
    email: str | None
    name: str | None
    phone: str | None
    language: str
    jurisdiction: str
    certainty: str
    exposure: str
    categories: tuple[str, ...]
    record: bytes
    key: bytes
    commitment: bytes

    def __repr__(self) -> str:
        """Name nobody."""
        return f"PersonRow(position={self.position}, pseudonym={self.pseudonym!r})"

    def committed(self) -> bool:
        """Whether the row is the one the ledger committed to."""
        return len(self.key) == KEY_BYTES and commit(self.key, self.record) == self.commitment


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One batch of a notice: up to a thousand letters of one variant that share one fate until somebody's differs.

    `state` is a DeliveryState or "split" (its people are in newer batches). `positions` are ranges (see `spans`) and
    stay as laid out; `people` counts those it holds now. `people_sha256` is over what each of them is told with
    (`batches.Reading`) under a `salt` that is in no entry, taken from rows that were checked against the cohort's
    commitment. `run` is who made the open call, `provider` with which transport.
    """

    notice_id: str
    number: int
    cohort_id: str
    letter_id: str
    state: str
    attempt: int
    people: int
    positions: str
    people_sha256: str
    changed_at: datetime
    body_sha256: str | None = None
    message_id: str | None = None
    provider: str | None = None
    run: str | None = None
    reason: str | None = None
    intended_at: datetime | None = None
    answered_at: datetime | None = None
    parent: int | None = None
    salt: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """How the letter to one person stands: as its batch does, or, once that differs, by a row of its own.

    `batch` is -1 for people who were never laid out, because there is no address to write to.
    """

    notice_id: str
    position: int
    batch: int
    letter_id: str
    state: str
    reason: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class ProviderEventRow:
    """One event of the provider, kept for de-duplication; `raw` holds its bytes apart from the ledger."""

    event_id: str
    notice_id: str
    position: int | None
    kind: str
    happened_at: datetime
    raw: bytes = field(repr=False)


def commit(key: bytes, record: bytes) -> bytes:
    """Commit to a record under a person's own key, 32 random bytes; erasing the key makes it meaningless.

    It is the leaf of the cohort's tree (RFC 9162 2.1.1, over key and record): the key hides, the hash binds.
    """
    return sha256(b"\x00" + key + record).digest()


class People(Protocol):
    """Rows about people inside one transaction; all of it erasable."""

    def save_cohort(
        self,
        incident_id: str,
        cohort_id: str,
        rows: Iterable[PersonRow],
        document: bytes,
        *,
        named: Collection[str] = (),
    ) -> None:
        """Keep a cohort, in order of position, and where those stand whose pseudonyms are `named`."""
        ...

    def cohort_document(self, cohort_id: str) -> bytes: ...
    def persons(
        self,
        cohort_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        jurisdiction: str | None = None,
        certainty: str | None = None,
    ) -> Sequence[PersonRow]: ...
    def person(self, cohort_id: str, position: int) -> PersonRow: ...
    def sought(self, cohort_id: str, *, pseudonym: str = "", holding: bytes = b"") -> PersonRow | None:
        """Return the first person of this pseudonym, or whose record holds these bytes; None when there is nobody."""
        ...

    def stretches(self, cohort_id: str) -> Sequence[Stretch]:
        """Return the stretches of a cohort, in order of position."""
        ...

    def positions(self, cohort_id: str, pseudonyms: Collection[str]) -> Mapping[str, int]:
        """Return where these pseudonyms stand in the cohort; those who were not named when it was saved are absent."""
        ...

    def commitments(self, cohort_id: str, *, first: int, count: int) -> Sequence[bytes]:
        """Return the commitments to people from a position on; nothing else is read."""
        ...

    def keep_nodes(self, tree: str, nodes: Iterable[Node]) -> None:
        """Keep hashes of the tree over a cohort, or over the batches of a notice, so that proofs are looked up."""
        ...

    def nodes(self, tree: str, level: int, *, first: int, count: int) -> Sequence[bytes]:
        """Return kept hashes of one level, from a place on."""
        ...

    def set_apart(self, rows: Iterable[DeliveryRow]) -> None:
        """Keep rows of people who never share a batch's fate."""
        ...

    def apart(self, notice_id: str, batches: Sequence[int]) -> Mapping[int, Mapping[int, str]]:
        """Return the states of those in these batches who have a row of their own: by batch, by position."""
        ...

    def deliveries(
        self,
        notice_id: str,
        *,
        batch: int | None = None,
        states: Sequence[str] = (),
        positions: Sequence[int] = (),
        after: int = -1,
        limit: int = 1000,
    ) -> Sequence[DeliveryRow]: ...
    def move_deliveries(
        self, notice_id: str, positions: Sequence[int], *, state: str, reason: str | None, at: datetime
    ) -> None: ...
    def count_deliveries(self, notice_id: str) -> Mapping[str, int]: ...
    def put_own(self, rows: Iterable[DeliveryRow]) -> None:
        """Give people rows of their own, or newer ones; each was laid out or set apart before."""
        ...

    def new_events(self, rows: Sequence[ProviderEventRow]) -> Sequence[ProviderEventRow]:
        """Keep the events whose id was not seen before, and return those, in order."""
        ...
