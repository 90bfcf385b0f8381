"""The port of large work: room to spill to, and hands to share it among."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from incident.core.scoping.spill import Spill

Job = TypeVar("Job")
Done = TypeVar("Done")


class Workshop(Protocol):
    """Room and hands for one piece of large work."""

    @property
    def spill(self) -> Spill:
        """Where to put what does not fit in memory; private, and gone at the end."""
        ...

    @property
    def hands(self) -> int:
        """How many do the jobs side by side; one, where it is not worth while to share."""
        ...

    def each(self, do: Callable[[Job], Done], jobs: Iterable[Job]) -> Iterator[Done]:
        """Do every job, perhaps in other processes; answers come in the order of the jobs."""
        ...


class Workshops(Protocol):
    """Opens workshops."""

    def open(self, work_bytes: int) -> AbstractContextManager[Workshop]:
        """Open one for about so many bytes of evidence."""
        ...
