"""The ledger at size: a million entries verified, a proof looked up, appends against the bare insert floor.

    make bench                                  # SQLite, and PostgreSQL where its binaries are
    python -m benchmarks.ledger --entries 100000

Everything is measured in one run on one machine; the floor is the same INSERT of the same bytes without the ledger's
work. What has a limit in seconds is counted in CPU time of its process (user and system), which other work on the machine
does not stretch; the time by the clock stands beside it. Appends and the floor take turns, so that their ratio holds.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from incident.adapters.store.bulk import insert_rows
from incident.adapters.store.engine import writing
from incident.adapters.store.store import SqlStore
from incident.adapters.store.tables import LEDGER_ENTRY
from incident.ledger.checkpoint import Checkpoint, NoteSigner, sign_note
from incident.ledger.entry import Draft, encode
from incident.ledger.merkle import leaf_hash
from incident.ledger.proving import inclusion_proof
from incident.ledger.verify import verify_log

LOG = NoteSigner("example.org/bench", bytes(range(32)))
START = datetime(2026, 3, 10, 5, tzinfo=UTC)
AT_ONCE = 1000
LIMITS = {
    "verify_cpu_seconds": 10.0,
    "verify_mebibytes": 200.0,
    "proof_cpu_milliseconds": 10.0,
    "append_over_floor": 2.0,
    "single_append_over_floor": 2.0,
}


def drafts(first: int, count: int) -> list[Draft]:
    """Make entries like those of sending: the most frequent ones."""
    return [
        Draft(
            f"INC-{number % 7}",
            "batch:intended",
            START + timedelta(milliseconds=number),
            "tocsin",
            drill=True,
            data={
                "notice_id": f"INC-{number % 7}-N1", "batch": number, "attempt": 1, "letter_id": "promise-en",
                "positions": f"{number}-{number + 499}", "body_sha256": "ab" * 32, "tally": {"planned>intent": 500},
            },
            salt=f"{number:032x}",
        )
        for number in range(first, first + count)
    ]  # fmt: skip


NAMES = ("seq", "incident", "kind", "body", "leaf_hash")


def append(store: SqlStore, entries: int) -> None:
    """Append entries by the thousand."""
    for first in range(0, entries, AT_ONCE):
        with store.begin() as tx:
            tx.append(
                drafts(first, min(AT_ONCE, entries - first)), recorded_at=START + timedelta(seconds=first)
            )


def side_by_side(ledger: SqlStore, bare: SqlStore, entries: int, at_once: int) -> tuple[float, float]:
    """Append and insert the same bytes in turns, so that whatever else the machine does slows both; returns seconds."""
    appending = inserting = 0.0
    size = ledger.head().size
    for first in range(size, size + entries, at_once):
        said = drafts(first, at_once)
        began = time.perf_counter()
        with ledger.begin() as tx:
            written = tx.append(said, recorded_at=START + timedelta(seconds=first))
        appending += time.perf_counter() - began
        bodies = [encode(entry) for entry in written]
        rows = [
            (e.seq, e.incident, e.kind, body, leaf_hash(body))
            for e, body in zip(written, bodies, strict=True)
        ]
        began = time.perf_counter()
        with writing(bare._engine) as connection:  # noqa: SLF001 - the floor goes below the store
            insert_rows(connection, LEDGER_ENTRY, NAMES, rows)
        inserting += time.perf_counter() - began
    return appending, inserting


def compare(url: str, bare_url: str, entries: int, singles: int) -> dict[str, float]:
    """Measure appends against the floor on two empty databases of a kind."""
    with ExitStack() as stack:
        ledger, bare = (stack.enter_context(closing(SqlStore(one))) for one in (url, bare_url))
        ledger.migrate()
        bare.migrate()
        appending, inserting = side_by_side(ledger, bare, entries, AT_ONCE)
        alone, alone_floor = side_by_side(ledger, bare, singles, 1)
    return {
        "append_per_second": round(entries / appending), "floor_per_second": round(entries / inserting),
        "append_over_floor": round(appending / inserting, 2),
        "single_append_per_second": round(singles / alone), "single_floor_per_second": round(singles / alone_floor),
        "single_append_over_floor": round(alone / alone_floor, 2),
    }  # fmt: skip


def verify(path: str) -> dict[str, float]:
    """Verify a database in this process, which does nothing else; returns seconds and the peak of memory."""
    store = SqlStore(f"sqlite:///{path}")
    began, worked = time.perf_counter(), time.process_time()
    head = store.head()
    verdict = verify_log(
        store.rows(),
        store.checkpoints(),
        [LOG.verifier()],
        head=(head.size, head.root()),
        uppers=store.uppers(),
    )
    seconds, cpu = time.perf_counter() - began, time.process_time() - worked
    assert verdict.ok, verdict.sentence()
    times = list(_proofs(store, head.size))
    store.close()
    return {
        "entries": verdict.size, "verify_cpu_seconds": round(cpu, 2), "verify_seconds": round(seconds, 2),
        "verify_mebibytes": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        "proof_cpu_milliseconds": round(max(times) * 1000, 2), "proof_cpu_milliseconds_median": round(sorted(times)[len(times) // 2] * 1000, 2),
    }  # fmt: skip


def _proofs(store: SqlStore, size: int) -> Iterator[float]:
    for number in range(100):
        began = time.process_time()
        with store.reading() as tx:
            inclusion_proof(tx.tree(), number * 7919 % size, size)
        yield time.process_time() - began


def at_size(folder: Path, entries: int) -> dict[str, float]:
    """Make a log of so many entries, sign it, and verify it in a process of its own."""
    path = folder / "large.db"
    store = SqlStore(f"sqlite:///{path}")
    store.migrate()
    append(store, entries)
    with store.begin() as tx:
        head = tx.head()
        note = sign_note(Checkpoint(LOG.name, head.size, head.root()).text(), [LOG])
        tx.add_checkpoint(note, size=head.size, at=START)
    store.close()
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.ledger", "--verify", str(path)],
        check=True,
        capture_output=True,
        text=True,
    )
    return dict(json.loads(ran.stdout))


def measured(entries: int) -> dict[str, dict[str, float]]:
    """Measure everything that this machine can."""
    found: dict[str, dict[str, float]] = {"load_average": {"before": round(os.getloadavg()[0], 2)}}
    appended = min(entries, 100_000)
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as name, ExitStack() as stack:
        folder = Path(name)
        found["sqlite"] = compare(f"sqlite:///{folder}/a.db", f"sqlite:///{folder}/b.db", appended, 300)
        try:
            from tests.contract.private_postgres import MissingError, private_postgres

            server = stack.enter_context(private_postgres())
            found["postgresql"] = compare(str(server.empty()), str(server.empty()), appended, 300)
        except MissingError as why:
            print(f"no PostgreSQL here: {why}", file=sys.stderr)
        found["verify"] = at_size(folder, entries)
    found["load_average"]["after"] = round(os.getloadavg()[0], 2)
    return found


def beyond(found: dict[str, dict[str, float]], entries: int) -> list[str]:
    """Name what is beyond its limit; times of verification only count at a million."""
    over = []
    for where, values in found.items():
        for name, limit in LIMITS.items():
            scale = entries / 1_000_000 if name == "verify_cpu_seconds" else 1.0
            if name in values and values[name] > limit * scale:
                over.append(f"{where}: {name} {values[name]}, at most {limit * scale:g}")
    return over


def main() -> int:
    """Run, print JSON, and say what is beyond its limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--verify", metavar="FILE", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.verify:
        print(json.dumps(verify(chosen.verify)))
        return 0
    found = measured(chosen.entries)
    Path("bench-out").mkdir(exist_ok=True)
    Path("bench-out/ledger.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=2))
    over = beyond(found, chosen.entries)
    for line in over:
        print(f"BEYOND THE LIMIT  {line}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
