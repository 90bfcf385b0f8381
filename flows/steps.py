"""What every flow shares: the lease around the work, one task per action, no text of strangers in Prefect.

What is due and how it is done is decided in `incident`; what is shown is in `flows.showing`.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.runtime import flow_run
from prefect.states import Completed

from flows.sharing import start_shares
from flows.showing import label, progress_shown, show_incident
from incident.core.agenda import OURS, Action, Do
from incident.errors import LeaseHeldError, LostCommitError, PermanentError, TocsinError, TransientError
from incident.service import resolving, responding
from incident.service.house import view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Collection, Iterator

    from prefect.client.schemas.objects import State

    from incident.service.house import House

RETRY_DELAYS_SECONDS = (1.0, 5.0, 15.0)


def worth_retrying(_task: Any, _run: Any, state: State[Any]) -> bool:
    """Say whether an action failed in a way that trying again may mend: by class, never by text.

    After a lost commit too: an action looks at what is kept before it does anything, and done twice is done once.
    """
    again = isinstance(state.data, TransientError | LostCommitError)
    return again and not isinstance(state.data, LeaseHeldError)


@task(
    task_run_name="{name}",
    retries=len(RETRY_DELAYS_SECONDS),
    retry_delay_seconds=list(RETRY_DELAYS_SECONDS),
    retry_condition_fn=worth_retrying,
    persist_result=False,
    cache_policy=NO_CACHE,
)
async def step(name: str, work: Callable[[responding.Progress], str], *, incident_id: str) -> str:
    """Do one piece of blocking work beside the event loop, shown as `name`; returns its sentence."""
    async with progress_shown(name, incident_id) as progress:
        with no_details():
            return await asyncio.to_thread(work, progress)


async def work_on(house: House, incident_id: str, *, mine: Collection[Do] = OURS) -> State[Any]:
    """Perform what is due and among `mine` under the lease; returns how the run ends.

    Busy when another run holds the lease, Waiting when people have something to do, Closed when it is over,
    Idle otherwise.
    """
    await label(incident_id, drill=house.profile.drill)
    with no_details():
        try:
            async with held(house, incident_id) as owner:
                await _perform_all(house, incident_id, owner, mine)
        except LeaseHeldError:
            return Completed(name="Busy", message=f"another run works on {incident_id}")
        await show_incident(house, incident_id)
        return await _ending(house, incident_id)


async def _ending(house: House, incident_id: str) -> State[Any]:
    state = await asyncio.to_thread(view, house, incident_id)
    if state.closed_at is not None:
        return Completed(name="Closed", message=f"{incident_id} is closed")
    waiting = sorted({action.do.value for action in responding.due_in(house, state) if not action.ours})
    if waiting:
        return Completed(name="Waiting", message=f"waiting: {', '.join(waiting)}")
    return Completed(name="Idle", message=f"nothing is due for {incident_id}")


async def _perform_all(house: House, incident_id: str, owner: str, mine: Collection[Do]) -> None:
    await asyncio.to_thread(resolving.resolve_by_policy, house, incident_id)
    last: tuple[Action, int] | None = None
    while True:
        actions, version = await asyncio.to_thread(_look, house, incident_id)
        action = next((a for a in actions if a.ours and a.do in mine), None)
        if action is None or last == (action, version):
            return
        last = (action, version)
        await perform(house, incident_id, action, owner=owner)


async def perform(house: House, incident_id: str, action: Action, *, owner: str) -> str:
    """Perform one action as a task of its name; the lease is renewed with it."""
    share = await start_shares(house, incident_id) if action.do is Do.SEND_BATCHES else (0, 1)

    def work(progress: responding.Progress) -> str:
        return responding.perform(house, incident_id, action, owner=owner, progress=progress, share=share)

    return await step(action.do.value, work, incident_id=incident_id)


def _look(house: House, incident_id: str) -> tuple[tuple[Action, ...], int]:
    state = view(house, incident_id)
    return responding.due_in(house, state), state.version


@asynccontextmanager
async def held(house: House, incident_id: str) -> AsyncIterator[str]:
    """Hold the incident's lease for this run; LeaseHeldError when another run does."""
    owner = owner_of_run()
    if not await asyncio.to_thread(responding.claim, house, incident_id, owner=owner):
        raise LeaseHeldError(f"another run works on {incident_id}")
    try:
        yield owner
    finally:
        await asyncio.to_thread(responding.release, house, incident_id, owner=owner)


def owner_of_run() -> str:
    """Return who holds a lease: this run."""
    return f"flow-run:{flow_run.id}"


@contextmanager
def no_details() -> Iterator[None]:
    """Keep the text of an unexpected error, which may name people, out of Prefect; its class stays."""
    try:
        yield
    except TocsinError:
        raise
    except Exception as error:
        raise PermanentError(f"{type(error).__name__}; the log of the worker says more") from error
