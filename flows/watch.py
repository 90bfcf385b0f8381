"""Watch over every open incident: page what is late, see that each is worked on. Works without Prefect."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.states import Completed

from flows.steps import no_details, owner_of_run
from incident.bootstrap import open_house
from incident.reception import tell_webhooks
from incident.service import anchoring, responding

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="watch", flow_run_name="watch", retries=0, persist_result=False)
async def watch() -> State[Any]:
    """Look at every open incident once: page what is late or soon will be, start what is due, sign what is new."""
    with open_house() as house, no_details():
        said = await asyncio.to_thread(
            responding.watch_tick, house, starter=house.starter, owner=owner_of_run()
        )
        said = (*said, *await asyncio.to_thread(anchoring.tend, house))
        said = (*said, *await asyncio.to_thread(tell_webhooks, house))
    return Completed(message="; ".join(said) or "nothing is due")
