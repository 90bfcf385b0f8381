"""Wake people up: for now one line a page in a file that other tools watch, or nobody, said honestly."""

from __future__ import annotations

import json
import os
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from incident.ports import Clock


class NobodyPager:
    """Nobody is configured to be woken up; says so by returning False."""

    def page(self, subject: str, sentence: str) -> bool:  # noqa: ARG002
        """Reach nobody."""
        return False


class FilePager:
    """Appends one JSON line a page to a file, flushed to the disk."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path, self._clock = path, clock

    def page(self, subject: str, sentence: str) -> bool:
        """Append the page; True once it is on the disk."""
        at = self._clock.now().astimezone(UTC).isoformat()
        line = json.dumps({"at": at, "subject": subject, "sentence": sentence}, ensure_ascii=False)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("a", encoding="utf-8") as out:
            out.write(line + "\n")
            out.flush()
            os.fsync(out.fileno())
        return True
