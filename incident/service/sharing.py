"""Count what is to be sent, and say into how many shares it is split."""

from __future__ import annotations

from incident.core.going import why_held_up
from incident.core.sharing import shares
from incident.service.house import House, view


def shares_of(house: House, incident_id: str) -> int:
    """Return how many runs send what may go now of an incident."""
    if house.profile.sharing.runs == 1:
        return 1
    state = view(house, incident_id)
    going = [i for i in state.notices if why_held_up(state, i) is None]
    with house.store.reading() as tx:
        batches = sum(tx.batches.count(notice_id, states=("planned",)) for notice_id in going)
    return shares(batches, house.profile.sharing)
