"""The ledger's share of a send: how much of the time goes into entries, hashes, tree, checkpoints and their keeping.

    python -m benchmarks.share --people 20000

The real send of `benchmarks.send` against a sink, with a stopwatch around what would not be there without the ledger:
encoding, hashing and inserting entries, the tree, the head, signing and keeping checkpoints, the look at what is known
outside, the check for personal data. The commit is not counted: the business change needs one anyway.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

from benchmarks import send
from benchmarks.reporting import keep
from benchmarks.sink import running
from incident.adapters.store.transaction import SqlTransaction
from incident.service import house

AT_MOST_PERCENT = 15.0
WORK = (
    (SqlTransaction, "append"),
    (house, "refuse_unless_ours"),
    (house, "sign_if_due"),
    (house, "refuse_people"),
)


class Stopwatch:
    """Counts the seconds that go into some functions, by the clock and of the processor; none of them calls another.

    By the clock they wait for threads that make requests ready and post them meanwhile.
    """

    def __init__(self) -> None:
        self.seconds = self.processor_seconds = 0.0

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with the stopwatch around it."""

        def timed(*given: Any, **named: Any) -> Any:
            began, used = time.perf_counter(), time.thread_time()
            try:
                return work(*given, **named)
            finally:
                self.seconds += time.perf_counter() - began
                self.processor_seconds += time.thread_time() - used

        return timed


def measured(people: int) -> dict[str, float]:
    """Send to so many people, and return the ledger's share of loading, laying out and sending, in percent."""
    watch = Stopwatch()
    for owner, name in WORK:
        setattr(owner, name, watch.around(getattr(owner, name)))
    with tempfile.TemporaryDirectory(prefix="tocsin-bench-") as folder, running() as url:
        said = StringIO()
        with redirect_stdout(said):
            given = ["--people", str(people), "--sendgrid-host", url, "--json"]
            send.main([*given, "--database", f"sqlite:///{Path(folder) / 'send.db'}"])
    steps = json.loads(said.getvalue().splitlines()[-1])["steps"]
    whole = steps["load"] + steps["plan"] + steps["send"]
    used = steps["load cpu"] + steps["plan cpu"] + steps["send cpu"]
    later = steps["plan"] + steps["send"]
    return {
        "people": people,
        "load_plan_and_send_seconds": round(whole, 2),
        "ledger_seconds": round(watch.seconds, 3),
        "ledger_percent": round(100 * watch.seconds / whole, 1),
        "ledger_percent_without_load": round(100 * watch.seconds / later, 1),
        "ledger_processor_percent": round(100 * watch.processor_seconds / used, 1),
        "at_most_percent": AT_MOST_PERCENT,
    }


def main() -> int:
    """Run, and print JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    found = measured(parser.parse_args().people)
    keep("share", found)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
