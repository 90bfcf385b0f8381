"""Record that somebody looked: an entry that leaves the state as it is, made without reading the incident's others.

Which entries are such, and that they stand in the timeline, is said by the core. What moves the state is recorded by
`house.record`, which folds.
"""

from __future__ import annotations

from dataclasses import replace

from incident.core import events as e
from incident.core.actors import Actor
from incident.core.projections import timeline_row
from incident.core.state import Incident
from incident.ledger.entry import Entry
from incident.ports import Transaction
from incident.service.house import House, draft, record, recorded
from incident.service.signing import refuse_unless_ours, sign_if_due


def note(house: House, incident_id: str, event: e.EvidenceRead, *, actor: Actor) -> None:
    """Append an entry of custody to an incident; the board and the other lines stay as they are."""
    now = house.clock.now()
    with house.store.begin() as tx:
        shown = next((row for row in house.store.board() if row.incident_id == incident_id), None)
        last = _last(tx, incident_id, shown.last_seq) if shown is not None else None
        if shown is not None and last is not None:
            refuse_unless_ours(house, tx)
            said = draft(
                house, incident_id, event, actor=actor, now=now, nth=last.nth + 1, drill=house.profile.drill
            )
            house.points.reach(f"{event.KIND}:before")
            (one,) = recorded(tx.append([said], recorded_at=now))
            lines = [timeline_row(Incident(incident_id), one)]
            tx.put_projection(replace(shown, last_seq=one.seq), None, lines)
            sign_if_due(house, tx, now, milestone=False)
    if last is None:  # the board does not know it, or knows better than the ledger: the long way says which
        record(house, incident_id, actor=actor, decide=lambda _s, _now: (event,))
        return
    house.points.reach(f"{event.KIND}:after")


def _last(tx: Transaction, incident_id: str, seen: int) -> Entry | None:
    """Return the last entry of an incident, of which one is known that is the last or shortly before it."""
    last = None
    for last in tx.entries(incident_id, after=seen - 1):  # noqa: B007 - the last one is what is wanted
        pass
    return last
