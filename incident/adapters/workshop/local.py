"""`Workshops` on this machine: a private directory and as many processes as there are processors.

The directory holds personal data and is removed at the end. What a killed process left behind is removed by the
next one: each holds a lock on its directory while it lives.
"""

from __future__ import annotations

import fcntl
import gc
import os
import shutil
import tempfile
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from incident.adapters.workshop.disk_spill import DiskSpill
from incident.core.scoping.spill import Spill
from incident.core.scoping.workshop import Workshop

Job = TypeVar("Job")
Done = TypeVar("Done")

MOST_HANDS = 4
OBJECTS_BETWEEN_COLLECTIONS = (
    100_000  # records hold no cycles: looking for them seldom saves a tenth of the time
)
WORTH_SHARING_BYTES = 24 << 20
_LOCK = "lock"


class LocalWorkshop:
    """One opened workshop."""

    def __init__(self, spill: Spill, pool: ProcessPoolExecutor | None, hands: int) -> None:
        self._spill, self._pool, self._hands = spill, pool, hands

    @property
    def spill(self) -> Spill:
        """Where large things are put."""
        return self._spill

    @property
    def hands(self) -> int:
        """How many do the jobs side by side."""
        return self._hands if self._pool is not None else 1

    def each(self, do: Callable[[Job], Done], jobs: Iterable[Job]) -> Iterator[Done]:
        """Do every job, side by side where that is worth it; answers come in the order of the jobs."""
        if self._pool is None:
            yield from map(do, jobs)
            return
        running: deque[Future[Done]] = deque()
        for job in jobs:
            running.append(self._pool.submit(do, job))
            if len(running) > self._hands:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()


class LocalWorkshops:
    """Opens workshops below a directory of the workspace."""

    def __init__(self, directory: Path, *, hands: int | None = None) -> None:
        self._directory = directory
        self._hands = min(MOST_HANDS, os.cpu_count() or 1) if hands is None else hands

    @contextmanager
    def open(self, work_bytes: int) -> Iterator[Workshop]:
        """Open a workshop for about so many bytes of evidence; its files are gone at the end."""
        self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sweep(self._directory)
        shared = work_bytes >= WORTH_SHARING_BYTES and self._hands > 1
        with ExitStack() as opened:
            place = Path(opened.enter_context(tempfile.TemporaryDirectory(dir=self._directory)))
            opened.enter_context(_locked(place))
            pool = (
                opened.enter_context(
                    ProcessPoolExecutor(
                        self._hands,
                        mp_context=get_context("spawn"),
                        initializer=gc.set_threshold,
                        initargs=(OBJECTS_BETWEEN_COLLECTIONS,),
                    )
                )
                if shared
                else None
            )
            yield LocalWorkshop(DiskSpill(place), pool, self._hands)


@contextmanager
def _locked(place: Path) -> Iterator[None]:
    with (place / _LOCK).open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(directory: Path) -> None:
    """Remove what killed processes left."""
    for place in directory.iterdir():
        try:
            with (place / _LOCK).open("rb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # somebody works there, or is about to
            continue
        shutil.rmtree(place)
