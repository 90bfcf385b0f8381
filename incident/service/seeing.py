"""See incidents without opening the house, now or as of a past instant. Imports nothing heavy."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from incident.core.anchors import LedgerGlance
from incident.core.events import from_data
from incident.core.folding import fold
from incident.core.hindsight import Axis, happened_by, known_at
from incident.core.projections import BoardRow, TimelineRow
from incident.core.state import Incident, Recorded
from incident.errors import BadInputError, NotFoundError
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

    def ledger(self) -> LedgerGlance:
        """Return how far the ledger is recorded, signed, and known outside."""
        ...


class Seen:
    """The incidents as of one moment."""

    def __init__(self, reader: QuickReader, now: datetime, *, drill: bool) -> None:
        self._reader, self.now, self._drill = reader, now, drill

    def board(self) -> Sequence[BoardRow]:
        """Return every incident's line."""
        return self._reader.board()

    def ledger(self) -> LedgerGlance:
        """Return how far the ledger is recorded, signed, and known outside."""
        return self._reader.ledger()

    def incident(
        self, incident_id: str, *, at: datetime | None = None, axis: Axis = Axis.RECORDED
    ) -> Incident:
        """Fold one incident from its entries, as of a past instant when one is given.

        Raises NotFoundError when it had no entry by then, BadInputError for an instant that is still to come.
        """
        self._refuse_future(at)
        state = (
            fold(incident_id, self._recorded(incident_id), drill=self._drill)
            if at is None or axis is Axis.HAPPENED
            else known_at(incident_id, self._recorded(incident_id), at, drill=self._drill)
        )
        if state.version == 0:
            raise NotFoundError(f"there is no incident {incident_id}{' as of then' if at else ''}")
        return happened_by(state, at) if at is not None and axis is Axis.HAPPENED else state

    def timeline(
        self, incident_id: str, *, at: datetime | None = None, axis: Axis = Axis.RECORDED
    ) -> Iterator[TimelineRow]:
        """Stream an incident's timeline in order of recording, up to a past instant when one is given.

        NotFoundError when there is none.
        """
        self._refuse_future(at)
        for row in self._timeline(incident_id):
            if at is None or (row.recorded_at if axis is Axis.RECORDED else row.occurred_at) <= at:
                yield row

    def _refuse_future(self, at: datetime | None) -> None:
        if at is not None and at > self.now:
            raise BadInputError("that instant is still to come", field="as_of")

    def _timeline(self, incident_id: str) -> Iterator[TimelineRow]:
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
