"""Respond to one incident: do what is Tocsin's to do now, then end. Short, re-entrant, killed at any time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prefect import flow

from flows.steps import work_on
from incident.bootstrap import open_house

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="respond", flow_run_name="respond-{incident_id}", retries=0, persist_result=False)
async def respond(incident_id: str) -> State[Any]:
    """Do everything that is Tocsin's to do for an incident now, and say what it waits for.

    Args:
        incident_id: The incident, as on the board; for example INC-7K2M9QXW.
    """
    with open_house() as house:
        return await work_on(house, incident_id)
