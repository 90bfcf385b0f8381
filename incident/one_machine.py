"""Run everything on one machine: Prefect's server and workers, the watch, the webhook, the console.

A part of `bootstrap` with its own page. The watch also runs beside Prefect, so that deadlines are seen to when the
orchestrator is not there; both do the same, and a second look finds nothing to do.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from incident.adapters.programs.household import Household, Program
from incident.adapters.programs.orchestrator import (
    LOOPBACK,
    create_work_pool,
    deploy,
    quiet_environment,
    server_command,
    server_environment,
    shipped_deployments,
    wait_for,
    worker_command,
)
from incident.errors import SettingsError
from incident.settings import find
from incident.settings.model import load

HOME = ".tocsin"
START_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class Ports:
    """Where each listens on loopback; None leaves it out."""

    prefect: int | None
    console: int | None
    webhook: int | None


@dataclass(frozen=True, slots=True)
class Up:
    """Everything runs: where to look, and the household that keeps it so."""

    places: dict[str, str]
    household: Household
    home: Path


@contextmanager
def everything(settings: Path | None, ports: Ports, *, say: Callable[[str], None]) -> Iterator[Up]:
    """Run everything inside the block; all of it ends with the block, or when this process is killed.

    SettingsError when a port is taken; PermanentError with the server's last words when it does not come up.
    """
    file = find(settings)
    if ports.webhook is not None and not load(file).mail.sendgrid.webhook_public_key:
        say("no webhook: mail.sendgrid.webhook_public_key is not set,")
        say("so delivery events could not be believed")
        ports = replace(ports, webhook=None)
    for name, port in (("prefect", ports.prefect), ("console", ports.console), ("webhook", ports.webhook)):
        if port is not None and not _is_free(port):
            raise SettingsError(f"port {port} for the {name} is taken; choose another with --{name}-port")
    home = file.parent / HOME
    household = Household(home)
    places: dict[str, str] = {}
    environment = quiet_environment(home, ports.prefect or 1) | {"TOCSIN_SETTINGS": str(file)}
    if ports.prefect is None:
        environment.pop("PREFECT_API_URL")
    try:
        if ports.prefect is not None:
            _start_prefect(household, environment, ports.prefect, say)
            places["prefect"] = f"http://{LOOPBACK}:{ports.prefect}/"
        for program in _own(ports, environment):
            household.start(program)
        if ports.console is not None:
            places["console"] = f"http://{LOOPBACK}:{ports.console}/"
        if ports.webhook is not None:
            places["webhook"] = f"http://{LOOPBACK}:{ports.webhook}/webhooks/sendgrid"
        yield Up(places, household, home)
    finally:
        household.stop()


def _start_prefect(
    household: Household, environment: dict[str, str], port: int, say: Callable[[str], None]
) -> None:
    say("starting the Prefect server")
    household.start(Program("server", tuple(server_command(port)), server_environment(environment)))
    wait_for(port, seconds=START_SECONDS)
    create_work_pool(port)
    say("creating the deployments")
    deploy(environment, shipped_deployments())
    household.start(Program("worker", tuple(worker_command("worker")), environment))
    watch = tuple(worker_command("worker-watch", queues=("watch",), limit=1))
    household.start(Program("worker-watch", watch, environment))


def _own(ports: Ports, environment: dict[str, str]) -> Iterator[Program]:
    yield Program("watch", ("-m", "incident.cli", "watch", "--every", "60"), environment)
    if ports.webhook is not None:
        command = ("-m", "incident.cli", "webhook", "--port", str(ports.webhook))
        yield Program("webhook", command, environment)
    if ports.console is not None:
        command = ("-m", "incident.cli", "console", "--port", str(ports.console))
        yield Program("console", command, environment)


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
