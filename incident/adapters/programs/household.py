"""Several programs that run together on one machine: one that ends is started again, all end with us.

Which programs these are is left to others. A program that ends again and again is started ever less often, at
least once in five minutes, and is said to.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from incident.adapters.programs.leashed import Leashed, leash, stop

FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 300.0
STEADY_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Program:
    """A Python program to keep running: its name, its words, its environment."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)


@dataclass(slots=True)
class _Kept:
    program: Program
    running: Leashed
    since: float
    wait_seconds: float = FIRST_WAIT_SECONDS
    again_at: float | None = None


class Household:
    """Keeps programs running, their output in a log each below one folder of mode 0700."""

    def __init__(self, home: Path, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._home, self._monotonic = home, monotonic
        self._kept: list[_Kept] = []
        home.mkdir(mode=0o700, parents=True, exist_ok=True)

    def start(self, program: Program) -> None:
        """Start a program and keep it."""
        self._kept.append(_Kept(program, self._leash(program), self._monotonic()))

    def tend(self) -> Iterator[str]:
        """Look once at every program; start again what has ended; yields a sentence for each change."""
        now = self._monotonic()
        for kept in self._kept:
            if kept.running.running:
                if now - kept.since > STEADY_SECONDS:
                    kept.wait_seconds = FIRST_WAIT_SECONDS
                continue
            if kept.again_at is None:
                kept.again_at = now + kept.wait_seconds
                yield f"{kept.program.name} has ended; again in {kept.wait_seconds:.0f} s. {_end_of(kept.running)}"
            elif now >= kept.again_at:
                kept.running.let_go()
                kept.running, kept.since, kept.again_at = self._leash(kept.program), now, None
                kept.wait_seconds = min(kept.wait_seconds * 2, LONGEST_WAIT_SECONDS)
                yield f"{kept.program.name} is started again"

    def stop(self) -> None:
        """End all of them."""
        stop(*(kept.running for kept in self._kept))
        self._kept.clear()

    def _leash(self, program: Program) -> Leashed:
        return leash(program.name, [*program.command], environment=program.environment, home=self._home)


def _end_of(ended: Leashed) -> str:
    said = ended.last_words(lines=1).strip()
    return f"Its last words:\n  {said}" if said else "It said nothing."
