"""See incidents without opening the house: fold what a quick reader finds. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from incident.core.events import from_data
from incident.core.folding import fold
from incident.core.projections import BoardRow, TimelineRow
from incident.core.state import Incident, Recorded
from incident.errors import NotFoundError
from incident.ledger.entry import decode

PAGE = 1000


class QuickReader(Protocol):
    """A read-only view of the database."""

    def board(self) -> Sequence[BoardRow]:
        """Return every incident's line."""
        ...

    def timeline(self, incident_id: str, *, after: int = -1, limit: int = 1000) -> Sequence[TimelineRow]:
        """Return one page of a timeline."""
        ...

    def entries(self, incident_id: str) -> Iterator[bytes]:
        """Return the bytes of an incident's entries, in order."""
        ...


class Seen:
    """The incidents as of one moment."""

    def __init__(self, reader: QuickReader, now: datetime, *, drill: bool) -> None:
        self._reader, self.now, self._drill = reader, now, drill

    def board(self) -> Sequence[BoardRow]:
        """Return every incident's line."""
        return self._reader.board()

    def incident(self, incident_id: str) -> Incident:
        """Fold one incident from its entries; NotFoundError when it has none."""
        state = fold(incident_id, self._recorded(incident_id), drill=self._drill)
        if state.version == 0:
            raise NotFoundError(f"there is no incident {incident_id}")
        return state

    def timeline(self, incident_id: str) -> Iterator[TimelineRow]:
        """Stream an incident's timeline; NotFoundError when there is none."""
        after = -1
        while rows := self._reader.timeline(incident_id, after=after, limit=PAGE):
            yield from rows
            after = rows[-1].seq
        if after == -1:
            raise NotFoundError(f"there is no incident {incident_id}")

    def _recorded(self, incident_id: str) -> Iterator[Recorded]:
        for body in self._reader.entries(incident_id):
            entry = decode(body)
            event = from_data(entry.kind, entry.data)
            yield Recorded(entry.seq, entry.actor, entry.occurred_at, entry.recorded_at, event)
