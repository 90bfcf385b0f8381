"""A console over a real workspace, with somebody in every role and a browser for each of them."""

from __future__ import annotations

import re
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
import uvicorn

from incident.core.accounts import Session
from incident.reception import Reception
from incident.service import signing_in
from incident.web import sessions
from incident.web.console import create
from incident.web.csrf import token_for
from tests.builders.house import Scene, change_settings, reopened, workspace
from tests.builders.playing import original

PASSWORD = "seven small ships sail south"
PEOPLE = """
[people.paul]
name = "Paul (approves)"
email = "paul@imajinn.example"
roles = ["approver"]

[people.cleo]
name = "Cleo (outside counsel)"
email = "cleo@imajinn.example"
roles = ["counsel"]
outside = true

[people.ivan]
name = "Ivan (audits)"
email = "ivan@imajinn.example"
roles = ["auditor"]

[people.rosa]
name = "Rosa (admin)"
email = "rosa@imajinn.example"
roles = ["admin"]

[console]
password_memory_kib = 64
requests_per_minute = 0
requests_per_minute_of_an_address = 0
api_calls_per_minute = 0

[mail]
"""
ROLES = {
    "on_call": "ada",
    "officer": "grace",
    "approver": "paul",
    "counsel": "cleo",
    "auditor": "ivan",
    "admin": "rosa",
}


@dataclass
class Server:
    """A console that listens on loopback, and somebody who asks it."""

    app: Any
    url: str
    asking: httpx.Client

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:
        self.asking.cookies.clear()
        return self.asking.request(method, path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:
        return self.request("POST", path, **given)


@contextmanager
def served(app: Any) -> Iterator[Server]:
    """Serve an application on a free port of loopback, in a thread of its own."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", access_log=False, lifespan="on")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(3000):
        if server.started:
            break
        time.sleep(0.01)
    assert server.started, "the console did not start"
    url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=30) as asking:
            yield Server(app, url, asking)
    finally:
        server.should_exit = True
        thread.join(10)


@dataclass
class Console:
    """A running console, its workspace, and an incident perhaps."""

    scene: Scene
    client: Server
    browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def reception(self) -> Reception:
        return self.client.app.state.reception

    def browser(self, handle: str) -> Browser:
        """Return a browser in which this person is signed in, by way of the table and not of the form."""
        token, now = secrets.token_urlsafe(16), self.reception.desk.now()
        accounts = self.reception.desk.accounts
        if accounts.account(handle) is None:
            signing_in.add_account(self.reception.desk, handle, PASSWORD)
        ends = now + timedelta(hours=1)
        accounts.put_session(
            Session(signing_in.token_hash(token), handle, now, now, ends, second_factor=True)
        )
        return Browser(self.client, token)

    def kept(self, handle: str) -> Browser:
        """Return the same browser of this person every time, as long as its session lasts."""
        known, accounts = self.browsers.get(handle), self.reception.desk.accounts
        if known is None or accounts.session(signing_in.token_hash(known.token)) is None:
            self.browsers[handle] = self.browser(handle)
        return self.browsers[handle]

    def stranger(self) -> Browser:
        return Browser(self.client, "")

    def enrol(self, handle: str) -> pyotp.TOTP:
        """Make an account with a second factor and return its codes."""
        signing_in.add_account(self.reception.desk, handle, PASSWORD)
        address = signing_in.enrol(self.reception.desk, handle, issuer="test")
        return pyotp.parse_uri(address)


@dataclass
class Browser:
    """Somebody's browser: cookies of its own, the headers that a browser sends."""

    client: Server
    token: str

    def get(self, path: str, **given: Any) -> Any:
        return self._ask("GET", path, **given)

    def post(
        self, path: str, data: dict[str, Any] | None = None, *, csrf: str | None = None, **given: Any
    ) -> Any:
        fields = {
            "csrf": token_for(self.token) if csrf is None and self.token else csrf or "",
            **(data or {}),
        }
        return self._ask("POST", path, data=fields, **given)

    def _ask(self, method: str, path: str, *, site: str | None = "same-origin", **given: Any) -> Any:
        headers = given.pop("headers", {})
        if site is not None:
            headers = {"sec-fetch-site": site, **headers}
        if self.token:
            headers["cookie"] = f"{sessions.NAME}={self.token}"
        return self.client.request(method, path, headers=headers, follow_redirects=False, **given)


@contextmanager
def console(folder: Path, changes: dict[str, str] | None = None) -> Iterator[Console]:
    """Make a workspace with everybody in it and start its console, in this process."""
    settings = workspace(folder, changes={"\n[mail]\n": PEOPLE, **(changes or {})})
    with running(settings) as found:
        yield found


@contextmanager
def played(factory: pytest.TempPathFactory, stretch: str) -> Iterator[Console]:
    """Run a console over a copy of an incident that was played once a session, up to a stretch of `Scene`."""
    origin, incident_id = original(stretch, factory, {"\n[mail]\n": PEOPLE})
    folder = factory.mktemp("console") / "w"
    shutil.copytree(origin, folder)
    with running(folder / "tocsin.toml", incident_id) as found:
        yield found


@contextmanager
def running(settings: Path, incident_id: str = "") -> Iterator[Console]:
    with reopened(settings, incident_id) as scene, served(create(settings)) as client:
        yield Console(scene, client)


def hidden(html: str, name: str) -> str:
    """Return the value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no hidden field {name}"
    return found.group(1)


__all__ = [
    "PASSWORD",
    "ROLES",
    "Browser",
    "Console",
    "change_settings",
    "console",
    "hidden",
    "played",
    "running",
]
