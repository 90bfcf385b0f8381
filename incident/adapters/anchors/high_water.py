"""The high-water mark: the newest checkpoint that was ever signed here, in a file beside the keys.

It lies outside the database, so a database that was put back in time is seen at the next write. Raised after each
commit; a crash in between leaves it lower, which alarms nobody.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SUFFIX = ".checkpoint"


class FileHighWater:
    """`ports.HighWater` in a directory: one file for each name that the log has had."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @property
    def place(self) -> str:
        """Say where it is, for a person."""
        return f"{self._directory.parent.name}/{self._directory.name}"

    def note(self, origin: str) -> str | None:
        """Return the newest checkpoint known under a name of the log, unchecked; None where there is none."""
        try:
            return self._path(origin).read_text(encoding="utf-8")
        except (FileNotFoundError, UnicodeDecodeError):
            return None

    def notes(self) -> tuple[str, ...]:
        """Return the newest checkpoint of every name that the log has had."""
        return tuple(
            path.read_text(encoding="utf-8", errors="replace")
            for path in sorted(self._directory.glob(f"*{SUFFIX}"))
        )

    def raise_to(self, origin: str, note: str) -> bool:
        """Keep a checkpoint if it is larger than the one kept; False when the file cannot be written."""
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self._alone():
                known = self.note(origin)
                if known is None or _size(note) > _size(known):
                    self._write(self._path(origin), note)
        except OSError:
            return False
        return True

    def _path(self, origin: str) -> Path:
        return self._directory / f"{slug(origin)}{SUFFIX}"

    @staticmethod
    def _write(path: Path, note: str) -> None:
        fresh = path.with_name(f".{path.name}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as out:
            out.write(note.encode())
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        descriptor = os.open(self._directory / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def slug(origin: str) -> str:
    """Write a log's name as the name of a file."""
    return "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in ".-") else "_" for letter in origin
    )


def _size(note: str) -> int:
    """Return the size that a checkpoint states; -1 for what is none, so that anything replaces it."""
    lines = note.split("\n", 2)
    stated = lines[1] if len(lines) > 1 else ""
    return int(stated) if stated.isascii() and stated.isdecimal() and len(stated) < 20 else -1  # noqa: PLR2004
