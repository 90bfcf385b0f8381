"""A folder on another path as an anchor: a mounted bucket, a write-once share, a disk of somebody else.

Each checkpoint is a new file that is never written again, so that storage which forbids changes will do.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from incident.adapters.anchors.high_water import SUFFIX, slug
from incident.errors import TransientError

if TYPE_CHECKING:
    from datetime import timedelta
    from pathlib import Path

    from incident.core.anchors import Publication, Receipt

DIGITS = 12


class FolderAnchor:
    """`ports.Anchor` in `folder/LOG/000000000123.checkpoint`; the folder itself has to be there."""

    def __init__(self, folder: Path, every: timedelta) -> None:
        self.name, self.every, self._folder = f"folder:{folder}", every, folder

    def publish(self, request: Publication) -> bytes | None:
        """Write the checkpoint as a file of its own; one of this size that is there already is left as it is."""
        if not self._folder.is_dir():
            raise TransientError("the folder is not there; is it mounted?")
        place = self._folder / slug(request.origin)
        path = place / f"{request.size:0{DIGITS}d}{SUFFIX}"
        try:
            place.mkdir(exist_ok=True)
            with os.fdopen(
                os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644), "wb"
            ) as out:
                out.write(request.note.encode())
                out.flush()
                os.fsync(out.fileno())
        except FileExistsError:
            return None
        except OSError as error:
            raise TransientError(f"the folder cannot be written: {error.strerror}") from error
        return None

    def newest(self, origin: str) -> str | None:
        """Return the largest checkpoint in the folder that is whole."""
        for path in sorted((self._folder / slug(origin)).glob(f"*{SUFFIX}"), reverse=True):
            try:
                note = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                continue
            if "\n\n" in note and note.endswith("\n"):
                return note
        return None

    def check(self, receipt: Receipt) -> str | None:  # noqa: ARG002
        """Say nothing: the file itself is what is compared."""
        return None
