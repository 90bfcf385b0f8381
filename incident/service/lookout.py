"""Keep incidents folded for those who look: each is read once, and after that only what is new.

A page of an incident with a million recipients must not read a million rows. What is handed out is never changed
afterwards: newer entries go onto a copy, so that a page being written sees one moment.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime

from incident.core.copies import copy_of
from incident.core.evidence_plan import Taken
from incident.core.folding import apply
from incident.core.hindsight import Axis, happened_by
from incident.core.state import Incident, Recorded
from incident.errors import NotFoundError, TamperError
from incident.service.evidence import format_of
from incident.service.house import House, recorded

KEPT, PAST_KEPT = 200, 40
"""So many incidents are kept folded; the one not looked at for longest goes first."""
STRIDE = 500
"""After so many entries a state on the way is kept, so that another past instant is folded from there."""


class Lookout:
    """The incidents as they are, without folding them anew for every page."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._kept: OrderedDict[str, Incident] = OrderedDict()
        self._lock = threading.Lock()
        self._formats: dict[str, str | None] = {}
        self._past: OrderedDict[tuple[str, datetime], Incident] = OrderedDict()
        self._on_the_way: OrderedDict[str, list[Incident]] = OrderedDict()

    def incident(self, incident_id: str) -> Incident:
        """Return the incident as it is now; NotFoundError when there is none."""
        with self._lock:
            state = self._kept.get(incident_id) or Incident(incident_id, drill=self._house.profile.drill)
            with self._house.store.reading() as tx:
                fresh = list(recorded(tx.entries(incident_id, after=state.last_seq)))
            if fresh:
                state = copy_of(state)
                for entry in fresh:
                    apply(state, entry)
            if state.version == 0:
                raise NotFoundError(f"there is no incident {incident_id}")
            self._kept[incident_id] = state
            self._kept.move_to_end(incident_id)
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
            return state

    def past(self, incident_id: str, at: datetime, axis: Axis) -> Incident:
        """Return the incident as of a past instant; NotFoundError when it had not begun by then.

        What had been recorded by an instant that is over does not change, so it is folded once.
        """
        state = self.incident(incident_id)
        if axis is Axis.HAPPENED:
            found = happened_by(state, at)
            began = state.opened_at is not None and state.opened_at <= at
        else:
            found = self._known(incident_id, at)
            began = found.version > 0
        if not began:
            raise NotFoundError(f"there is no incident {incident_id} as of then")
        return found

    def seq_at(self, incident_id: str, at: datetime) -> int:
        """Return the seq of the last entry recorded by an instant, or -1."""
        return self._known(incident_id, at).last_seq

    def _known(self, incident_id: str, at: datetime) -> Incident:
        with self._lock:
            found = self._past.get((incident_id, at))
            if found is None:
                found = self._folded_to(incident_id, at)
            self._past[incident_id, at] = found
            self._past.move_to_end((incident_id, at))
            while len(self._past) > PAST_KEPT:
                self._past.popitem(last=False)
            return found

    def _folded_to(self, incident_id: str, at: datetime) -> Incident:
        """Fold what had been recorded by then, from the last kept state before it; entries stand in that order."""
        kept = self._on_the_way.setdefault(incident_id, [])
        self._on_the_way.move_to_end(incident_id)
        while len(self._on_the_way) > PAST_KEPT:
            self._on_the_way.popitem(last=False)
        start = next(
            (one for one in reversed(kept) if one.last_recorded_at and one.last_recorded_at <= at), None
        )
        state = copy_of(start) if start else Incident(incident_id, drill=self._house.profile.drill)
        with self._house.store.reading() as tx:
            for entry in recorded(tx.entries(incident_id, after=state.last_seq)):
                if entry.recorded_at > at:
                    break
                apply(state, entry)
                if state.version == STRIDE * (len(kept) + 1):
                    kept.append(copy_of(state))
        return state

    def taken(self, state: Incident) -> tuple[Taken, ...]:
        """Return the evidence with its formats; each piece is read once, to recognize it."""
        found = []
        for item in state.evidence.values():
            if item.sha256 not in self._formats:
                try:
                    self._formats[item.sha256] = format_of(self._house, item)
                except TamperError:
                    self._formats[item.sha256] = None
            found.append(Taken(item.evidence_id, item.system, self._formats[item.sha256], item.taken_at))
        return tuple(found)

    def entries(self, incident_id: str, kinds: Sequence[str]) -> tuple[Recorded, ...]:
        """Return the entries of a few kinds, in order."""
        with self._house.store.reading() as tx:
            return tuple(recorded(tx.entries(incident_id, kinds=tuple(kinds))))
