"""End doubts by policy: send again what nothing resolved before waiting misses the deadline, recorded as such."""

from __future__ import annotations

from incident.core.actors import TOCSIN
from incident.core.uncertainty import how, to_resend
from incident.service.doubts import settle_doubt
from incident.service.house import House, load, view


def resolve_by_policy(house: House, incident_id: str) -> int:
    """Resolve what the policy sends again now; returns how many batches. None where a person decides."""
    policy = house.profile.uncertain
    if not to_resend(view(house, incident_id), house.clock.now(), policy):
        return 0
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        rows = [
            row
            for notice_id, number in to_resend(state, now, policy)
            for row in tx.batches.rows(notice_id, states=("uncertain",), numbers=[number])
        ]
        for row in rows:
            settle_doubt(
                house, tx, state, row, accepted=False, how=how(policy), by="policy", now=now, actor=TOCSIN
            )
    return len(rows)
