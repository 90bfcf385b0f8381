"""The spool of a pull: a folder with one file a page and a journal; what is in the journal was written whole."""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from incident.core.pulling import KeptPage, Page
from incident.errors import PermanentError, TamperError

if TYPE_CHECKING:
    from collections.abc import Iterator

_JOURNAL, _DONE, _WHOLE = "journal.ndjson", "done", "whole"


class FolderSpool:
    """`pulling.Spool` in a folder of mode 0700; pages hold personal data, so every file is 0600."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kept: list[KeptPage] | None = None

    def pages(self) -> list[KeptPage]:
        """Return the pages that are whole; the journal's last line may be torn, a page's bytes may not."""
        if self.kept is None:
            self.kept = list(self._read())
        return self.kept

    def keep(self, page: Page, *, at: datetime) -> KeptPage:
        """Write a page, then its line; a kill between the two costs this page only."""
        pages = self.pages()
        digest = hashlib.sha256(page.content).hexdigest()
        made = KeptPage(len(pages) + 1, digest, len(page.content), page.asked, page.cursor, page.total, at)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self._file(made.number), page.content)
            line = json.dumps(asdict(made) | {"taken_at": at.isoformat()})
            _write(self.folder / _JOURNAL, line.encode() + b"\n", flags=os.O_APPEND)
        except OSError as error:
            raise PermanentError(
                f"a page could not be kept: {error.strerror}; the earlier ones are"
            ) from error
        pages.append(made)
        return made

    @contextmanager
    def whole(self, last_line: bytes) -> Iterator[BinaryIO]:
        """Write all pages, one after another, and the last line into one file, and open it."""
        target = self.folder / _WHOLE
        try:
            descriptor = os.open(target, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb+") as out:
                for page in self.pages():
                    out.write(self._content(page) + b"\n")
                out.write(last_line)
                out.seek(0)
                yield out
        except OSError as error:
            raise PermanentError(
                f"the pages could not be joined: {error.strerror}; they are all kept"
            ) from error

    def finish(self, evidence_id: str) -> None:
        """Note the evidence, then drop the pages."""
        _write(self.folder / _DONE, evidence_id.encode())
        for path in self.folder.iterdir():
            if path.name != _DONE:
                path.unlink()

    def finished(self) -> str | None:
        """Return the evidence that this stream became."""
        path = self.folder / _DONE
        return path.read_text(encoding="ascii") if path.is_file() else None

    def _read(self) -> Iterator[KeptPage]:
        journal = self.folder / _JOURNAL
        if not journal.is_file():
            return
        content = journal.read_bytes()
        whole, _newline, torn = content.rpartition(b"\n")
        if torn:
            os.truncate(journal, len(content) - len(torn))
        for line in whole.splitlines():
            said = json.loads(line)
            page = KeptPage(**said | {"taken_at": datetime.fromisoformat(said["taken_at"])})
            self._content(page)
            yield page

    def _content(self, page: KeptPage) -> bytes:
        path = self._file(page.number)
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != page.sha256:
            raise TamperError(
                f"page {page.number} of an unfinished pull is not what was kept; remove that folder to begin anew",
                evidence={"sha256": page.sha256, "found": hashlib.sha256(content).hexdigest()},
            )
        return content

    def _file(self, number: int) -> Path:
        return self.folder / f"{number:06d}"


def _write(path: Path, content: bytes, *, flags: int = os.O_TRUNC) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(descriptor)
