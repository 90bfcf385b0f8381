"""The stage of the demo: a workspace marked as a drill, a Prefect server, the stand-in provider, the webhook route.

All of it lives in one folder and on loopback, and ends with us.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from incident.adapters.clock import DrillClock
from incident.adapters.programs.leashed import leash, stop
from incident.adapters.programs.orchestrator import (
    LOOPBACK,
    Orchestrator,
    free_port,
    launch_server,
    wait_until_up,
)
from incident.errors import PermanentError
from incident.settings import FILE_NAME
from incident.workspace import make_workspace, shipped

KEY = "SG.drill-key-of-the-stand-in"
PUBLIC_KEY_LINE = re.compile(r'^webhook_public_key = ".*?"', re.MULTILINE)


@dataclass(slots=True)
class Stage:
    """Everything that runs, and where it is."""

    folder: Path
    settings: Path
    clock: DrillClock
    provider_port: int
    webhook_port: int
    server: Orchestrator
    running: ExitStack = field(repr=False)

    def turn_to(self, moment: datetime) -> None:
        """Move the drill's clock on to a moment of the story."""
        self.clock.advance(to=moment)

    def open_mail(self, *, bounces: str) -> None:
        """Start the stand-in provider on the drill's clock, and the webhook route that believes its signature."""
        plan = self.folder / "provider-plan.json"
        plan.write_text(json.dumps({"outcomes": {bounces: "bounce"}}), encoding="utf-8")
        offset = self.clock.now() - self.clock.real_now()
        url = f"http://{LOOPBACK}:{self.webhook_port}/webhooks/sendgrid"
        command = [
            *(sys.executable, "-m", "incident.demo.standin", "--port", str(self.provider_port)),
            *("--state", str(self.folder / "provider"), "--webhook-url", url, "--plan", str(plan)),
            *("--clock-offset-us", str(int(offset.total_seconds() * 1_000_000))),
        ]
        provider = self.running.enter_context(_program(command))
        self._believe(json.loads(provider)["public_key"])
        environment = {**os.environ, "TOCSIN_SETTINGS": str(self.settings)}
        route = ["-m", "uvicorn", "--factory", "incident.web.app:from_environment", "--host", LOOPBACK]
        route += ["--port", str(self.webhook_port), "--log-level", "warning"]
        web = leash("webhook", route, environment=environment, home=self.folder / "prefect")
        self.running.callback(stop, web)
        _wait_for(self.webhook_port, "/healthz")

    def _believe(self, public_key: str) -> None:
        text = self.settings.read_text(encoding="utf-8")
        line = f'webhook_public_key = "{public_key}"'
        self.settings.write_text(PUBLIC_KEY_LINE.sub(line, text), encoding="utf-8")


@contextmanager
def set_stage(folder: Path, *, start: datetime) -> Iterator[Stage]:
    """Make the workspace and start the Prefect server; everything is stopped at the end."""
    provider_port, webhook_port = free_port(), free_port()
    settings = folder / FILE_NAME
    with ExitStack() as running:
        server = launch_server(folder / "prefect")
        running.callback(stop, server.server)
        make_workspace(folder, settings_text=_settings(provider_port))
        clock = DrillClock(folder / "drill-clock.json")
        _begin_at(folder / "drill-clock.json", clock, start)
        os.environ.update(
            {"TOCSIN_SETTINGS": str(settings), "TOCSIN_SENDGRID_KEY": KEY, "PREFECT_API_URL": server.api_url}
        )
        os.environ.update(
            {k: v for k, v in server.environment.items() if k.startswith(("PREFECT_", "DO_NOT"))}
        )
        yield Stage(folder, settings, clock, provider_port, webhook_port, server, running)


def wait_for_server(stage: Stage) -> None:
    """Wait until the Prefect server answers."""
    wait_until_up(stage.server)


def _begin_at(file: Path, clock: DrillClock, start: datetime) -> None:
    """Set the drill's clock to the incident's own hours: before the present, so it is written, not advanced."""
    offset = start - clock.real_now()
    file.write_text(
        json.dumps({"offset_microseconds": int(offset.total_seconds() * 1_000_000)}), encoding="utf-8"
    )


def _settings(provider_port: int) -> str:
    text = (shipped("templates") / "internal" / FILE_NAME).read_text(encoding="utf-8")
    text = text.replace('transport = "outbox"', 'transport = "sendgrid"')
    text = text.replace('host = "https://api.sendgrid.com"', f'host = "http://{LOOPBACK}:{provider_port}"')
    text = text.replace('roles = ["on_call"]', 'roles = ["on_call", "approver"]')
    text = text.replace('# file = "pages.ndjson"', 'file = "pages.ndjson"')
    return text + '\n[drill]\nenabled = true\nclock = "drill-clock.json"\n'


@contextmanager
def _program(command: list[str]) -> Iterator[str]:
    """Run a program of ours that says in its first line where it is; it ends when its standard input closes."""
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise PermanentError(f"{command[2]} did not start")
        yield line
    finally:
        if process.stdin:
            process.stdin.close()
        process.wait(timeout=10)
        if process.stdout:
            process.stdout.close()


def _wait_for(port: int, path: str, *, seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        connection = http.client.HTTPConnection(LOOPBACK, port, timeout=2)
        try:
            connection.request("GET", path)
            if connection.getresponse().status == http.HTTPStatus.OK:
                return
        except OSError:
            time.sleep(0.1)
        finally:
            connection.close()
    raise PermanentError("the webhook route did not come up")
