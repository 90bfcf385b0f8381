"""What needs no server: what is retried, what text may reach Prefect, keys, tables, the leash, the yaml."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from prefect import Flow
from prefect.states import Failed

import flows
from flows import showing
from flows.showing import artifact_key, markdown_table
from flows.steps import no_details, worth_retrying
from incident import errors
from incident.adapters.clock import SystemClock
from incident.adapters.prefect_starter import PrefectStarter, idempotency_key
from incident.adapters.programs import leash as leash_module
from incident.adapters.programs.orchestrator import free_port, quiet_environment

CHECKOUT = Path(__file__).resolve().parents[2]
YAML = yaml.safe_load((CHECKOUT / "prefect.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (errors.LostCommitError("x"), True),
        (errors.TransientError("the database is busy"), True),
        (errors.LeaseHeldError("another run took over"), False),
        (errors.PermanentError("refused for good"), False),
        (errors.RefusedError("four eyes"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_what_may_pass_is_tried_again(error: Exception, again: bool) -> None:
    assert worth_retrying(None, None, Failed(data=error)) is again


def test_the_text_of_an_unexpected_error_is_left_out() -> None:
    with pytest.raises(errors.PermanentError) as caught, no_details():
        raise ValueError("no such column for carol@example.org")
    assert "carol" not in str(caught.value)
    assert "ValueError" in str(caught.value)


def test_an_error_of_the_house_keeps_its_sentence() -> None:
    with pytest.raises(errors.RefusedError, match="says who"), no_details():
        raise errors.RefusedError("says who")


def test_keys_of_artifacts_are_what_prefect_takes() -> None:
    assert artifact_key("timeline", "INC-7K2M9QXW") == "timeline-inc-7k2m9qxw"
    assert artifact_key("send_batches", "INC-1") == "send-batches-inc-1"


def test_a_table_keeps_its_shape_whatever_stands_in_it() -> None:
    table = markdown_table([{"at": "05:00", "what": "a|b\nc"}, {"at": None, "what": "d"}])
    assert table.splitlines() == ["| at | what |", "| --- | --- |", "| 05:00 | a\\|b c |", "|  | d |"]
    assert markdown_table([]) == "Nothing yet."


def test_a_key_holds_for_half_a_minute() -> None:
    moments = [datetime(2026, 3, 10, 5, 0, second, tzinfo=UTC) for second in (0, 29, 30, 59)]
    keys = [idempotency_key("INC-1", "watch", moment) for moment in moments]
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert idempotency_key("INC-1", "approved", moments[0]) != keys[0]


def test_a_server_that_is_down_is_said_and_waited_for_shortly(caplog: pytest.LogCaptureFixture) -> None:
    starter = PrefectStarter(f"http://127.0.0.1:{free_port()}/api", clock=SystemClock())
    began = time.monotonic()
    assert starter.start("INC-1", reason="watch") is None
    assert not starter.answers()
    assert time.monotonic() - began < 2
    assert "the server does not answer (ConnectionRefusedError)" in caplog.text


def test_a_person_s_own_prefect_settings_do_not_reach_the_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", "https://cloud.invalid/api")
    monkeypatch.setenv("PREFECT_API_KEY", "secret")
    environment = quiet_environment(tmp_path, 4242)
    assert environment["PREFECT_API_URL"] == "http://127.0.0.1:4242/api"
    assert "PREFECT_API_KEY" not in environment
    silent = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    }
    assert silent.items() <= environment.items()


# ---------------------------------------------------------------- prefect.yaml
def flows_of_the_house() -> dict[str, Flow]:
    found = {}
    for file in Path(next(iter(flows.__path__))).glob("*.py"):
        module = importlib.import_module(f"flows.{file.stem}")
        named = {f"flows.{file.stem}.{name}": value for name, value in vars(module).items()}
        found |= {path: value for path, value in named.items() if isinstance(value, Flow)}
    return found


def test_every_flow_has_one_deployment_of_its_name() -> None:
    deployed = {d["entrypoint"]: d["name"] for d in YAML["deployments"]}
    assert deployed == {path: flow.name for path, flow in flows_of_the_house().items()}


@pytest.mark.parametrize("flow", flows_of_the_house().values(), ids=lambda flow: flow.name)
def test_flows_are_async_without_retries_results_or_stored_prints(flow: Flow) -> None:
    assert flow.isasync
    assert (flow.retries, flow.persist_result, bool(flow.log_prints)) == (0, False, False)
    properties = flow.parameters.model_dump()["properties"]
    undescribed = [name for name, schema in properties.items() if not schema.get("description")]
    assert not undescribed


def test_deployments_name_no_limit_and_no_place_of_a_machine() -> None:
    assert YAML["pull"] == []
    for deployment in YAML["deployments"]:
        assert "concurrency_limit" not in deployment
        assert deployment["work_pool"]["job_variables"]["env"]["PREFECT_LOGGING_TO_API_ENABLED"] == "false"
    assert not re.search(r"[\s\"']/\w+/", (CHECKOUT / "prefect.yaml").read_text(encoding="utf-8"))


def test_only_watch_and_audit_are_scheduled_on_a_queue_of_their_own() -> None:
    scheduled = {d["name"]: d["schedules"][0]["interval"] for d in YAML["deployments"] if "schedules" in d}
    assert scheduled == {"watch": 60, "audit": 900}
    queues = {d["name"]: d["work_pool"].get("work_queue_name") for d in YAML["deployments"]}
    assert {name for name, queue in queues.items() if queue == "watch"} == {"watch", "audit"}


# ---------------------------------------------------------------- the leash
STUBBORN = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"


def alive(pid: int) -> bool:
    """Whether a process runs; one that only waits to be reaped does not."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.parent.parent.joinpath("self").exists():
        return stat.exists() and stat.read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def until(true: object, *, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():  # type: ignore[operator]
            return True
        time.sleep(0.05)
    return False


def test_a_leashed_program_ends_when_its_holder_is_killed(tmp_path: Path) -> None:
    pid_file = tmp_path / "program.pid"
    leashed = [
        sys.executable,
        str(leash_module.__file__),
        "0.2",
        str(pid_file),
        sys.executable,
        "-c",
        STUBBORN,
    ]
    holder_code = (
        f"import subprocess, time; subprocess.Popen({leashed!r}, stdin=subprocess.PIPE); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", holder_code], start_new_session=True) as holder:
        assert until(lambda: pid_file.exists() and pid_file.read_text(encoding="ascii").endswith("\n"))
        program = int(pid_file.read_text(encoding="ascii"))
        assert alive(program)
        holder.send_signal(signal.SIGKILL)
    assert until(lambda: not alive(program)), "the program outlived its holder"


def test_a_leash_returns_the_exit_code_of_its_program(tmp_path: Path) -> None:
    command = [sys.executable, str(leash_module.__file__), "1", str(tmp_path / "pid")]
    with subprocess.Popen(
        [*command, sys.executable, "-c", "raise SystemExit(7)"], stdin=subprocess.PIPE
    ) as leash:
        assert leash.wait(timeout=20) == 7


class Lines:
    """A log in which every third entry is of our incident; keeps how much was asked for."""

    def __init__(self, size: int) -> None:
        self.store, self.size, self.asked = self, size, []

    def head(self):
        return self

    def timeline(self, incident_id, *, after, limit):
        assert incident_id == "INC-7K2M9QXW"
        found = [seq for seq in range(0, self.size, 3) if seq > after][:limit]
        self.asked.append(len(found))
        return found


@pytest.mark.parametrize("size", [0, 1, 599, 600, 601, 10_000])
def test_the_newest_lines_are_found_from_the_end(size):
    log = Lines(size)
    assert list(showing._newest_lines(log, "INC-7K2M9QXW")) == list(range(0, size, 3))[-200:]
    assert sum(log.asked) <= 500  # and the whole log was not read for them
