"""Open an incident from Prefect's form: the same service as on the command line, for on-call at 02:00."""

import asyncio
from datetime import datetime
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.showing import label
from flows.steps import no_details
from incident.bootstrap import actor, open_house
from incident.service import opening


@flow(name="open-incident", flow_run_name="open-incident", retries=0, persist_result=False)
async def open_incident(
    title: str,
    opened_by: str,
    detected_at: datetime | None = None,
    became_aware_at: datetime | None = None,
    reason: str = "",
) -> State[Any]:
    """Open an incident; what is unknown may stay unknown. Write no names or addresses of customers.

    Args:
        title: What happened, in a few words and without personal data; for example "storage key leaked".
        opened_by: Your handle in tocsin.toml; for example ada.
        detected_at: When something was first noticed, with its offset from UTC; empty if unknown.
        became_aware_at: When the team became aware that customers' data was hit, with its offset from UTC;
            the 48 hours run from here. Empty if nobody has decided it yet.
        reason: Why this is the moment of becoming aware, without personal data.
    """
    with open_house() as house, no_details():
        state = await asyncio.to_thread(
            opening.open_incident,
            house,
            actor=actor(None, opened_by),
            title=title,
            detected_at=detected_at,
            became_aware_at=became_aware_at,
            aware_because=reason,
        )
        await label(state.incident_id, drill=house.profile.drill)
        started = None
        if house.starter is not None:
            started = await asyncio.to_thread(house.starter.start, state.incident_id, reason="opened")
    follows = f"run {started} responds" if started else "the watch will respond"
    return Completed(name="Opened", message=f"{state.incident_id} is open; {follows}")
