"""The keys that sign the ledger: one file a key, kept outside the database, for the owner's eyes only.

Beside the seeds (`key_files`) lie `verifiers`, one public line for every key that ever signed, and, where the ledger
had to begin anew, `origin`. A seed that cannot be read does not keep the others from signing: it is named wherever the
ledger's state is shown. When to rotate, and who trusts which key, is left to others.
"""

from __future__ import annotations

import base64
import os
import re
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from incident.adapters.key_files import SEED_BYTES, SUFFIX, key_files, read_seed, require_private, unreadable
from incident.errors import BadInputError, NotFoundError, RefusedError, SettingsError
from incident.ledger.checkpoint import NoteSigner
from incident.ledger.keys import NoteVerifier

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FIRST = "log"
VERIFIERS, ORIGIN = "verifiers", "origin"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*")


def create_key(directory: Path, name: str, *, origin: str) -> NoteVerifier:
    """Make a fresh key as `directory/NAME.key`, mode 0600, note its public half and return it.

    RefusedError when the file is there already: a key is never overwritten.
    """
    if _NAME.fullmatch(name) is None:
        raise SettingsError("a key file is named with lower-case letters, digits and hyphens")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    require_private(directory.stat(), directory.name)
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
    _remember(directory, [signer.verifier()])
    return signer.verifier()


class FileKeys:
    """`ports.Keys` from a directory: every `*.key` in it signs under the log's origin, in order of name."""

    def __init__(self, directory: Path, origin: str) -> None:
        self._directory = directory
        self._origin = origin

    def origin(self) -> str:
        """Return the name of the log: the settings' own, or the one it began anew under."""
        try:
            return (self._directory / ORIGIN).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return self._origin

    def signers(self) -> Sequence[NoteSigner]:
        """Return a signer for each key that can be read; SettingsError when there is none."""
        signers = list(self._readable().values())
        if not signers:
            raise SettingsError(next(iter(self.unreadable()), "there is no key to sign the ledger with"))
        return signers

    def unreadable(self) -> Sequence[str]:
        """Say of each key file that cannot be read what is wrong with it: it does not sign."""
        return unreadable(self._directory)

    def verifiers(self) -> Sequence[NoteVerifier]:
        """Return the public half of every key that ever signed, oldest first; needs no seed.

        SettingsError when none is known.
        """
        known = list(_noted(self._directory))
        if not known or self._seeds():
            known += [one.verifier() for one in self._readable().values()]
        if not known:
            raise SettingsError("there is no key to check the ledger with")
        return list(dict.fromkeys(known))

    def add(self) -> NoteVerifier:
        """Make a further key, which signs beside the present ones from now on."""
        taken = {path.stem for path in self._seeds()}
        known = len(list(_noted(self._directory)))
        number = next(n for n in range(known + 1, known + 1000) if f"{FIRST}-{n}" not in taken)
        return create_key(self._directory, f"{FIRST}-{number}", origin=self.origin())

    def retire(self, key_id: str) -> NoteVerifier:
        """Destroy the seed of a key and return its public half, which stays known; the last key is not retired."""
        found = {path: signer.verifier() for path, signer in self._readable().items()}
        named = [path for path, verifier in found.items() if verifier.key_id.hex() == key_id]
        if not named:
            raise NotFoundError(f"no key here has the id {key_id}; see `tocsin keys list`")
        if len(found) == 1:
            raise RefusedError("the only key is not retired; `tocsin keys rotate` makes the next one first")
        _remember(self._directory, [found[named[0]]])
        size = named[0].stat().st_size
        with named[0].open("r+b") as kept:
            kept.write(b"\0" * size)
            os.fsync(kept.fileno())
        named[0].unlink()
        _sync(self._directory)
        return found[named[0]]

    def begin_anew(self, origin: str) -> None:
        """Take a new name for the log; seeds that are here sign under it, and one is made where none is."""
        NoteVerifier(origin, bytes(SEED_BYTES))  # refuses what cannot name a key
        _put(self._directory / ORIGIN, f"{origin}\n")
        if readable := self._readable().values():
            _remember(self._directory, [signer.verifier() for signer in readable])
        else:
            self.add()

    def _seeds(self) -> list[Path]:
        return key_files(self._directory)

    def _readable(self) -> dict[Path, NoteSigner]:
        origin = self.origin()
        found: dict[Path, NoteSigner] = {}
        for path in self._seeds():
            with suppress(SettingsError):  # `unreadable` says which, and why
                found[path] = NoteSigner(origin, read_seed(path))
        return found


def _noted(directory: Path) -> Sequence[NoteVerifier]:
    try:
        lines = (directory / VERIFIERS).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []
    try:
        return [NoteVerifier.parse(line) for line in lines if line]
    except BadInputError as error:
        raise SettingsError(
            f"the file {VERIFIERS} beside the keys has a line that is no key: {error.reason}"
        ) from None


def _remember(directory: Path, verifiers: Sequence[NoteVerifier]) -> None:
    known = dict.fromkeys([*_noted(directory), *verifiers])
    _put(directory / VERIFIERS, "".join(f"{one.vkey}\n" for one in known))


def _put(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as out:
        out.write(text.encode())
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    _sync(path.parent)


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
