"""Write the post-mortem of one incident anew from the ledger, whenever somebody asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.states import Completed

from flows.showing import label, show_incident
from flows.steps import held, no_details, perform
from incident.bootstrap import open_house
from incident.core.agenda import Action, Do
from incident.core.said import say
from incident.errors import LeaseHeldError

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State

REDRAFT = Action(Do.DRAFT_POST_MORTEM, say("do.redraft", "write the post-mortem anew from the ledger"))


@flow(name="postmortem", flow_run_name="postmortem-{incident_id}", retries=0, persist_result=False)
async def postmortem(incident_id: str) -> State[Any]:
    """Write the post-mortem of an incident anew; a review given before is asked for again.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW.
    """
    with open_house() as house, no_details():
        await label(incident_id, drill=house.profile.drill)
        try:
            async with held(house, incident_id) as owner:
                said = await perform(house, incident_id, REDRAFT, owner=owner)
        except LeaseHeldError:
            return Completed(name="Busy", message=f"another run works on {incident_id}")
        await show_incident(house, incident_id)
    return Completed(name="Drafted", message=said)
