"""The files that hold the seeds of the ledger's keys: which there are, and what is wrong with one that cannot be read.

A file `NAME.key` holds an Ed25519 seed (32 bytes, RFC 8032 5.1.5) in base64 on one line, for the owner's eyes only.
Light to import: `status` looks here. What is signed with a seed is left to `keys`.
"""

from __future__ import annotations

import base64
import os
import stat
from typing import TYPE_CHECKING

from incident.errors import SettingsError

if TYPE_CHECKING:
    from pathlib import Path

SEED_BYTES = 32
SUFFIX = ".key"
_MAX_FILE_BYTES = 64  # 44 letters of base64 and a line end
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def key_files(directory: Path) -> list[Path]:
    """Return every file that should hold a key, in order of name."""
    return sorted(directory.glob(f"*{SUFFIX}"))


def unreadable(directory: Path) -> tuple[str, ...]:
    """Say of each key file that cannot be read what is wrong with it."""
    return tuple(str(one) for one in map(_wrong_with, key_files(directory)) if one is not None)


def _wrong_with(path: Path) -> SettingsError | None:
    try:
        read_seed(path)
    except SettingsError as error:
        return error
    return None


def read_seed(path: Path) -> bytes:
    """Read a seed; SettingsError, which names the file and never its content, when it is not one kept private."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SettingsError(f"the key file {path.name} cannot be opened: {error.strerror}") from None
    try:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode):
            raise SettingsError(f"the key file {path.name} is not a regular file")
        require_private(about, path.name)
        said = os.read(descriptor, _MAX_FILE_BYTES)
    finally:
        os.close(descriptor)
    try:
        seed = base64.b64decode(said.strip(), validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise SettingsError(f"the key file {path.name} does not hold 32 bytes in base64")
    return seed


def require_private(about: os.stat_result, name: str) -> None:
    """Refuse what others than its owner may look at."""
    if about.st_mode & _OTHERS:
        raise SettingsError(f"{name} can be read by others; take that away with: chmod go-rwx {name}")
