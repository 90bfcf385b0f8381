"""The flows on a real Prefect server and the real services: how they end, what they show, what they never tell."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    LogFilter,
    LogFilterFlowRunId,
    TaskRunFilter,
    TaskRunFilterFlowRunId,
)
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Completed, Failed, Running

from flows.audit import audit
from flows.notify import notify
from flows.opening import open_incident
from flows.postmortem import postmortem
from flows.respond import respond
from flows.settle import settle
from flows.steps import step
from flows.watch import watch
from incident.adapters.clock import SystemClock
from incident.adapters.prefect_starter import PrefectStarter
from incident.core.agenda import Do
from incident.errors import PermanentError, TransientError
from incident.service.house import House, view
from incident.service.responding import claim, due

pytestmark = [
    pytest.mark.usefixtures("prefect_server", "settings", "_sockets_collected"),
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning"),
]
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.\w+")


async def run_of(state: State[Any]) -> FlowRun:
    async with get_client() as client:
        assert state.state_details.flow_run_id is not None
        return await client.read_flow_run(state.state_details.flow_run_id)


async def shown_by(client: PrefectClient, run_id: UUID) -> dict[str, Any]:
    found = await client.read_artifacts(
        artifact_filter=ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
    )
    return {artifact.key: artifact.data for artifact in found if artifact.key}


async def tasks_of(client: PrefectClient, run_id: UUID, *, count: int) -> list[str]:
    """Prefect records task runs some time after they ran."""
    wanted = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run_id]))
    for _ in range(100):
        found = await client.read_task_runs(task_run_filter=wanted)
        if len(found) >= count and all(run.state and run.state.is_final() for run in found):
            break
        await asyncio.sleep(0.2)
    return sorted(run.name for run in found)


async def test_respond_does_what_is_due_and_waits_for_people(house: House, incident_id: str) -> None:
    assert due(house, incident_id)[0].do is Do.DETERMINE_OBLIGATIONS
    state = await respond(incident_id, return_state=True)
    after = view(house, incident_id)
    assert (state.name, state.message) == ("Waiting", "waiting: add_evidence, scope")
    assert after.obligations
    assert not after.law_stale
    run = await run_of(state)
    assert run.name == f"respond-{incident_id}"
    assert {"tocsin", incident_id} <= set(run.tags)
    assert "drill" not in run.tags
    assert run.parameters == {"incident_id": incident_id}
    async with get_client() as client:
        assert await tasks_of(client, run.id, count=1) == ["determine_obligations"]
        logged = await client.read_logs(LogFilter(flow_run_id=LogFilterFlowRunId(any_=[run.id])))
    assert logged == []


async def test_respond_run_again_does_nothing_twice(house: House, incident_id: str) -> None:
    await respond(incident_id, return_state=True)
    before = house.store.head()
    state = await respond(incident_id, return_state=True)
    assert state.name == "Waiting"
    assert house.store.head() == before


async def test_respond_leaves_a_held_incident_alone_until_the_lease_runs_out(
    house: House, incident_id: str
) -> None:
    assert claim(house, incident_id, owner="somebody else")
    before = house.store.head()
    state = await respond(incident_id, return_state=True)
    assert state.name == "Busy"
    assert house.store.head() == before
    await asyncio.sleep(house.profile.lease_seconds + 0.1)
    state = await respond(incident_id, return_state=True)
    assert state.name == "Waiting"


async def test_respond_gives_the_lease_back(house: House, incident_id: str) -> None:
    await respond(incident_id, return_state=True)
    assert claim(house, incident_id, owner="the next one")


async def test_a_run_shows_timeline_and_clocks_and_nobody(house: House, incident_id: str) -> None:
    state = await respond(incident_id, return_state=True)
    run = await run_of(state)
    async with get_client() as client:
        shown = await shown_by(client, run.id)
    short = incident_id.lower()
    assert set(shown) == {f"timeline-{short}", f"clocks-{short}"}
    clocks = json.loads(shown[f"clocks-{short}"])
    assert {clock["obligation"] for clock in clocks} == set(view(house, incident_id).obligations)
    lines = [line for line in shown[f"timeline-{short}"].splitlines() if line.startswith("| 2")]
    assert len(lines) == len(house.store.timeline(incident_id))
    assert not ADDRESS.search(json.dumps(shown))


async def test_a_failing_step_tells_prefect_its_class_and_not_its_text() -> None:
    @flow(name="stumbles", persist_result=False)
    async def stumbles() -> None:
        def work(_progress: Any) -> str:
            raise ValueError("carol@example.org is not a number")

        await step("stumble", work, incident_id="INC-1")

    state = await stumbles(return_state=True)
    run = await run_of(state)
    assert state.is_failed()
    assert "ValueError" in str(run.state and run.state.message)
    assert "carol" not in run.model_dump_json()


@pytest.mark.parametrize(("error", "attempts"), [(TransientError("busy"), 4), (PermanentError("no"), 1)])
async def test_only_what_may_work_later_is_tried_again(error: Exception, attempts: int) -> None:
    tried: list[int] = []

    @flow(name="tries", persist_result=False)
    async def tries() -> None:
        def work(_progress: Any) -> str:
            tried.append(1)
            raise error

        await step.with_options(retry_delay_seconds=0)("try", work, incident_id="INC-1")

    assert (await tries(return_state=True)).is_failed()
    assert len(tried) == attempts


async def test_progress_is_shown_while_it_happens() -> None:
    @flow(name="sends", persist_result=False)
    async def sends() -> None:
        def work(progress: Any) -> str:
            for done in (1, 2, 3):
                progress(done, 4)
                time.sleep(0.7)
            return "sent"

        await step("send_batches", work, incident_id="INC-1")

    state = await sends(return_state=True)
    async with get_client() as client:
        shown = await shown_by(client, (await run_of(state)).id)
    assert shown == {"send-batches-inc-1": 75.0}


async def test_notify_leaves_the_law_to_respond(house: House, incident_id: str) -> None:
    state = await notify(incident_id, return_state=True)
    assert state.is_completed()
    assert view(house, incident_id).law_stale


async def test_settle_finds_nothing_to_settle_before_a_notice(house: House, incident_id: str) -> None:
    before = house.store.head()
    assert (await settle(incident_id, return_state=True)).is_completed()
    assert house.store.head() == before


async def test_the_post_mortem_is_written_anew_whenever_asked(house: House, incident_id: str) -> None:
    await respond(incident_id, return_state=True)
    state = await postmortem(incident_id, return_state=True)
    drafted = view(house, incident_id).post_mortem
    assert drafted is not None
    assert (state.name, drafted.report_sha256[:16] in str(state.message)) == ("Drafted", True)
    assert b"storage key leaked" in house.vault.read(drafted.report_sha256)
    assert claim(house, incident_id, owner="the next one")


async def test_the_post_mortem_waits_for_its_turn(house: House, incident_id: str) -> None:
    assert claim(house, incident_id, owner="somebody else")
    assert (await postmortem(incident_id, return_state=True)).name == "Busy"
    assert view(house, incident_id).post_mortem is None


async def test_watch_without_a_starter_advances_the_incident_itself(
    house: House, incident_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    state = await watch(return_state=True)
    assert not view(house, incident_id).law_stale
    assert incident_id in str(state.message)
    assert (await watch(return_state=True)).message == "nothing is due"


async def test_audit_signs_what_it_verified_and_refuses_what_was_changed(
    house: House, incident_id: str, settings: Path
) -> None:
    assert (await audit(return_state=True)).is_completed()
    with sqlite3.connect(settings.parent / "tocsin.db") as database:
        triggers = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for (name,) in triggers:
            database.execute(f"DROP TRIGGER {name}")
        changed = database.execute(
            "UPDATE ledger_entry SET body = CAST(replace(body, ?, ?) AS BLOB) WHERE seq = 0",
            ("storage key", "nothing at"),
        )
        assert changed.rowcount == 1
    database.close()
    signed = list(house.store.checkpoints())
    state = await audit(return_state=True)
    assert (state.is_failed(), state.name) == (True, "NotVerified")
    assert list(house.store.checkpoints()) == signed


async def test_the_form_opens_an_incident(house: House) -> None:
    state = await open_incident(title="bucket was public", opened_by="ada", return_state=True)
    (row,) = house.store.board()
    assert (row.title, row.became_aware_at) == ("bucket was public", None)
    assert row.incident_id in str(state.message)
    assert row.incident_id in (await run_of(state)).tags


async def test_the_form_refuses_a_stranger_and_opens_nothing(house: House) -> None:
    state = await open_incident(title="bucket was public", opened_by="mallory", return_state=True)
    assert state.is_failed()
    assert not house.store.board()


async def test_the_starter_creates_one_run_and_a_new_one_when_it_ended(
    prefect_server: str, incident_id: str
) -> None:
    async with get_client() as client:
        flow_id = await client.create_flow(respond)
        await client.create_deployment(flow_id, name="respond")
    starter = PrefectStarter(prefect_server, clock=StoppedClock())
    first = starter.start(incident_id, reason="watch")
    assert first is not None
    assert starter.start(incident_id, reason="watch") == first
    assert starter.start(incident_id, reason="approved") not in {None, first}
    async with get_client() as client:
        await client.set_flow_run_state(UUID(first), Running(), force=True)
        assert starter.start(incident_id, reason="watch") == first
        await client.set_flow_run_state(UUID(first), Completed(), force=True)
        second = starter.start(incident_id, reason="watch")
        run = await client.read_flow_run(UUID(str(second)))
        await client.set_flow_run_state(run.id, Failed(), force=True)
    assert second not in {None, first}
    assert run.parameters == {"incident_id": incident_id}
    assert starter.start(incident_id, reason="watch") not in {None, first, second}


class StoppedClock(SystemClock):
    """A system clock that stands still, so that a test never falls between two half minutes."""

    def __init__(self) -> None:
        self.stopped_at = super().now()

    def now(self) -> Any:
        return self.stopped_at

    def real_now(self) -> Any:
        return self.stopped_at


def test_a_flow_run_here_is_shown_on_the_server(prefect_server: str, house: House, incident_id: str) -> None:
    starter = PrefectStarter(prefect_server, clock=SystemClock())
    assert starter.answers()
    assert starter.run_here(incident_id) == ("Waiting", "waiting: add_evidence, scope")
    assert view(house, incident_id).obligations
    assert os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] == "false"
