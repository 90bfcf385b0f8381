"""The keys that sign the ledger: one file a key, kept outside the database, for the owner's eyes only.

A file `NAME.key` holds an Ed25519 seed (32 bytes, RFC 8032 5.1.5) in base64 on one line. When to rotate,
and who trusts which key, is left to others.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
import stat
from typing import TYPE_CHECKING

from incident.errors import RefusedError, SettingsError
from incident.ledger.checkpoint import NoteSigner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from incident.ledger.keys import NoteVerifier

SEED_BYTES = 32
SUFFIX = ".key"
_MAX_FILE_BYTES = 64  # 44 letters of base64 and a line end
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def create_key(directory: Path, name: str, *, origin: str) -> NoteVerifier:
    """Make a fresh key as `directory/NAME.key`, mode 0600, and return its public half.

    RefusedError when the file is there already: a key is never overwritten.
    """
    if _NAME.fullmatch(name) is None:
        raise SettingsError("a key file is named with lower-case letters, digits and hyphens")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_private(directory.stat(), directory.name)
    signer = NoteSigner(origin, secrets.token_bytes(SEED_BYTES))
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        descriptor = os.open(directory / f"{name}{SUFFIX}", flags, 0o600)
    except FileExistsError:
        raise RefusedError(f"the key {name} is there already and is not overwritten") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(base64.b64encode(signer.seed) + b"\n")
        out.flush()
        os.fsync(out.fileno())
    return signer.verifier()


class FileKeys:
    """`ports.Keys` from a directory: every `*.key` in it signs under the log's origin, in order of name."""

    def __init__(self, directory: Path, origin: str) -> None:
        self._directory = directory
        self._origin = origin

    def signers(self) -> Sequence[NoteSigner]:
        """Return a signer for each key; SettingsError when there is none or one is not kept private."""
        signers = [
            NoteSigner(self._origin, _read_seed(path)) for path in sorted(self._directory.glob(f"*{SUFFIX}"))
        ]
        if not signers:
            raise SettingsError("there is no key to sign the ledger with")
        return signers


def _read_seed(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SettingsError(f"the key file {path.name} cannot be opened: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as kept:
        about = os.fstat(kept.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise SettingsError(f"the key file {path.name} is not a regular file")
        _require_private(about, path.name)
        said = kept.read(_MAX_FILE_BYTES)
    try:
        seed = base64.b64decode(said.strip(), validate=True)
    except ValueError:
        seed = b""
    if len(seed) != SEED_BYTES:
        raise SettingsError(f"the key file {path.name} does not hold 32 bytes in base64")
    return seed


def _require_private(about: os.stat_result, name: str) -> None:
    if about.st_mode & _OTHERS:
        raise SettingsError(f"{name} can be read by others; take that away with: chmod go-rwx {name}")
