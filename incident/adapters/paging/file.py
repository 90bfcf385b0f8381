"""The page as a line in a file that other tools watch. Flushed to the disk before it counts as taken."""

from __future__ import annotations

import json
import os
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident.ports import Clock


class FileChannel:
    """Appends one JSON line a page to a file."""

    name = "file"

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    def deliver(self, subject: str, body: str, *, to: str) -> None:
        """Append the page; OSError when the disk does not take it."""
        at = self._clock.now().astimezone(UTC).isoformat()
        line = json.dumps({"at": at, "to": to, "subject": subject, "sentence": body}, ensure_ascii=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
            out.flush()
            os.fsync(out.fileno())
