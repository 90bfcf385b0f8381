"""A Prefect server and a process worker of our own, on loopback, that end with us.

Both are started as programs, so nothing here imports Prefect. Their home is one folder of mode 0700;
telemetry, the second user interface with its tracker, ephemeral servers and logs in the database are off.
What the flows do is not known here.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from incident.adapters.programs.leashed import Leashed, leash, stop
from incident.errors import PermanentError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

LOOPBACK = "127.0.0.1"
WORK_POOL = "tocsin"
# Flow runs start in folders of their own and must find `incident` and `flows` there.
OWN_PATH = Path(__file__).resolve().parents[3]
# A port that nobody listens on: the server itself has no business outside, so its way out ends here.
NOWHERE = f"http://{LOOPBACK}:9"
QUIET: Mapping[str, str] = {
    "DO_NOT_TRACK": "1",
    "PREFECT_CLIENT_EVENTS_QUEUE_MAX_SIZE": "10000",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_WORKER_QUERY_SECONDS": "3",
}


@dataclass(frozen=True, slots=True)
class Orchestrator:
    """A running server: where it is, and the environment in which its clients run."""

    api_url: str
    port: int
    home: Path
    environment: Mapping[str, str]
    server: Leashed


@contextmanager
def orchestrator(
    home: Path, *, worker: bool = False, deployments: Path | None = None, start_seconds: float = 60
) -> Iterator[Orchestrator]:
    """Run a server, and with `worker` also a worker and the deployments of a prefect.yaml, inside the block.

    Raises PermanentError with the end of the log when the server does not come up within `start_seconds`.
    """
    server = start_server(home, start_seconds=start_seconds)
    held = [server.server]
    try:
        if worker:
            create_work_pool(server.port)
            if deployments is not None:
                deploy(server.environment, deployments)
            held.append(start_worker(server))
        yield server
    finally:
        stop(*held)


def start_server(home: Path, *, port: int | None = None, start_seconds: float = 60) -> Orchestrator:
    """Start a server and wait until it is healthy; 7-10 s with a new home, 3-4 s later."""
    server = launch_server(home, port=port)
    try:
        wait_until_up(server, seconds=start_seconds)
    except BaseException:
        stop(server.server)
        raise
    return server


def shipped_deployments() -> Path:
    """Return the prefect.yaml that ships with the program, from a wheel or from a checkout."""
    packed = OWN_PATH / "incident" / "_prefect.yaml"
    return packed if packed.is_file() else OWN_PATH / "prefect.yaml"


def launch_server(home: Path, *, port: int | None = None) -> Orchestrator:
    """Start a server without waiting for it; other work can be done until `wait_until_up`."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    chosen = port or free_port()
    environment = quiet_environment(home, chosen)
    program = leash("server", server_command(chosen), environment=server_environment(environment), home=home)
    return Orchestrator(environment["PREFECT_API_URL"], chosen, home, environment, program)


def server_command(port: int) -> list[str]:
    """Return the words after `python` that start a server on a port of loopback."""
    command = ["-m", "uvicorn", "--factory", "prefect.server.api.server:create_app", "--host", LOOPBACK]
    return [*command, "--port", str(port), "--log-level", "warning", "--timeout-graceful-shutdown", "1"]


def server_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a server: it has no business outside, so its ways out end here."""
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    sealed = dict.fromkeys(proxies, NOWHERE)
    direct = dict.fromkeys(("NO_PROXY", "no_proxy"), f"{LOOPBACK},localhost")
    return {**environment, **sealed, **direct, "PREFECT__SERVER_FINAL": "1"}


def wait_until_up(server: Orchestrator, *, seconds: float = 60) -> None:
    """Wait until the server is healthy; PermanentError with the end of its log when it does not come up."""
    wait_for(server.port, seconds=seconds, program=server.server)


def wait_for(port: int, *, seconds: float, program: Leashed | None = None) -> None:
    """Wait until the server on a port is healthy; PermanentError, with a known program's last words, otherwise."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and (program is None or program.running):
        try:
            if _ask(port, "GET", "/api/health") == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
    said = f":\n{program.last_words()}" if program is not None else f" within {seconds:.0f} s; see its log"
    raise PermanentError(f"the Prefect server did not come up{said}")


def start_worker(server: Orchestrator, *, name: str = "worker", queues: tuple[str, ...] = ()) -> Leashed:
    """Start a process worker on the work pool; it polls at once."""
    command = worker_command(name, queues=queues)
    return leash(name, command, environment=server.environment, home=server.home)


def worker_command(name: str, *, queues: tuple[str, ...] = (), limit: int | None = None) -> list[str]:
    """Return the words after `python` that start a process worker on the work pool."""
    chosen = [part for queue in queues for part in ("--work-queue", queue)]
    chosen += ["--limit", str(limit)] if limit is not None else []
    command = ["-m", "prefect", "worker", "start", "--pool", WORK_POOL, "--type", "process", "--name", name]
    return [*command, "--install-policy", "never", *chosen]


def create_work_pool(port: int) -> None:
    """Create the work pool if there is none; the first worker gives it its template."""
    status = _ask(port, "POST", "/api/work_pools/", {"name": WORK_POOL, "type": "process"})
    if status not in {http.HTTPStatus.CREATED, http.HTTPStatus.CONFLICT}:
        raise PermanentError(f"the work pool {WORK_POOL} was not created: HTTP {status}")


def deploy(environment: Mapping[str, str], file: Path, *, seconds: float = 120) -> str:
    """Create or update every deployment of a prefect.yaml; returns what was said."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", str(file)]
    done = subprocess.run(
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    if done.returncode != 0:
        raise PermanentError(f"the deployments of {file.name} were not created:\n{done.stdout}{done.stderr}")
    return done.stdout


def quiet_environment(home: Path, port: int) -> dict[str, str]:
    """Return our environment without any Prefect setting of the person's own, and with ours."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PREFECT_")}
    direct = ",".join(filter(None, (kept.get("NO_PROXY") or kept.get("no_proxy"), LOOPBACK, "localhost")))
    url = f"http://{LOOPBACK}:{port}/api"
    paths = [str(OWN_PATH), *(str(Path(path).resolve()) for path in _paths(kept))]
    own = {
        "PYTHONPATH": os.pathsep.join(paths),
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": url,
        "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_UI_API_URL": url,
        "NO_PROXY": direct,
        "no_proxy": direct,
    }
    return {**kept, **QUIET, **own}


def _paths(environment: Mapping[str, str]) -> list[str]:
    return [path for path in environment.get("PYTHONPATH", "").split(os.pathsep) if path]


def free_port() -> int:
    """Return a port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def _ask(port: int, verb: str, path: str, body: Mapping[str, str] | None = None) -> int:
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=30)
    try:
        content = json.dumps(body) if body is not None else None
        connection.request(verb, path, content, {"Content-Type": "application/json"})
        return connection.getresponse().status
    finally:
        connection.close()
