"""Two senders on PostgreSQL, under one pace; one is killed in the middle: nobody is left out, nobody told twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.chaos import compare, resolve
from tests.builders_mail import running_standin
from tests.contract.conftest import postgres  # noqa: F401 - a fixture
from tests.contract.private_postgres import PrivatePostgres

pytestmark = pytest.mark.slow
CHECKOUT = Path(__file__).resolve().parents[2]
PEOPLE = 300


def test_two_workers_and_a_kill(tmp_path, postgres: PrivatePostgres, monkeypatch):  # noqa: F811
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    url = postgres.empty()
    plan = {"requests": {"7": {"fault": "429", "retry_after": 1}, "11": {"fault": "reset_after"}}}
    with running_standin(tmp_path / "provider", plan=plan) as provider:

        def sender(share: str, **more: str) -> subprocess.Popen[str]:
            command = [sys.executable, "-m", "benchmarks.send", "--people", str(PEOPLE), "--batch-people", "10",
                       "--sendgrid-host", provider.url, "--database", url, "--share", share, "--json"]  # fmt: skip
            environment = os.environ | {"PYTHONPATH": str(CHECKOUT)} | more
            return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

        both = sender("0/2", TOCSIN_KILL_AT="batch:answered:before#4"), sender("1/2")
        said = [worker.communicate(timeout=120)[0] for worker in both]
        assert both[0].returncode == -signal.SIGKILL
        assert json.loads(said[1])["accepted"] > 0
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        states = compare(url, provider.state, 0, PEOPLE)
        assert states["uncertain"] + states["intent"] >= 1
        for _ in range(3):
            with sender("0/1") as last:
                last.communicate(timeout=120)
            states = compare(url, provider.state, 0, PEOPLE)
            if set(states) <= {"accepted", "no_address"}:
                return
            resolve(url, provider.state)
        pytest.fail(f"it came to no end: {states}")
