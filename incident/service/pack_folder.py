"""A folder that is written file by file and appears whole or not at all; every file is hashed as it is written."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from incident.errors import RefusedError


class PackFolder:
    """Files under a folder that is not there yet; readable by its owner only."""

    def __init__(self, target: Path) -> None:
        if target.exists():
            raise RefusedError(f"{target.name} is there already; a pack is made in a new folder")
        self._target = target
        self._working = target.with_name(f".{target.name}.part")
        self._files: dict[str, tuple[str, int]] = {}

    def __enter__(self) -> Self:
        shutil.rmtree(self._working, ignore_errors=True)
        self._working.mkdir(parents=True, mode=0o700)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._working.rename(self._target)
        else:
            shutil.rmtree(self._working, ignore_errors=True)

    def put(self, path: str, content: bytes) -> str:
        """Write one file and return its sha256 (hex)."""
        return self._write(path, (content,))

    def put_lines(self, path: str, lines: Iterable[bytes]) -> str:
        """Write lines as they come, each ended; returns sha256 (hex)."""
        return self._write(path, (line + b"\n" for line in lines))

    def files(self) -> list[dict[str, Any]]:
        """Return path, size and sha256 of every file so far, in order of path."""
        return [
            {"path": path, "sha256": sha256, "size_bytes": size}
            for path, (sha256, size) in sorted(self._files.items())
        ]

    def _write(self, path: str, parts: Iterable[bytes]) -> str:
        target = self._working / path
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        digest, size = hashlib.sha256(), 0
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(descriptor, "wb") as stream:  # noqa: PTH123 - made private by its descriptor
            for part in parts:
                stream.write(part)
                digest.update(part)
                size += len(part)
        self._files[path] = (digest.hexdigest(), size)
        return digest.hexdigest()
