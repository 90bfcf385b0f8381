"""Events of further letters to some people of a notice: proposed, and whom they take over from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event
from incident.core.events.notice import LetterDrafted


@event("further:proposed")
@dataclass(frozen=True, slots=True)
class FurtherProposed:
    """Further letters to these people of a notice were drafted, and wait for an approval of their own.

    `kind` is "correction" (a new letter to those who got a wrong one), "second_address" (to another address of those
    whom mail did not reach) or "unsent" (those to whom nothing was handed over). `positions` are ranges; what each of
    these people is told with, the address in it, follows from the cohort that the ledger committed to.
    """

    KIND: ClassVar[str]
    approval_id: str
    kind: str
    of_notice: str
    letter_id: str | None
    positions: str
    people: int
    reason: str
    letters: tuple[LetterDrafted, ...]


@event("deliveries:followed")
@dataclass(frozen=True, slots=True)
class DeliveriesFollowed:
    """A further notice took people over from this one: from now on it is that one which owes them a letter."""

    KIND: ClassVar[str]
    notice_id: str
    positions: str
    by_notice: str
    tally: Mapping[str, int]
