"""Two real Prefect workers on one send: a real server, a work pool, our data on PostgreSQL, one pace; one is killed.

The provider is an oracle in its own process that syncs before it answers. Provider, rows and ledger are compared person
by person after the kill and at the end.
"""

from __future__ import annotations

import json
import os
import signal
import time
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import httpx
import psycopg
import pytest

from benchmarks import send as bench
from benchmarks.chaos import compare, resolve
from incident.adapters.programs import orchestrator
from incident.bootstrap import open_house
from incident.core.pacing import Limits
from incident.service import obligations, planning, sending
from incident.service.house import view
from tests.builders_mail import running_standin
from tests.contract.conftest import postgres  # noqa: F401 - a fixture
from tests.contract.private_postgres import PrivatePostgres
from tests.flows.test_end_to_end import until

pytestmark = pytest.mark.slow
PEOPLE, EACH, PER_SECOND = 1000, 5, 10
SENDING = "SELECT count(*) FROM lease WHERE incident_id LIKE 'RUN-%'"
SETTINGS = {
    "batch_people = 500": f"batch_people = {EACH}\npeople_per_second = {PER_SECOND}",
    "runs = 1 ": "runs = 2 ",
    "least_batches = 50": "least_batches = 10",
    "[storage]\n": "[storage]\nlease_seconds = 3\n",
}


def laid_out(url: str, tmp_path: Path) -> tuple[Path, str]:
    """Return settings and incident of approved letters that are laid out and not sent, on PostgreSQL."""
    options = Namespace(people=PEOPLE, seed=3, database=url, batch_people=EACH)
    folder = bench._workspace(url)
    settings = folder / "tocsin.toml"
    text = settings.read_text(encoding="utf-8")
    for old, new in SETTINGS.items():
        assert old in text, old
        text = text.replace(old, new)
    settings.write_text(text, encoding="utf-8")
    with open_house(settings) as house:
        incident_id = bench._loaded(house, folder, options, {})
        planning.plan(house, incident_id)
        obligations.determine(house, incident_id)
    assert tmp_path in folder.parents
    return settings, incident_id


def children(pid: int) -> list[int]:
    """Return the processes that a process has started, and theirs."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            after_name = stat.read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(after_name[1]) == pid:
            found.append(int(stat.parent.name))
    return [*found, *(grandchild for child in found for grandchild in children(child))]


def taken(provider) -> int:
    return len((provider.state / "oracle.jsonl").read_bytes().splitlines())


def test_two_workers_share_a_send_and_one_is_killed(tmp_path, postgres: PrivatePostgres, monkeypatch):  # noqa: F811
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    url = postgres.empty()
    plan = {"requests": {"7": {"fault": "429", "retry_after": 1}, "11": {"fault": "reset_after"}}}
    with running_standin(tmp_path / "provider", plan=plan) as provider:
        monkeypatch.setenv("TOCSIN_DATABASE", url)
        monkeypatch.setenv("TOCSIN_SENDGRID_HOST", provider.url)
        monkeypatch.setenv("TOCSIN_SENDGRID_KEY", bench.KEY)
        settings, incident_id = laid_out(url, tmp_path)
        monkeypatch.setenv("TOCSIN_SETTINGS", str(settings))
        server = orchestrator.start_server(tmp_path / "prefect")
        held = [server.server]
        try:
            orchestrator.create_work_pool(server.port)
            orchestrator.deploy(server.environment, deployments(tmp_path))
            workers = [
                orchestrator.leash(
                    name,
                    orchestrator.worker_command(name, queues=("default",), limit=1),
                    environment=server.environment,
                    home=server.home,
                )
                for name in ("first", "second")
            ]
            held += workers
            started = notify(server, incident_id)
            assert started
            until(lambda: one(url, SENDING) == 2, "two runs that send")
            began, before = time.monotonic(), taken(provider)
            until(lambda: taken(provider) - before >= PER_SECOND * 4, "letters of both")
            speed = (taken(provider) - before) / (time.monotonic() - began)
            assert speed < PER_SECOND * 1.6, "both together keep the one pace"
            victim = next(w for w in workers if children(w.pid))
            for pid in [*children(victim.pid), victim.pid]:
                os.kill(pid, signal.SIGKILL)
            at_kill = taken(provider)
            assert at_kill < PEOPLE * 0.9, "killed in the middle"
            compare(url, provider.state, 3, PEOPLE)
            until(lambda: taken(provider) - at_kill >= 4 * EACH, "letters of the worker that lives")
        finally:
            orchestrator.stop(*held)
        finish(settings, incident_id, url, provider)
        states = compare(url, provider.state, 3, PEOPLE)
        assert set(states) <= {"accepted", "no_address"}
        told = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()]
        assert len(told) == len(set(told)) == states["accepted"], "every person once"
        assert taken(provider) > at_kill


def notify(server: orchestrator.Orchestrator, incident_id: str) -> str:
    """Ask Prefect to send, as its page or an operator does; returns the run."""
    deployment = ask(server, "GET", "/deployments/name/notify/notify")["id"]
    body = {"parameters": {"incident_id": incident_id}, "state": {"type": "SCHEDULED"}}
    return str(ask(server, "POST", f"/deployments/{deployment}/create_flow_run", body)["id"])


def ask(server: orchestrator.Orchestrator, method: str, path: str, body: object = None):
    answer = httpx.request(method, f"{server.api_url}{path}", json=body, timeout=30)
    assert answer.is_success, answer.text
    return answer.json()


def deployments(tmp_path: Path) -> Path:
    """Return the shipped deployments without those that run on a schedule: nobody here works for them."""
    text = orchestrator.shipped_deployments().read_text(encoding="utf-8")
    head, *each = text.split("\n  - name: ")
    kept = [one for one in each if one.startswith("notify")]
    assert len(kept) == 2
    (tmp_path / "prefect.yaml").write_text("\n  - name: ".join([head, *kept]), encoding="utf-8")
    return tmp_path / "prefect.yaml"


def one(url: str, query: str) -> int:
    """Ask the database one number."""
    with psycopg.connect(url) as connection:
        return int(connection.execute(query).fetchone()[0])


def finish(settings: Path, incident_id: str, url: str, provider) -> None:
    """Let the killed run's leases end, settle what it left in doubt by the provider's record, and send the rest."""
    for _ in range(4):
        time.sleep(3.2)
        with open_house(settings) as house:
            quick = replace(house, profile=replace(house.profile, pace=Limits()))
            sending.send(quick, incident_id, progress=lambda _d, _a: None)
            tally = view(house, incident_id).notice.tally
        if not tally["uncertain"] + tally["planned"] + tally["intent"]:
            return
        resolve(url, provider.state)
    pytest.fail(f"it came to no end: {json.dumps(dict(tally))}")
