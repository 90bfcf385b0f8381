"""I1 to I6 against an oracle in a process of its own: its record, the rows and the ledger alone, person by person."""

from __future__ import annotations

import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from incident.core.outcomes import Outcomes
from incident.errors import TocsinError
from incident.service import settling
from incident.service.house import history
from incident.service.told_text import told_text
from incident.service.verifying import verify
from tests.builders.blocks import reheld
from tests.builders.house import KEY, Scene, to_provider
from tests.builders.house import scene as scene_in
from tests.builders.started import tocsin_process
from tests.builders_mail import StandIn, running_standin

CHECKOUT = Path(__file__).resolve().parents[2]
FAULTS = (
    {"fault": "429", "retry_after": 1},
    {"fault": "429"},
    {"fault": "503"},
    {"fault": "500_after"},
    {"fault": "reset_before"},
    {"fault": "reset_after"},
    {"fault": "slow", "seconds": 0.2},
)


def oracle_of(provider: StandIn) -> dict[int, list[str]]:
    """Return the attempts under which the oracle took a letter to each position."""
    taken: dict[int, list[str]] = {}
    lines = provider.oracle() if (provider.state / "oracle.jsonl").exists() else []
    for line in lines:
        args = line["custom_args"]
        position = int(args["tocsin_delivery"].rpartition("-")[2])
        taken.setdefault(position, []).append(args["tocsin_attempt"])
    return taken


def compared(scene: Scene, provider: StandIn) -> Counter[str]:
    """Compare the three records person by person, and return the states."""
    notice = scene.state.notice
    with scene.house.store.reading() as tx:
        rows = tx.people.deliveries(notice.plan.notice_id, limit=1000)
    alone = Outcomes(notice.plan.notice_id).read(one.event for one in history(scene.house, scene.incident_id))
    said, oracle = alone.states(), oracle_of(provider)
    assert len(rows) == scene.state.cohort.told, "I1: nobody is missing"
    for row in rows:
        assert said.get(row.position, "planned") == row.state, f"I4: position {row.position}"
        calls = oracle.get(row.position, [])
        assert len(calls) <= 1, f"I2: position {row.position} was told twice"
        if row.state in {"accepted", "delivered"}:
            assert calls, f"position {row.position} is said to be told, and was not"
        if row.state in {"planned", "refused", "no_address"}:
            assert not calls, f"position {row.position} was told, and nobody knows"
    assert verify(scene.house).ok, "I5"
    states = Counter(row.state for row in rows)
    if states["planned"] or states["uncertain"] or states["intent"]:
        assert scene.state.obligations["promise"].met_at is None, "I6"
    return states


def resolved(scene: Scene, provider: StandIn) -> None:
    """Resolve each doubt as a person does who reads the provider's own record."""
    taken = {attempt for attempts in oracle_of(provider).values() for attempt in attempts}
    notice = scene.state.notice
    for number, batch in list(notice.batches.items()):
        if batch.state == "uncertain":
            found = f"{notice.plan.notice_id}.{number}.{batch.attempt}" in taken
            settling.resolve(
                scene.house,
                scene.incident_id,
                actor=scene.ada,
                batch=number,
                accepted=found,
                how="its own record",
            )


def run_to_the_end(scene: Scene, provider: StandIn) -> None:
    """Run, resolve, run again; in bounded time (I7)."""
    for _ in range(8):
        try:
            scene.run()
        except TocsinError:
            continue
        states = compared(scene, provider)
        if not states["uncertain"] and not states["planned"]:
            return
        resolved(scene, provider)
    pytest.fail("I7: it does not come to an end")


def killed(scene: Scene, kill_at: str) -> None:
    """Run in a process of its own that dies at a named point."""
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT), "TOCSIN_SETTINGS": str(scene.settings),
                                "TOCSIN_SENDGRID_KEY": KEY, "TOCSIN_KILL_AT": kill_at}  # fmt: skip
    code, said = tocsin_process("run", scene.incident_id, "--here", environment=environment)
    assert code == -signal.SIGKILL, said
    scene.turn(5)


def test_faults_of_every_kind_and_a_kill_leave_nobody_out_and_nobody_told_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    plan = {"requests": {str(2 * n + 2): fault for n, fault in enumerate(FAULTS)}}
    changes = to_provider("http://127.0.0.1:1") | {"batch_people = 500": "batch_people = 1"}
    with running_standin(tmp_path / "provider", plan=plan) as provider:
        changes['host = "https://api.sendgrid.com"'] = f'host = "{provider.url}"'
        with scene_in(tmp_path / "workspace", changes=changes) as opened:
            scene = opened.to_approved()
            killed(scene, "batch:answered:before#2")
            scene.house.store.release(scene.incident_id, scene.house.store.lease(scene.incident_id)[0])
            run_to_the_end(scene, provider)
            assert compared(scene, provider) == {"accepted": 12}
            whole = told_text(scene.house, scene.incident_id, 3, actor=scene.ada)
            assert f"{scene.state.notice.plan.notice_id}-3" in whole.text + whole.html
            assert "%" not in whole.subject
            assert scene.kinds[-1] == "evidence:read"


def test_a_changed_address_is_found_before_any_letter_leaves(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    with (
        running_standin(tmp_path / "provider") as provider,
        scene_in(tmp_path / "workspace", changes=to_provider(provider.url)) as opened,
    ):
        scene = opened.to_approved()
        database = scene.folder / "tocsin.db"
        shutil.copy(database, tmp_path / "before.db")
        reheld(4, email="mallory@example.org")(scene)
        with pytest.raises(TocsinError, match="not what was frozen"):
            scene.run()
        assert oracle_of(provider) == {}
        assert scene.state.notice is None
