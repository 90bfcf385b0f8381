"""What a sender meets in a campaign, each by name: killed, raced, a locked database, a full disk, a jump, a cut line.

A trouble runs one sender, or two, to its end, and says in a line what came of it.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.letters import KEY

POINTS = ("notice:planned", "batch:intended", "batch:answered")
MOST_SECONDS = 600
ON_SQLITE = ("kill", "kill", "kill", "race", "locked", "full disk", "clock forward", "clock back")
ON_POSTGRES = ("kill", "kill", "kill", "race", "cut", "cut", "clock forward", "clock back")
JUMPS = {"clock forward": 7200.0, "clock back": -7200.0}


@dataclass(frozen=True, slots=True)
class Sender:
    """How a sender is started: the arguments of `benchmarks.send`, and its database."""

    arguments: tuple[str, ...]
    database: str

    @property
    def command(self) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "benchmarks.send", *self.arguments]

    def jumping(self, seconds: float, after: int) -> list[str]:
        """Return the command line of one whose clock jumps."""
        words = [sys.executable, "-m", "benchmarks.jumping", str(seconds), str(after), "--"]
        return [*words, *self.arguments]


def meet(trouble: str, sender: Sender, chance: random.Random) -> str:
    """Run a sender into a trouble; says which, and how it ended."""
    environment = os.environ | {"TOCSIN_SENDGRID_KEY": KEY}
    match trouble:
        case "kill":
            point, when, nth = chance.choice(POINTS), chance.choice(("before", "after")), chance.randint(1, 6)
            where = f"{point}:{when}#{1 if point == 'notice:planned' else nth}"
            ended = _run(sender.command, environment | {"TOCSIN_KILL_AT": where})
            return f"killed at {where}" if ended == -signal.SIGKILL else f"not reached {where}"
        case "race":
            with _started(sender.command, environment) as second:
                first = _run(sender.command, environment)
                return f"race, exits {first} and {second.wait(MOST_SECONDS)}"
        case "locked":
            with _started(sender.command, environment) as running:
                _lock(sender.database, chance)
                return f"locked, exit {running.wait(MOST_SECONDS)}"
        case "full disk":
            most = chance.randint(600, 2400) * 1024  # from the making of tables on
            return f"full disk at {most >> 10} KiB, exit {_run(sender.command, environment, most)}"
        case "clock forward" | "clock back":
            command = sender.jumping(JUMPS[trouble], chance.randint(20, 120))
            return f"{trouble}, exit {_run(command, environment)}"
        case "cut":
            with _started(sender.command, environment) as running:
                cuts = _cut(sender.database, running)
                return f"cut {cuts} times, exit {running.wait(MOST_SECONDS)}"
        case _:
            return f"{trouble}, exit {_run(sender.command, environment)}"


def _started(command: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _run(command: list[str], environment: dict[str, str], most_bytes: int | None = None) -> int:
    def narrow() -> None:
        if most_bytes is not None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    return subprocess.run(
        command, env=environment, preexec_fn=narrow, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        timeout=MOST_SECONDS, check=False,
    ).returncode  # fmt: skip


def _lock(database: str, chance: random.Random) -> None:
    """Hold the writer's lock for two seconds in the middle of the sending."""
    file = Path(database.removeprefix("sqlite:///"))
    time.sleep(chance.uniform(1.5, 3.0))
    if file.exists():
        with sqlite3.connect(file, timeout=20, isolation_level=None) as connection:
            connection.execute("BEGIN IMMEDIATE")
            time.sleep(2.0)
            connection.execute("ROLLBACK")


def _cut(database: str, running: subprocess.Popen[bytes]) -> int:
    """End every connection of others to the database, three times while letters go; returns how many ended."""
    import psycopg

    ended = 0
    with psycopg.connect(database, autocommit=True) as connection:
        for cut in range(3):
            if not _going(connection, running, beyond=2 * cut):
                break
            found = connection.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            ).fetchone()
            ended += int(found[0]) if found else 0
    return ended


def _going(connection: Any, running: subprocess.Popen[bytes], *, beyond: int) -> bool:
    """Wait until more than so many calls were made by the sender; False when it ends before."""
    before = None
    while running.poll() is None:
        there = connection.execute("SELECT to_regclass('batch') IS NOT NULL").fetchone()
        if there and there[0]:
            calls = int(connection.execute("SELECT coalesce(sum(attempt), 0) FROM batch").fetchone()[0])
            before = calls if before is None else before
            if calls > before + beyond:
                return True
        time.sleep(0.02)
    return False
