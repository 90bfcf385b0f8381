"""A checked copy of the whole book in the user's cache directory, so that loading it takes a blink.

Plain JSON, no code. A copy is named by the sha256 of all law files and of the code that reads them, and
opens with the sha256 of its own body: one that is torn, altered, of another catalogue, or writable by
somebody else is not used. Whoever can write as this user could change the program as well; against them
this is no defense. `TOCSIN_LAW_CACHE=off` reads the law files each time.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import stat
import tempfile
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path

from incident.core.rules import LawBook
from incident.law.pool import read_pool, write_pool

FORMAT = b"tocsin law book 1\n"
KEPT = 3
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
LawFile = tuple[str, bytes]


def key_of(files: Iterable[LawFile]) -> str:
    """Return sha256 (hex) over the law files, and over the code that gives them their meaning."""
    total = hashlib.sha256(FORMAT)
    for name, content in (*_reading_code(), *files):
        total.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return total.hexdigest()


def _reading_code() -> list[LawFile]:
    law, core = resources.files("incident.law"), resources.files("incident.core")
    code = [file for file in law.iterdir() if file.name.endswith(".py")]
    code += [file for file in core.iterdir() if file.name.startswith(("rule", "vocabulary"))]
    return sorted((file.name, file.read_bytes()) for file in code if file.is_file())


def restore(key: str, files: Sequence[LawFile]) -> LawBook | None:
    """Return the book of these law files from its copy; None when there is none that can be believed."""
    content = _own_bytes(_folder() / f"law-{key}.json") if _wanted() else None
    if content is None:
        return None
    digest, _, body = content.partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        return None
    collecting = gc.isenabled()
    gc.disable()  # tens of thousands of records that all stay: nothing to collect
    try:
        book = read_pool(json.loads(body))
    except (ValueError, TypeError, LookupError, AttributeError):
        return None
    finally:
        if collecting:
            gc.enable()
    if not isinstance(book, LawBook) or [regime.file for regime in book.regimes] != [
        name for name, _ in files
    ]:
        return None
    return book


def keep(key: str, book: LawBook) -> bool:
    """Write a copy, whole or not at all; False where the place cannot be written, which harms nothing."""
    if not _wanted():
        return False
    body = json.dumps(write_pool(book), ensure_ascii=False, separators=(",", ":")).encode()
    folder = _folder()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, prefix="law-", suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        Path(name).replace(folder / f"law-{key}.json")
        _forget_old(folder)
    except OSError:
        return False
    return True


def _wanted() -> bool:
    return os.environ.get("TOCSIN_LAW_CACHE", "") != "off"


def _folder() -> Path:
    named = os.environ.get("XDG_CACHE_HOME", "")
    return (Path(named) if named else Path.home() / ".cache") / "tocsin"


def _own_bytes(path: Path) -> bytes | None:
    """Read a plain file that is ours and that nobody else may write; None for any other."""
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    except OSError:
        return None
    with os.fdopen(handle, "rb") as file:
        found = os.fstat(handle)
        ours = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        if not stat.S_ISREG(found.st_mode) or not ours or found.st_mode & _OTHERS_MAY_WRITE:
            return None
        return file.read()


def _forget_old(folder: Path) -> None:
    copies = sorted(folder.glob("law-*.json"), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    for file in copies[KEPT:]:
        file.unlink(missing_ok=True)
