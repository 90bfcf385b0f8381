"""The real Firebase Auth emulator with the real `auth:export` CLI, once a session; about ten seconds.

Both are firebase-tools from node_modules (`npm ci`). Everything stays on loopback; the token is a dummy, whose refresh
fails and is ignored by the CLI. The emulator never says a hash's version and the CLI drops hashes without one, so one
export goes through a proxy that adds `version: 0`, and one does not.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

CHECKOUT = Path(__file__).parents[2]
PROGRAM = CHECKOUT / "node_modules" / ".bin" / "firebase"
PROJECT = "demo-tocsin"
UIDS = ("uid-password", "uid-phone-only", "uid-google", "uid-claims", "uid-disabled", "007")
BATCH: dict[str, Any] = {
    "users": [
        {"localId": "uid-password", "email": "Mixed.Case@Example.org", "displayName": 'Chloé, "C" Müller', "emailVerified": True, "rawPassword": "pass-word-1"},
        {"localId": "uid-phone-only", "phoneNumber": "+15145550123"},
        {"localId": "uid-google", "email": "two@example.com", "providerUserInfo": [{"providerId": "google.com", "rawId": "g1", "federatedId": "g1", "email": "two.private@example.net", "displayName": "Two"}]},
        {"localId": "uid-claims", "email": "three@example.com", "displayName": "line one\nline two", "customAttributes": json.dumps({"note": 'say "hi", ok'})},
        {"localId": "uid-disabled", "email": "four@example.com", "disabled": True, "rawPassword": "pass-word-4"},
        {"localId": "007", "email": "seven+news@example.com"},
    ]
}  # fmt: skip


@dataclass(frozen=True)
class Exports:
    """What the CLI wrote, and where the emulator listens."""

    json: bytes
    csv: bytes
    with_hashes: bytes
    batch_get: bytes
    host: str


def free_ports(count: int) -> list[int]:
    found = [socket.socket() for _ in range(count)]
    for each in found:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in found]
    for each in found:
        each.close()
    return ports


@contextmanager
def running(folder: Path) -> Iterator[Exports]:
    """Start the emulator, make accounts, export them three ways, and stop it at the end."""
    auth, hub, logs = free_ports(3)
    local = {
        name: {"host": "127.0.0.1", "port": port}
        for name, port in (("auth", auth), ("hub", hub), ("logging", logs))
    }
    (folder / "firebase.json").write_text(
        json.dumps({"emulators": local | {"ui": {"enabled": False}, "singleProjectMode": True}})
    )
    log = (folder / "emulator.log").open("wb")
    command = [str(PROGRAM), "emulators:start", "--only", "auth", "--project", PROJECT]
    process = subprocess.Popen(
        command, cwd=folder, env=quiet(folder), stdout=log, stderr=log, start_new_session=True
    )
    base = f"http://127.0.0.1:{auth}"
    try:
        wait_for(base, process, folder)
        fill(base)
        with hashes_shown(base) as shown:
            yield Exports(
                exported(folder, base, "users.json"), exported(folder, base, "users.csv"), exported(folder, shown, "hashed.json"),
                asked(f"{base}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchGet?maxResults=1000"),
                f"127.0.0.1:{auth}",
            )  # fmt: skip
    finally:
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)
        log.close()


def quiet(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing of this machine's account is used and nothing is reported."""
    return {
        "PATH": os.environ["PATH"], "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "CI": "1",
        "FIREBASE_CLI_DISABLE_UPDATE_CHECK": "true", "NO_UPDATE_NOTIFIER": "1", "DO_NOT_TRACK": "1", "FIREBASE_TOKEN": "dummy-local-only",
    }  # fmt: skip


def asked(url: str, data: Any = None) -> bytes:
    headers = {"Authorization": "Bearer owner", "Content-Type": "application/json"}
    body = json.dumps(data).encode() if data is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=20) as answer:
        return answer.read()


def wait_for(base: str, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, (folder / "emulator.log").read_text()[-2000:]
        try:
            asked(base)
        except urllib.error.HTTPError as error:
            error.close()
            time.sleep(0.1)
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("the emulator did not start within a minute")


def fill(base: str) -> None:
    answer = asked(f"{base}/identitytoolkit.googleapis.com/v1/projects/{PROJECT}/accounts:batchCreate", BATCH)
    assert not json.loads(answer).get("error"), answer


def exported(folder: Path, base: str, name: str) -> bytes:
    """Run the real CLI; it ends with 0, and leaves the file."""
    environment = quiet(folder) | {"FIREBASE_GOOGLE_URL": f"{base}/www.googleapis.com"}
    ended = subprocess.run(
        [str(PROGRAM), "auth:export", name, "--project", PROJECT], cwd=folder, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (folder / name).is_file(), ended.stdout[-1500:] + ended.stderr[-1500:]
    return (folder / name).read_bytes()


@contextmanager
def hashes_shown(base: str) -> Iterator[str]:
    """Serve the emulator's pages with `version: 0` beside each hash."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            request = urllib.request.Request(
                base + self.path, body, {"Authorization": "Bearer owner", "Content-Type": "application/json"}
            )
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    status, content = answer.status, answer.read()
            except urllib.error.HTTPError as error:
                with error:
                    status, content = error.code, error.read()
            if b'"users"' in content:
                page = json.loads(content)
                content = json.dumps(
                    page | {"users": [user | {"version": 0} for user in page["users"]]}
                ).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST  # noqa: N815 - the name that the server calls

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def missing() -> str | None:
    """Say what is missing on this machine, or None."""
    if shutil.which("node") is None:
        return "Node is not installed; the real Firebase emulator needs it"
    return None if PROGRAM.exists() else "firebase-tools is not in node_modules; run `npm ci`"
