"""Pulls that are opened when they are first asked for: most commands never do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cached_property

from incident.core.pulling import KeptPage, Puller, Pulls, Spool


class LatePulls:
    """`pulling.Pulls` behind a function that makes it."""

    def __init__(self, make: Callable[[], Pulls]) -> None:
        self.make = make

    @cached_property
    def made(self) -> Pulls:
        """Make it, once."""
        return self.make()

    def configured(self) -> Sequence[str]:
        """Name the systems for which there is a key."""
        return self.made.configured()

    def puller(self, system: str, *, since: datetime | None = None) -> Puller:
        """Open a puller."""
        return self.made.puller(system, since=since)

    def spool(self, incident_id: str, system: str, stream: str) -> Spool:
        """Open a spool."""
        return self.made.spool(incident_id, system, stream)

    def clear(self, incident_id: str, system: str) -> None:
        """Drop the spools of a pull that is over."""
        self.made.clear(incident_id, system)

    def last_line(self, pages: Sequence[KeptPage], notes: Sequence[str], *, complete: bool) -> bytes:
        """Write the line that ends the evidence of a pull."""
        return self.made.last_line(pages, notes, complete=complete)
