"""Send what is approved for one incident, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow

from flows.steps import work_on
from incident.bootstrap import open_house
from incident.core.agenda import Do

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

MINE = frozenset({Do.PLAN_NOTICE, Do.SEND_BATCHES})


@flow(name="notify", flow_run_name="notify-{incident_id}", retries=0, persist_result=False)
async def notify(incident_id: str) -> State[Any]:
    """Send the approved letters of an incident, as far as they are not sent yet.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW.
    """
    with open_house() as house:
        return await work_on(house, incident_id, mine=MINE)
