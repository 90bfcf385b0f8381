"""The clocks: the system's, and a drill's: the system's plus an offset that several processes share."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_MICROSECOND = timedelta(microseconds=1)


class SystemClock:
    """`ports.Clock` by the machine's own time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def real_now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(seconds)


class DrillClock:
    """`ports.Clock` for a drill: system time plus the offset in a small JSON file.

    Every process that names the file sees the same time. Without a file the offset is nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def now(self) -> datetime:
        """Return the drill's present instant, aware, in UTC."""
        return datetime.now(UTC) + self._offset()

    def real_now(self) -> datetime:
        """Return the machine's present instant, aware, in UTC."""
        return datetime.now(UTC)

    def pause(self, seconds: float) -> None:
        """Let real time pass."""
        time.sleep(seconds)

    def advance(self, *, to: datetime | None = None, by: timedelta | None = None) -> datetime:
        """Move the drill's time forward, to an instant or by a duration, and return it; never backwards.

        BadInputError when both or neither is given, the instant is naive or past, or the duration negative.
        """
        if (to is None) == (by is None):
            raise BadInputError("say either to when, or by how much", field="to")
        if to is not None and to.utcoffset() is None:
            raise BadInputError("an instant needs a time zone", field="to")
        with self._alone():
            offset = self._offset()
            step = by if to is None else to - (datetime.now(UTC) + offset)
            if step is None or step < timedelta():
                raise BadInputError("a drill's time never goes backwards", field="by" if to is None else "to")
            self._keep(offset + step)
        return self.now()

    def _offset(self) -> timedelta:
        try:
            kept = json.loads(self._path.read_bytes())
            return timedelta(microseconds=kept["offset_microseconds"])
        except FileNotFoundError:
            return timedelta()
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise BadInputError(
                "not a drill's clock", field="offset_microseconds", source=self._path.name
            ) from error

    def _keep(self, offset: timedelta) -> None:
        fresh = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(json.dumps({"offset_microseconds": offset // _MICROSECOND}).encode() + b"\n")
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(self._path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = self._path.with_name(f"{self._path.name}.lock")
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)
