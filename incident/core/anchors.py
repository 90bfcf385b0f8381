"""Checkpoints given to the outside: what came of each attempt, and whether an anchor is fresh or overdue.

A copy of a checkpoint out of our reach is what shows a rewritten history. How it gets there is the adapters' to know.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Receipt:
    """A checkpoint of `size` entries that reached the anchor; `token` is what the anchor gave for it."""

    name: str
    size: int
    at: datetime
    note: str
    token: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class LedgerGlance:
    """How far the ledger is recorded and signed, and the newest receipt of each anchor by name."""

    entries: int
    signed: int
    signed_at: datetime | None
    receipts: Mapping[str, Receipt]


@dataclass(frozen=True, slots=True)
class Publication:
    """A checkpoint to be given to an anchor, at `at`; `prove` gives the consistency proof from an older size."""

    origin: str
    size: int
    note: str
    at: datetime
    last_size: int
    prove: Callable[[int], tuple[bytes, ...]]


@dataclass(frozen=True, slots=True)
class Failure:
    """An anchor that did not take a checkpoint: since when, last tried when, why."""

    name: str
    since: datetime
    last_at: datetime
    reason: str


class AnchorStanding(StrEnum):
    """How an anchor stands."""

    FRESH = "fresh"
    OVERDUE = "overdue"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class AnchorFace:
    """One anchor as shown: its last receipt and failure, and how it stands."""

    name: str
    standing: AnchorStanding
    receipt: Receipt | None
    failure: Failure | None


class Anchor(Protocol):
    """A place outside our reach that is given checkpoints."""

    name: str
    every: timedelta

    def publish(self, request: Publication) -> bytes | None:
        """Hand a checkpoint over and return what the place gave for it; TransientError when it did not take it.

        NewerKnownError when the place knows a newer checkpoint than the database has.
        """
        ...

    def newest(self, origin: str) -> str | None:
        """Return the newest checkpoint that the place can show, unchecked; None where it shows none."""
        ...

    def check(self, receipt: Receipt) -> str | None:
        """Return why what the place gave for a checkpoint does not stand, or None."""
        ...


class Outside(Protocol):
    """What is known outside the database about how far the ledger had come."""

    agreed: set[str]
    """Checkpoints that this database was found to hold."""

    def known(self, origin: str) -> Sequence[tuple[str, str]]:
        """Return (place, note) of what is known under this name, unchecked."""
        ...

    def everything(self, origin: str) -> Sequence[tuple[str, str]]:
        """Return (place, note) of all that is known, earlier names of the log included, unchecked."""
        ...

    def ask_again(self) -> None:
        """Let the places be asked at the next look."""
        ...

    def raise_to(self, origin: str, note: str) -> bool:
        """Keep a checkpoint if it is larger than the one kept; False when that failed."""
        ...


GRACE = timedelta(minutes=5)
"""What an anchor may be late before it is overdue: the schedule that serves it runs every minute."""


def is_due(last: Receipt | None, *, size: int, every: timedelta, now: datetime) -> bool:
    """Say whether an anchor is to get the checkpoint at `size` now."""
    return last is None or (last.size < size and now - last.at >= every)


def faces(
    seen: LedgerGlance, names: Sequence[str], *, every: timedelta, now: datetime
) -> tuple[AnchorFace, ...]:
    """Say how each anchor of the settings stands, by what the database holds alone."""
    return tuple(
        face(
            name,
            seen.receipts.get(name),
            None,
            size=seen.signed,
            signed_at=seen.signed_at,
            every=every,
            now=now,
        )
        for name in names
    )


def face(
    name: str,
    last: Receipt | None,
    failure: Failure | None,
    *,
    size: int,
    signed_at: datetime | None,
    every: timedelta,
    now: datetime,
) -> AnchorFace:
    """Say how an anchor stands against the newest checkpoint, of `size` entries, signed at `signed_at`.

    It is overdue when what it lacks should have reached it, and a grace has passed as well.
    """
    if last is not None and last.size >= size:
        standing = AnchorStanding.FRESH
    elif last is None:
        lacking = signed_at is not None and now - signed_at > GRACE
        standing = AnchorStanding.OVERDUE if lacking else AnchorStanding.NEVER
    else:
        standing = AnchorStanding.OVERDUE if now - last.at > every + GRACE else AnchorStanding.FRESH
    return AnchorFace(name, standing, last, failure)
