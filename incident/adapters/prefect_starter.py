"""Start the flow of an incident in Prefect; the one module of `incident` that imports it.

Prefect is imported only once its server has answered, so that nobody waits for it in vain. When there is no
server, the answer is None and the log says why: the watch, or whoever asked, goes on without.
"""

from __future__ import annotations

import asyncio
import http.client
import importlib
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from incident.ports import Clock

DEPLOYMENT = "respond/respond"
FLOW = ("flows.respond", "respond")
ASK_SECONDS = 1.5
CALL_SECONDS = 15.0
FOLLOWING_RUNS = 20
log = logging.getLogger(__name__)


class PrefectStarter:
    """Starts `respond` for an incident on a Prefect server."""

    def __init__(self, api_url: str, *, clock: Clock) -> None:
        """Take where the server's API is, such as `http://127.0.0.1:4200/api`."""
        self.api_url = api_url.rstrip("/")
        self.clock = clock

    def start(self, incident_id: str, *, reason: str) -> str | None:
        """Return the id of a run that has not ended: a new one, or this half minute's for this reason.

        None when the server does not answer within 1.5 s, does not know the deployment or refuses; a busy
        server (503) is asked again by Prefect's own client.
        """
        silence = self._silence()
        if silence is None:
            return self._create(incident_id, idempotency_key(incident_id, reason, self.clock.real_now()))
        log.warning("no run of %s started for %s: %s", DEPLOYMENT, incident_id, silence)
        return None

    def answers(self) -> bool:
        """Say whether the server answers, within 1.5 s."""
        return self._silence() is None

    def run_here(self, incident_id: str) -> tuple[str, str]:
        """Run the flow in this process, shown on the server; returns the name and the message of its end.

        The flow opens the house by itself, from TOCSIN_SETTINGS. Raises what the flow raised.
        """
        from prefect.settings import PREFECT_API_URL, temporary_settings

        module, name = FLOW
        flow = getattr(importlib.import_module(module), name)
        with temporary_settings({PREFECT_API_URL: self.api_url}):
            state = asyncio.run(flow(incident_id, return_state=True))
        if not state.is_completed():
            asyncio.run(_raise(state))
        return str(state.name), str(state.message or "")

    def _silence(self) -> str | None:
        """Return why the server cannot be asked; None when it answers."""
        url = urlsplit(self.api_url)
        kind = http.client.HTTPSConnection if url.scheme == "https" else http.client.HTTPConnection
        connection = kind(url.hostname or "", url.port, timeout=ASK_SECONDS)
        try:
            connection.request("GET", f"{url.path}/health")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            return f"the server does not answer ({type(error).__name__})"
        finally:
            connection.close()
        return f"the server answers {status}" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None

    def _create(self, incident_id: str, key: str) -> str | None:
        import httpx
        from prefect.client.orchestration import SyncPrefectClient
        from prefect.exceptions import PrefectException

        try:
            with SyncPrefectClient(self.api_url, httpx_settings={"timeout": CALL_SECONDS}) as client:
                deployment = client.read_deployment_by_name(DEPLOYMENT)
                return _run_not_ended(client, deployment.id, incident_id, key)
        except (httpx.HTTPError, PrefectException) as error:
            log.warning("no run of %s started for %s: %s", DEPLOYMENT, incident_id, type(error).__name__)
            return None


def idempotency_key(incident_id: str, reason: str, now: datetime) -> str:
    """Return a key new every half minute: Prefect remembers keys for ever and answers with dead runs."""
    half = now.second // 30 * 30
    return f"{incident_id}:{reason}:{now:%Y%m%dT%H%M}{half:02}"


def _run_not_ended(client: Any, deployment_id: UUID, incident_id: str, key: str) -> str | None:
    """Create the run of a key; where that run has ended already, the one that follows it."""
    for _ in range(FOLLOWING_RUNS):
        run = client.create_flow_run_from_deployment(
            deployment_id,
            parameters={"incident_id": incident_id},
            name=f"respond-{incident_id}",
            tags=["tocsin", incident_id],
            idempotency_key=key,
        )
        if run.state is None or not run.state.is_final():
            return str(run.id)
        key = f"{key}:{run.id}"
    log.warning(
        "no run of %s started for %s: %d ended within half a minute", DEPLOYMENT, incident_id, FOLLOWING_RUNS
    )
    return None


async def _raise(state: Any) -> None:
    await state.aresult(raise_on_failure=True)
