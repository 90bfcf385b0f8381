"""A vault in memory, whose bytes a test can spoil or lose; mirrors `ports.Vault`."""

from __future__ import annotations

import hashlib
import io
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from incident.adapters.parts import cut_lines
from incident.core.scoping.reader import Part
from incident.errors import BadInputError, TamperError
from incident.ports import Stored


class FakeVault:
    """Bytes by their sha256, checked on every read."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, stream: BinaryIO) -> Stored:
        return self.put_bytes(stream.read())

    def put_bytes(self, content: bytes) -> Stored:
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in self._kept:
            self.check(sha256)
        self._kept[sha256] = content
        return Stored(sha256, len(content))

    def put_path(self, path: Path) -> Stored:
        with self.source(path) as stream:
            return self.put(stream)

    @contextmanager
    def source(self, path: Path) -> Iterator[BinaryIO]:
        if path.is_symlink():
            raise BadInputError("is a link; name the file itself", source=path.name)
        try:
            regular = stat.S_ISREG(path.stat().st_mode)
        except OSError as error:
            raise BadInputError(f"cannot be opened: {error.strerror}", source=path.name) from error
        if not regular:
            raise BadInputError("not a regular file", source=path.name)
        yield io.BytesIO(path.read_bytes())

    def open(self, sha256: str) -> BinaryIO:
        return io.BytesIO(self.read(sha256))

    def read(self, sha256: str) -> bytes:
        if re.fullmatch(r"[0-9a-f]{64}", sha256) is None:
            raise BadInputError("a sha256 is 64 hexadecimal digits in lower case", field="sha256")
        if sha256 not in self._kept:
            raise TamperError(
                "the vault lacks bytes that were stored", evidence={"sha256": sha256, "found": None}
            )
        content = self._kept[sha256]
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise TamperError(
                "the vault holds other bytes than were stored",
                evidence={"sha256": sha256, "found": found, "size_bytes": len(content)},
            )
        return content

    def cut(self, sha256: str, part_bytes: int) -> tuple[Part, ...]:
        return cut_lines(self.open(sha256), sha256, part_bytes)

    def open_part(self, sha256: str, part: Part) -> BinaryIO:
        return io.BytesIO(self.read(sha256)[part.start : part.end])

    def erase(self, sha256: str) -> None:
        self._kept.pop(sha256, None)

    def check(self, sha256: str) -> None:
        self.read(sha256)

    def spoil(self, sha256: str) -> None:
        """Change a byte behind the vault's back."""
        self._kept[sha256] = b"\x00" + self._kept[sha256]

    def lose(self, sha256: str) -> None:
        """Delete bytes behind the vault's back."""
        del self._kept[sha256]
