"""The sender on a machine whose clock jumps in the middle: `python -m benchmarks.jumping SECONDS AFTER -- ...`.

After so many looks at it the clock is so many seconds ahead, or behind when the number is negative; what follows `--` are
the arguments of `benchmarks.send`. Elapsed time is not touched, as on a real machine.
"""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from itertools import count
from threading import Lock

from benchmarks import send
from incident.adapters.clock import SystemClock


def jump(seconds: float, after: int) -> None:
    """Have every system clock of this process jump."""
    looks, lock = count(), Lock()
    true_now = SystemClock.now

    def now(self: SystemClock) -> datetime:
        with lock:
            number = next(looks)
        return true_now(self) + (timedelta(seconds=seconds) if number >= after else timedelta())

    SystemClock.now = now  # type: ignore[method-assign]
    SystemClock.real_now = now  # type: ignore[method-assign]


if __name__ == "__main__":
    seconds, after, mark, *rest = sys.argv[1:]
    if mark != "--":
        raise SystemExit("write the sender's arguments after --")
    jump(float(seconds), int(after))
    sys.exit(send.main(rest))
