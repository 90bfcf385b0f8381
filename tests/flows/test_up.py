"""`tocsin up` as a person starts it: everything answers, what is killed comes back, and all of it ends."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from incident.adapters.programs.orchestrator import free_port
from tests.builders.house import workspace

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]


def answers(port: int, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def until(look: Callable[[], bool], what: str, patience: float = 90) -> None:
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if look():
            return
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen in {patience} s")


def test_everything_runs_comes_back_and_ends(tmp_path):
    settings = workspace(tmp_path / "workspace", drill=False)
    prefect, console = free_port(), free_port()
    command = [sys.executable, "-m", "incident.cli", "up", "--json", "--settings", str(settings)]
    command += [
        "--prefect-port",
        str(prefect),
        "--console-port",
        str(console),
        "--webhook-port",
        str(free_port()),
    ]
    environment = os.environ | {"PYTHONPATH": str(CHECKOUT)}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment,
                               cwd=tmp_path)  # fmt: skip
    try:
        assert running.stdout is not None
        told = json.loads(running.stdout.readline())
        assert set(told["up"]) == {"prefect", "console"}, "no webhook without a key to believe"
        assert answers(prefect, "/api/health") == 200
        until(lambda: answers(console, "/") in {200, 303}, "the console")
        pid_file = Path(told["logs"]) / "console.pid"
        first = pid_file.read_text()
        os.kill(int(first), signal.SIGKILL)
        until(
            lambda: pid_file.read_text() not in {first, ""} and answers(console, "/") in {200, 303},
            "its return",
        )
        pids = [int(p.read_text()) for p in Path(told["logs"]).glob("*.pid")]
        assert len(pids) == 5
    finally:
        running.send_signal(signal.SIGTERM)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 0, said
    assert "console has ended; again in 1 s" in said
    assert "everything has ended" in said
    own = [line for line in said.splitlines() if not line.startswith("  ")]  # not a program's last words
    assert max(map(len, own)) <= 80, said
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
