"""Programs of ours on a leash: started with a log, ended together, and ended too when we are killed.

The leash itself is `leash.py`, a program of its own; this is the hand that holds it.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Leashed:
    """A program of ours that runs until it is let go."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        """The program's own process id, once it has started."""
        return int(self.log.with_suffix(".pid").read_text(encoding="ascii"))

    @property
    def running(self) -> bool:
        """Whether it still runs."""
        return self.process.poll() is None

    def let_go(self) -> None:
        """Tell it to end; `wait` sees it out."""
        if self.process.stdin is not None:
            self.process.stdin.close()

    def wait(self) -> None:
        """Wait until it has ended: its grace, then it is killed with its children."""
        self.process.wait(timeout=GRACE_SECONDS + 5)

    def last_words(self, *, lines: int = 12) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])


def leash(name: str, command: list[str], *, environment: Mapping[str, str], home: Path) -> Leashed:
    """Start a Python program that ends with us, its output in a log file of the home."""
    log = home / f"{name}.log"
    holder = [
        sys.executable,
        "-I",
        "-S",
        str(Path(__file__).with_name("leash.py")),
        str(GRACE_SECONDS),
        str(home / f"{name}.pid"),
    ]
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*holder, sys.executable, *command],
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Leashed(name, process, log)


def stop(*programs: Leashed) -> None:
    """End programs together: at most the grace of one, about 2 s."""
    for program in reversed(programs):
        program.let_go()
    for program in programs:
        program.wait()
