"""Lines of the timeline in the visitor's language: made anew from their entries, where English is not spoken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from incident.core.events import from_data
from incident.core.projections import TimelineRow
from incident.core.sentences import sentence
from incident.web.texts import FALLBACK
from incident.web.visit import Visit


def in_language(visit: Visit, rows: Sequence[TimelineRow]) -> list[TimelineRow]:
    """Return the lines, each said in the visitor's language; the projection holds the English one."""
    if visit.texts.language == FALLBACK or not rows:
        return list(rows)
    said: dict[int, str] = {}
    wanted, kinds = {row.seq for row in rows}, tuple({row.kind for row in rows})
    last = max(wanted)
    with visit.reception.house.store.reading() as tx:
        for entry in tx.entries(visit.state.incident_id, after=min(wanted) - 1, kinds=kinds):
            if entry.seq in wanted:
                said[entry.seq] = visit.texts.spoken(sentence(from_data(entry.kind, entry.data)))
            if entry.seq >= last:
                break
    return [replace(row, sentence=said.get(row.seq, row.sentence)) for row in rows]
