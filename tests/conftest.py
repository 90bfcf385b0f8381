"""What holds for every test: no network but loopback, a bare environment, and skips that are seen.

Everything runs in each worker by itself, so the suite may be spread over processes.
"""

from __future__ import annotations

import ipaddress
import os
import shutil
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.pool import Pool

CHECKOUT = Path(__file__).resolve().parent.parent
MAY_NOT_SKIP = "TOCSIN_MAY_NOT_SKIP"
SHARED = "TOCSIN_SHARED"
FOREIGN = ("TOCSIN_", "PREFECT_", "SENDGRID_", "TWILIO_", "SMTP_", "PG")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "ftp_proxy")
OURS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_SERVER_UI_V2_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "NO_PROXY": "*",
    # a zone that nobody works in, with an odd offset and summer time: local time taken by mistake shows
    "TZ": "Pacific/Chatham",
}


def scrub(home: Path) -> None:
    """Leave nothing in the environment that could reach a real account, server or proxy."""
    kept = {MAY_NOT_SKIP, SHARED}
    for name in list(os.environ):
        if name not in kept and (name.startswith(FOREIGN) or name.lower() in PROXIES):
            del os.environ[name]
    os.environ.update(OURS, PREFECT_HOME=str(home), XDG_CACHE_HOME=str(home / "cache"))
    time.tzset()


PREFECT_HOME = Path(tempfile.mkdtemp(prefix="tocsin-tests-"))
scrub(PREFECT_HOME)


# ---------------------------------------------------------------- the network
class OutsideError(OSError):
    """A test reached for an address that is not on loopback."""


REACHED: list[str] = []
HERE = {None, "", "localhost", b"localhost", socket.gethostname()}


def on_loopback(host: Any) -> bool:
    """Whether a host name or address is this machine's own."""
    if host in HERE:
        return True
    return is_address(host) and as_address(host).is_loopback


def as_address(host: Any) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address, its zone left out; ValueError for a name."""
    text = host.decode() if isinstance(host, bytes) else str(host)
    return ipaddress.ip_address(text.partition("%")[0])


def is_address(host: Any) -> bool:
    """Whether this is an address, not a name."""
    try:
        as_address(host)
    except ValueError:
        return False
    return True


def target(event: str, args: tuple[Any, ...]) -> Any:
    """Return the host that a socket call is after; None for a socket of this machine.

    Looking an address up that is an address already asks nobody.
    """
    if event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        return None if is_address(args[0]) else args[0]
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = args[-1]
        return address[0] if isinstance(address, tuple) else None
    return None


def guard(event: str, args: tuple[Any, ...]) -> None:
    """Refuse every socket call that leaves loopback, and remember it; an audit hook, so nothing goes around it."""
    if event.startswith("socket."):
        host = target(event, args)
        if not on_loopback(host):
            REACHED.append(f"{event} {host!r}")
            raise OutsideError(f"tests stay on loopback; {event} was asked for {host!r}")


sys.addaudithook(guard)


@pytest.fixture(autouse=True)
def environment_as_it_was() -> Iterator[None]:
    """Put back what a test left in the environment: a database named there would be every later test's."""
    before = dict(os.environ)
    yield
    for name in set(os.environ) | set(before):
        if name == "PYTEST_CURRENT_TEST":  # pytest's own, which says the phase
            continue
        if name not in before:
            del os.environ[name]
        elif os.environ.get(name) != before[name]:
            os.environ[name] = before[name]


@pytest.fixture(autouse=True)
def _nothing_left_loopback() -> Iterator[None]:
    """Fail the test during which an outside address was asked for, even if the refusal was caught."""
    REACHED.clear()
    yield
    reached = list(REACHED)
    REACHED.clear()
    assert not reached, f"left loopback: {reached}"


# ---------------------------------------------------------------- the disk
def _no_power_cut(connection: Any, _record: Any) -> None:
    """Let SQLite leave writing back to the system, as the private PostgreSQL does."""
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA synchronous=OFF")


event.listen(Pool, "connect", _no_power_cut)
os.fsync = lambda _file: None
"""No test cuts the power, so this process does not wait for the disk; the processes that it starts still do."""


# ---------------------------------------------------------------- data of others
@pytest.fixture(scope="session")
def third_party() -> Any:
    """Return a function from a name, such as `veris/vcdb_sample.json`, to its path; skips where it is absent.

    Data of others is never part of this checkout: it lies in ../shared/data, or where TOCSIN_SHARED says.
    """
    root = Path(os.environ.get(SHARED) or CHECKOUT.parent / "shared") / "data"

    def path(name: str) -> Path:
        found = root / name
        if not found.exists():
            pytest.skip(
                f"{name}: data of others, absent here; {SHARED} names the folder that holds data/{name}"
            )
        return found

    return path


# ---------------------------------------------------------------- order and skips
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the files that hold slow tests first, so that two workers end together."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def skips(config: pytest.Config) -> Counter[str]:
    """Count what was skipped, by reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    reports = reporter.stats.get("skipped", []) if reporter else []
    return Counter(reason(report) for report in reports)


def reason(report: Any) -> str:
    """Return why something was skipped, in its own words."""
    where = report.longrepr
    return str(where[2] if isinstance(where, tuple) else where).removeprefix("Skipped: ")


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session when something was skipped that may not be."""
    if os.environ.get(MAY_NOT_SKIP) == "1" and skips(session.config) and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say last what was skipped, and why."""
    counted = skips(config)
    if not counted:
        return
    refused = os.environ.get(MAY_NOT_SKIP) == "1"
    terminalreporter.section("skipped, and not allowed here" if refused else "skipped")
    for why, times in sorted(counted.items()):
        terminalreporter.write_line(f"skipped: {why}" + (f" ({times} tests)" if times > 1 else ""))


def pytest_unconfigure() -> None:
    """Remove what this process kept for Prefect."""
    shutil.rmtree(PREFECT_HOME, ignore_errors=True)
