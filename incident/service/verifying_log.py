"""Verify the log itself, beside what else is verified: in a process of its own where it is long.

The other process opens the same database and sees one moment of it, which may be a little later than ours; each
verifies what it sees whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.errors import BadInputError, TamperError
from incident.ledger.verify import Verdict, verify_log

if TYPE_CHECKING:
    from incident.ledger.keys import NoteVerifier
    from incident.ports import Store
    from incident.service.house import House

BYTES_OF_AN_ENTRY = 512
"""About as long as an entry is: by this a log is long enough for a process of its own, or not."""


@dataclass(frozen=True, slots=True)
class LogJob:
    """Which log is verified, and against what."""

    store: Store
    verifiers: Sequence[NoteVerifier]
    known: Sequence[str]
    retired: Mapping[bytes, int]


def log_verdict(job: LogJob) -> Verdict:
    """Verify the log as it is at one moment."""
    with job.store.at_one_moment() as store:
        return verify_log(
            store.rows(),
            store.checkpoints(),
            job.verifiers,
            head=_head(store),
            known=job.known,
            uppers=store.uppers(),
            retired=job.retired,
        )


@contextmanager
def log_verified(house: House, job: LogJob, *, entries: int) -> Iterator[Callable[[], Verdict]]:
    """Begin to verify the log, and give what waits for the verdict; inside, other things are verified meanwhile."""
    if house.workshops is None:
        yield lambda: log_verdict(job)
        return
    with house.workshops.open(entries * BYTES_OF_AN_ENTRY) as workshop, ThreadPoolExecutor(1) as waiting:
        if workshop.hands == 1:
            yield lambda: log_verdict(job)
            return
        verdict = waiting.submit(lambda: next(iter(workshop.each(log_verdict, [job]))))
        yield verdict.result


def _head(store: Store) -> tuple[int, bytes] | None:
    """Return the stored head; one that cannot be read is told of by who reads it for the verdict on the rest."""
    try:
        head = store.head()
    except (TamperError, BadInputError):
        return None
    return head.size, head.root()
