"""Events of looking a doubt up in the provider's own record, and of what the provider was asked to hold or cancel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event
from incident.core.events.notice import ChildBatch


@event("batch:searched")
@dataclass(frozen=True, slots=True)
class BatchSearched:
    """The provider's record was asked about a batch in doubt; what it says by itself settles nothing.

    `asked` sentinel recipients were looked up, `missed` of them were certainly not there; `past_lag` says whether the
    record had had the time to be complete. `reason` says why there was no clear answer.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    where: str
    asked: int
    missed: int
    taken: bool
    past_lag: bool
    reason: str | None


@event("group:opened")
@dataclass(frozen=True, slots=True)
class GroupOpened:
    """The provider named the letters of a notice, which it holds for so many minutes each before it sends them.

    Without a name (`reason` says why there is none) they are sent at once, and cannot be recalled.
    """

    KIND: ClassVar[str]
    notice_id: str
    provider: str
    group: str
    minutes: int
    reason: str | None


@event("group:asked")
@dataclass(frozen=True, slots=True)
class GroupAsked:
    """The provider was asked to pause, cancel or go on with the letters it holds; `reason` says why it did not."""

    KIND: ClassVar[str]
    notice_id: str
    what: str
    reason: str | None


@event("deliveries:resolved")
@dataclass(frozen=True, slots=True)
class DeliveriesResolved:
    """A named person settled the doubt about some people of a batch, who are a batch of their own from now on.

    `rest` is where the batch stands without them: still "uncertain", or "split" when nobody is left in it.
    """

    KIND: ClassVar[str]
    notice_id: str
    batch: int
    attempt: int
    accepted: bool
    how: str
    child: ChildBatch
    rest: str
    tally: Mapping[str, int]
