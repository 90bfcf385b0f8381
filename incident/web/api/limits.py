"""Limits on how often somebody may try: a few counters in memory, forgotten with the process."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from datetime import datetime, timedelta

REMEMBERED = 10_000


class Limit:
    """So many times within a window, for each key; the keys not seen for longest go first."""

    def __init__(self, times: int, window: timedelta) -> None:
        self.times, self.window = times, window
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = threading.Lock()

    def waits(self, key: str, now: datetime) -> int:
        """Return for how many seconds this key has to wait, 0 when it need not."""
        with self._lock:
            times = self._recent(key, now)
            if len(times) < self.times:
                return 0
            return max(1, int((times[0] + self.window - now).total_seconds()) + 1)

    def count(self, key: str, now: datetime) -> None:
        """Count one try."""
        with self._lock:
            self._recent(key, now).append(now)
            self._seen.move_to_end(key)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        times = self._seen.setdefault(key, deque(maxlen=self.times))
        while times and now - times[0] >= self.window:
            times.popleft()
        return times
