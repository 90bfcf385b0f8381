"""Send what is approved for one incident, and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.states import Completed

from flows.steps import no_details, work_on
from incident.bootstrap import open_house
from incident.core.agenda import Do
from incident.service import responding, sending

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

MINE = frozenset({Do.PLAN_NOTICE, Do.PLAN_FURTHER, Do.SEND_BATCHES})


@flow(name="notify", flow_run_name="notify-{incident_id}", retries=0, persist_result=False)
async def notify(incident_id: str) -> State[Any]:
    """Send the approved letters of an incident, as far as they are not sent yet.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW.
    """
    with open_house() as house:
        return await work_on(house, incident_id, mine=MINE)


@flow(
    name="notify-share", flow_run_name="notify-{incident_id}-{which}-of-{of}", retries=0, persist_result=False
)
async def notify_share(incident_id: str, which: int = 0, of: int = 1) -> State[Any]:
    """Send a share of an incident's approved letters, beside other runs on other workers, under one pace.

    It begins with its own batches and then helps the others. It needs no lease of the incident: each batch is taken by
    one run, in the database, whoever else is started by mistake.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW. Its letters are laid out already.
        which: Which share this is, from 0.
        of: How many shares there are.
    """
    with open_house() as house:
        with no_details():
            said = await asyncio.to_thread(
                sending.send, house, incident_id, progress=responding.quiet, share=(which, of)
            )
        return Completed(name="Sent", message=said)
