"""Settle the notice of one incident: look doubts up in the provider's record, and record when everyone was told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow

from flows.steps import work_on
from incident.bootstrap import open_house
from incident.core.agenda import Do

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

MINE = frozenset({Do.LOOK_UP, Do.SETTLE_NOTICE})


@flow(name="settle", flow_run_name="settle-{incident_id}", retries=0, persist_result=False)
async def settle(incident_id: str) -> State[Any]:
    """Record that everyone was told, where that is so; who is in doubt stays named as waiting for a person.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW.
    """
    with open_house() as house:
        return await work_on(house, incident_id, mine=MINE)
