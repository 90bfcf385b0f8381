"""One real server, one real process worker, the real deployments: a scheduled watch, a killed run, a recovery.

Also seen: no process of it looks up or connects to anything but loopback. Every process loads a small
`sitecustomize` that notes hosts, and that halts a run where it opens the law while a file named `halt` exists.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.programs import orchestrator
from incident.adapters.programs.orchestrator import Orchestrator
from incident.bootstrap import open_house
from incident.service.house import House, history, view
from incident.service.verifying import verify
from tests.flows.conftest import decided_incident

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 90
LOOPBACK = {"127.0.0.1", "localhost", "::1", "None", ""}
NOTE = """
import os, sys, time
folder = os.environ["TOCSIN_TEST_FOLDER"]

def append(name, line):
    handle = os.open(os.path.join(folder, name), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(handle, (line + chr(10)).encode())
    os.close(handle)

def look(event, args):
    if event == "socket.getaddrinfo":
        host = args[0]
        append("hosts", host.decode() if isinstance(host, bytes) else str(host))
    elif event == "socket.connect" and isinstance(args[1], tuple):
        append("hosts", str(args[1][0]))
    elif event == "open" and os.sep + "regimes" + os.sep in str(args[0]) and not halted:
        halt = os.path.join(folder, "halt")
        if os.path.exists(halt):
            halted.append(1)
            append("halted", str(os.getpid()))
            while os.path.exists(halt):
                time.sleep(0.05)

halted = []
sys.addaudithook(look)
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """A running server with deployments, an incident to work on, and the means to halt a run."""

    server: Orchestrator
    house: House
    incident_id: str
    folder: Path

    def ask(self, path: str, body: dict[str, Any]) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=30)
        try:
            connection.request("POST", f"/api{path}", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            assert answer.status < 300, answer.read()
            return json.loads(answer.read())
        finally:
            connection.close()

    def runs(self, name: str) -> list[dict[str, Any]]:
        body = {"flow_runs": {"name": {"like_": name}}, "sort": "START_TIME_ASC"}
        return [run for run in self.ask("/flow_runs/filter", body) if run["name"].startswith(name)]


def until(look: Callable[[], Any], what: str, *, seconds: float = PATIENCE_SECONDS) -> Any:
    """Look again and again until there is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"never seen within {seconds} s: {what}")


@pytest.fixture
def stage(tmp_path: Path, settings: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    """The whole of it, with the watch every 5 s."""
    noted = tmp_path / "noted"
    noted.mkdir()
    (noted / "sitecustomize.py").write_text(NOTE, encoding="utf-8")
    monkeypatch.setenv("TOCSIN_TEST_FOLDER", str(noted))
    monkeypatch.setenv("PYTHONPATH", str(noted))
    text = (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8")
    assert text.count("interval: 60") == 1
    deployments = tmp_path / "prefect.yaml"
    deployments.write_text(text.replace("interval: 60", "interval: 5"), encoding="utf-8")
    server = orchestrator.start_server(tmp_path / "prefect")
    try:
        orchestrator.create_work_pool(server.port)
        orchestrator.deploy(server.environment, deployments)
        with open_house(settings) as house:
            yield Stage(server, house, decided_incident(house, settings), noted)
    finally:
        began = time.monotonic()
        orchestrator.stop(server.server)
    assert time.monotonic() - began < 5
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", server.port, timeout=2).connect()


def completed(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [run for run in runs if run["state_type"] == "COMPLETED"]


def test_a_killed_run_is_recovered_by_the_scheduled_watch(stage: Stage) -> None:
    halt = stage.folder / "halt"
    halt.touch()
    first = orchestrator.start_worker(stage.server, name="first")
    second = None
    try:
        halted = stage.folder / "halted"
        pid = int(
            until(lambda: halted.exists() and halted.read_text(encoding="ascii"), "a halted run").split()[0]
        )
        seen = until(lambda: completed(stage.runs("watch")), "a scheduled watch that completed")
        assert seen[0]["auto_scheduled"]
        assert view(stage.house, stage.incident_id).law_stale

        os.kill(first.pid, signal.SIGKILL)
        os.kill(pid, signal.SIGKILL)
        until(lambda: not first.running, "the end of the first worker")
        halt.unlink()
        assert view(stage.house, stage.incident_id).law_stale

        second = orchestrator.start_worker(stage.server, name="second")
        until(lambda: not view(stage.house, stage.incident_id).law_stale, "obligations, after the kill")
        name = f"respond-{stage.incident_id}"
        ended = until(
            lambda: [run for run in completed(stage.runs(name)) if run["state"]["name"] == "Waiting"],
            "a run that says what it waits for",
        )
        assert {"tocsin", stage.incident_id} <= set(ended[0]["tags"])
    finally:
        began = time.monotonic()
        orchestrator.stop(*(worker for worker in (first, second) if worker))
    assert time.monotonic() - began < 5
    check_done_once(stage)
    check_privacy(stage)


def check_done_once(stage: Stage) -> None:
    determined = [
        r for r in history(stage.house, stage.incident_id) if r.event.KIND == "obligations:determined"
    ]
    assert len(determined) == 1
    assert verify(stage.house).ok


def check_privacy(stage: Stage) -> None:
    hosts = set((stage.folder / "hosts").read_text(encoding="utf-8").split())
    assert "127.0.0.1" in hosts
    assert hosts <= LOOPBACK, f"reached for {sorted(hosts - LOOPBACK)}"
    assert stage.ask("/logs/filter", {}) == []
    home = stage.server.home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(home.glob("storage/*")) == []
