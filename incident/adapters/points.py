"""Named points at which a test may have the process killed: `KIND:before` and `KIND:after` each commit.

TOCSIN_KILL_AT names one, perhaps with the count of the visit (`batch:answered:before#2`). Unset, nothing happens.
"""

from __future__ import annotations

import os
import signal
from collections import Counter


class NoPoints:
    """Passes every point."""

    def reach(self, name: str) -> None:
        """Do nothing."""


class KillPoints:
    """Kills this process with SIGKILL on the given visit of the named point."""

    def __init__(self, where: str) -> None:
        name, _, visit = where.partition("#")
        self._name, self._visit = name, int(visit or 1)
        self._seen: Counter[str] = Counter()

    def reach(self, name: str) -> None:
        """Die here, if this is the point and the visit."""
        self._seen[name] += 1
        if name == self._name and self._seen[name] == self._visit:
            os.kill(os.getpid(), signal.SIGKILL)
