"""The guards of tests/conftest.py hold: the network is shut, the environment is bare, a skip can fail a run."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.architecture.tree import CHECKOUT
from tests.conftest import MAY_NOT_SKIP, REACHED, OutsideError, on_loopback, scrub

ONE_SKIP = """
import pytest

def test_runs():
    assert 1 + 1 == 2

@pytest.mark.skip(reason="there is no such thing here")
def test_does_not():
    raise AssertionError
"""


@pytest.mark.parametrize(
    ("host", "ours"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("localhost", True),
        (None, True),
        ("0.0.0.0", False),
        ("10.0.0.1", False),
        ("192.0.2.1", False),
        ("example.org", False),
        ("127.0.0.1.example.org", False),
    ],
)
def test_what_counts_as_loopback(host: str | None, ours: bool) -> None:
    assert on_loopback(host) is ours


def test_the_network_is_shut() -> None:
    with pytest.raises(OutsideError, match="loopback"):
        socket.create_connection(("192.0.2.1", 9), timeout=1)
    with pytest.raises(OutsideError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"", ("192.0.2.1", 9))
    with pytest.raises(OutsideError):
        socket.getaddrinfo("example.org", 443)
    assert len(REACHED) == 3
    REACHED.clear()


def test_loopback_is_open() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname()) as client,
    ):
        client.sendall(b"here")
        accepted, _ = server.accept()
        with accepted:
            assert accepted.recv(4) == b"here"


def test_the_environment_is_bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (
        "SENDGRID_API_KEY",
        "PREFECT_API_URL",
        "PGPASSWORD",
        "https_proxy",
        "TOCSIN_SENDGRID_KEY",
        "TZ",
    ):
        monkeypatch.setenv(name, "something")
    monkeypatch.setenv("PREFECT_HOME", os.environ["PREFECT_HOME"])
    scrub(tmp_path)
    kept = {name: value for name, value in os.environ.items() if value == "something"}
    assert not kept
    assert os.environ["PREFECT_HOME"] == str(tmp_path)
    assert time.tzname[0] != "UTC"


@pytest.mark.slow
@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "spread"])
@pytest.mark.parametrize(("may_not", "code"), [("0", 0), ("1", 1)])
def test_a_skip_is_named_and_can_fail_the_run(
    tmp_path: Path, workers: tuple[str, ...], may_not: str, code: int
) -> None:
    (tmp_path / "test_one.py").write_text(ONE_SKIP)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        *workers,
        str(tmp_path),
    ]
    env = {**os.environ, MAY_NOT_SKIP: may_not, "PYTHONPATH": str(CHECKOUT)}
    run = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert run.returncode == code, run.stdout
    *_, reason, closing = run.stdout.strip().splitlines()
    assert reason == "skipped: there is no such thing here"
    assert re.search(r"1 passed, 1 skipped", closing)
