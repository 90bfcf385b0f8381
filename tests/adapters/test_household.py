"""Programs that run together: what ends is started again, ever later; all end together."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from incident.adapters.programs.household import LONGEST_WAIT_SECONDS, Household, Program

SLEEPS = ("-c", "import time; print('here', flush=True); time.sleep(60)")
ENDS = ("-c", "print('gone wrong')")


class Turned:
    """A monotonic clock that a test turns."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def soon(look: Callable[[], list[str]], patience: float = 15) -> list[str]:
    until = time.monotonic() + patience
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("nothing changed")


@pytest.fixture
def clock() -> Turned:
    return Turned()


@pytest.fixture
def household(tmp_path: Path, clock: Turned):
    kept = Household(tmp_path / "home", clock)
    yield kept
    kept.stop()


def program(name: str, command: tuple[str, ...]) -> Program:
    return Program(name, command, {"PATH": os.environ["PATH"]})


def test_what_is_killed_is_started_again(household, tmp_path, clock):
    household.start(program("one", SLEEPS))
    pid_file = tmp_path / "home" / "one.pid"
    first = int(soon(lambda: pid_file.read_text().split() if pid_file.exists() else [])[0])
    assert list(household.tend()) == []
    os.kill(first, signal.SIGKILL)
    said = soon(lambda: list(household.tend()))
    assert said[0].startswith("one has ended; again in 1 s.")
    assert list(household.tend()) == []
    clock.now += 1.5
    assert list(household.tend()) == ["one is started again"]
    soon(lambda: pid_file.read_text().split() if pid_file.read_text().split() != [str(first)] else [])


def test_what_ends_again_and_again_waits_longer_but_never_for_ever(household, clock):
    household.start(program("two", ENDS))
    waits = []
    for _ in range(12):
        said = soon(lambda: list(household.tend()))
        assert "gone wrong" in said[0]
        waits.append(float(said[0].split("again in ")[1].split(" s")[0]))
        clock.now += waits[-1] + 0.1
        assert list(household.tend()) == ["two is started again"]
        if len(waits) == 4:
            break
    assert waits == [1, 2, 4, 8]
    assert max(waits) < LONGEST_WAIT_SECONDS


def test_all_end_together_and_the_logs_are_private(household, tmp_path):
    household.start(program("three", SLEEPS))
    pid_file = tmp_path / "home" / "three.pid"
    pid = int(soon(lambda: pid_file.read_text().split() if pid_file.exists() else [])[0])
    household.stop()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (tmp_path / "home").stat().st_mode & 0o777 == 0o700
