"""The state of one incident, kept between transactions and caught up under the lock, not folded anew."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from incident.core.batches import Looking
from incident.core.folding import apply
from incident.core.state import Incident
from incident.ports import Transaction
from incident.service.house import House, load, recorded


@dataclass(slots=True)
class Snapshot:
    """For one run that writes many entries; whoever else wrote is read in at the next beginning."""

    house: House
    incident_id: str
    _state: Incident | None = None

    @contextmanager
    def begin(self, looking: Looking | None = None) -> Iterator[tuple[Transaction, Incident]]:
        """Start a writing transaction on the state as it is now; after any failure the state is read anew."""
        try:
            with self.house.store.begin(looking) as tx:
                yield tx, self._caught_up(tx)
        except BaseException:
            self._state = None
            raise

    def look(self) -> Incident:
        """Return the state as it is now; not to be kept."""
        with self.house.store.reading() as tx:
            return self._caught_up(tx)

    def _caught_up(self, tx: Transaction) -> Incident:
        state = self._state
        if state is None:
            state = load(tx, self.incident_id, drill=self.house.profile.drill)
        else:
            for entry in recorded(tx.entries(self.incident_id, after=state.last_seq)):
                apply(state, entry)
        self._state = state
        return state
