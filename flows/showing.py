"""What a run shows in Prefect: tags, timeline, clocks, progress of sending. Ids, counts and sentences only.

Showing never holds up the work and never fails it: what could not be shown is said in the log.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import httpx
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.exceptions import PrefectException
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from incident.service.views import plan_view

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from incident.core.projections import ClockRow, TimelineRow
    from incident.service.house import House

LOOK_SECONDS = 0.5
TIMELINE_LINES = 200


def artifact_key(kind: str, incident_id: str) -> str:
    """Return a key of lower-case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", f"{kind}-{incident_id}".lower()).strip("-")


def markdown_table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Write rows of the same keys as a Markdown table; an unknown value stays an empty cell."""
    if not rows:
        return "Nothing yet."
    heads = list(rows[0])
    lines = [heads, ["---"] * len(heads), *([_cell(row.get(head)) for head in heads] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(value: Any) -> str:
    return "" if value is None else str(value).replace("|", "\\|").replace("\n", " ")


async def label(incident_id: str, *, drill: bool) -> None:
    """Tag the present run with the incident, and with `drill` when it is one."""
    wanted = {"tocsin", incident_id, *(["drill"] if drill else []), *flow_run.tags}
    with _said_if_not_shown("tags"):
        async with get_client() as client:
            await client.update_flow_run(UUID(flow_run.id), tags=sorted(wanted))


async def show_incident(house: House, incident_id: str) -> None:
    """Show the newest lines of the timeline, and every clock."""
    lines = await asyncio.to_thread(_newest_lines, house, incident_id)
    rows = [_line(row) for row in lines]
    clocks = await asyncio.to_thread(house.store.clocks, incident_id)
    plan = await asyncio.to_thread(plan_view, house, incident_id)
    with _said_if_not_shown("timeline and clocks"):
        await acreate_markdown_artifact(
            key=artifact_key("timeline", incident_id),
            markdown=f"# {incident_id}\n\nLatest safe send: {plan}\n\n{markdown_table(rows)}\n",
            description=f"timeline of {incident_id}",
        )
        await acreate_table_artifact(
            key=artifact_key("clocks", incident_id),
            table=[_clock(row) for row in clocks],
            description=f"clocks of {incident_id}",
        )


def _newest_lines(house: House, incident_id: str) -> Sequence[TimelineRow]:
    """Look back from the end of the log, further where other incidents stand between."""
    end = house.store.head().size
    back = TIMELINE_LINES
    while True:
        after = max(end - back, 0) - 1
        rows = house.store.timeline(incident_id, after=after, limit=back + TIMELINE_LINES)
        if len(rows) >= TIMELINE_LINES or after < 0:
            return rows[-TIMELINE_LINES:]
        back *= 4


def _line(row: TimelineRow) -> dict[str, str]:
    return {"at (UTC)": _instant(row.occurred_at), "who": row.actor, "what": row.sentence}


def _clock(row: ClockRow) -> dict[str, str]:
    ended = _instant(row.met_at) if row.met_at else ""
    return {
        "obligation": row.obligation_id,
        "where": row.jurisdiction,
        "to": row.authority or row.recipient,
        "due (UTC)": _instant(row.due_at) if row.due_at else row.due_on or "no number in law",
        "met (UTC)": ended,
        "standing": _standing(row),
    }


def _standing(row: ClockRow) -> str:
    if not row.required:
        return "not required"
    if row.missed_at is not None:
        return "late" if row.open else "met late"
    return "open" if row.open else "done"


def _instant(value: datetime) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S}"


@asynccontextmanager
async def progress_shown(name: str, incident_id: str) -> AsyncIterator[Callable[[int, int], None]]:
    """Give out a function that takes (done, all) from any thread, and show what it took last."""
    taken: list[float] = [0.0]

    def take(done: int, whole: int) -> None:
        taken[0] = 100.0 * done / whole if whole else 0.0

    painter = asyncio.create_task(_paint(artifact_key(name, incident_id), taken))
    try:
        yield take
    finally:
        painter.cancel()
        await asyncio.gather(painter, return_exceptions=True)


async def _paint(key: str, taken: list[float]) -> None:
    shown, artifact = 0.0, None
    while True:
        percent = taken[0]
        if percent > shown:
            with _said_if_not_shown("progress"):
                artifact = await _show_progress(key, percent, artifact)
            shown = percent
        await asyncio.sleep(LOOK_SECONDS)


async def _show_progress(key: str, percent: float, artifact: UUID | None) -> UUID:
    if artifact is None:
        return await acreate_progress_artifact(progress=percent, key=key, description="handed over")
    return await aupdate_progress_artifact(artifact, progress=percent)


@contextmanager
def _said_if_not_shown(what: str) -> Iterator[None]:
    try:
        yield
    except (httpx.HTTPError, PrefectException) as error:
        get_run_logger().warning("%s not shown: %s", what, type(error).__name__)
