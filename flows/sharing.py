"""Split a send into shares: ask for the other runs, and send the first share here.

What becomes of the others is not waited for: whoever sends goes on until nothing is left to take. Where Prefect cannot
start them, this run sends all of it.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import httpx
from prefect.deployments.flow_runs import arun_deployment
from prefect.exceptions import PrefectException
from prefect.runtime import flow_run

from incident.service.sharing import shares_of

if TYPE_CHECKING:
    from incident.service.house import House

DEPLOYMENT = "notify-share/notify-share"
log = logging.getLogger(__name__)


async def start_shares(house: House, incident_id: str) -> tuple[int, int]:
    """Start the runs that send the other shares; returns which share is left to us, and of how many."""
    of = await asyncio.to_thread(shares_of, house, incident_id)
    for which in range(1, of):
        if not await _start(incident_id, which, of):
            return (0, which) if which > 1 else (0, 1)
    return 0, of


async def _start(incident_id: str, which: int, of: int) -> bool:
    try:
        await arun_deployment(
            DEPLOYMENT,
            parameters={"incident_id": incident_id, "which": which, "of": of},
            flow_run_name=f"notify-{incident_id}-{which}-of-{of}",
            tags=["tocsin", incident_id],
            timeout=0,
            as_subflow=False,
            idempotency_key=f"{incident_id}:share:{which}:{of}:{flow_run.id}",
        )
    except (httpx.HTTPError, PrefectException) as error:
        log.warning("share %d of %d was not started: %s", which, of, type(error).__name__)
        return False
    return True
