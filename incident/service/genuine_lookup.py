"""Find the incident of a code without telling a stranger anything: known codes are remembered, misses cost little."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from incident.core import events as e
from incident.core.genuine import read_code
from incident.service.house import House, recorded

SEARCH_AGAIN_AFTER = timedelta(seconds=5)
KIND = "genuine_page:named"


class Codes:
    """The codes of all incidents, read from the ledger: each entry is looked at once."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[str, str] = {}
        self._read_up_to: dict[str, int] = {}
        self._searched_at: datetime | None = None
        self._lock = threading.Lock()

    def incident_of(self, typed: str) -> str | None:
        """Return the incident of a code as somebody typed it, or None."""
        code = read_code(typed)
        if code is None:
            return None
        with self._lock:
            if code not in self._known:
                self._search()
            return self._known.get(code)

    def _search(self) -> None:
        now = self._house.clock.real_now()
        if self._searched_at is not None and now - self._searched_at < SEARCH_AGAIN_AFTER:
            return
        self._searched_at = now
        changed = [
            (row.incident_id, row.last_seq)
            for row in self._house.store.board()
            if row.last_seq > self._read_up_to.get(row.incident_id, -1)
        ]
        with self._house.store.reading() as tx:
            for incident_id, last_seq in changed:
                after = self._read_up_to.get(incident_id, -1)
                for entry in recorded(tx.entries(incident_id, after=after, kinds=(KIND,))):
                    if isinstance(entry.event, e.GenuinePageNamed):
                        self._known[entry.event.code] = incident_id
                self._read_up_to[incident_id] = last_seq
