"""Make a workspace: settings, systems, the ledger's key, the database; and say what is missing for a real incident."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from incident.errors import RefusedError
from incident.settings import FILE_NAME

KEY_NAME = "log"
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Made:
    """What was made, what is missing, and the line by which others check the ledger."""

    created: tuple[str, ...]
    missing: tuple[str, ...]
    verifier_key: str


def shipped(folder: str) -> Traversable:
    """Return a folder that ships with the program (`templates`, `examples`), from a wheel or from a checkout."""
    packed = resources.files("incident") / f"_{folder}"
    return packed if packed.is_dir() else REPOSITORY / folder


def make_workspace(folder: Path, *, force: bool = False, settings_text: str | None = None) -> Made:
    """Make a workspace in a folder; an existing tocsin.toml is kept unless forced, keys and data always are."""
    from incident.adapters.keys import create_key
    from incident.adapters.store.store import SqlStore
    from incident.settings.model import load

    folder.mkdir(parents=True, exist_ok=True)
    target = folder / FILE_NAME
    if target.exists() and not force:
        raise RefusedError(f"{FILE_NAME} is here already; --force overwrites it, keys and data stay")
    created = [FILE_NAME, "systems.toml"]
    text = settings_text or (shipped("templates") / "internal" / FILE_NAME).read_text(encoding="utf-8")
    target.write_text(text, encoding="utf-8")
    systems = (shipped("examples") / "imajinn" / "systems.toml").read_bytes()
    (folder / "systems.toml").write_bytes(systems)
    known = load(target)
    keys = known.path(known.storage.keys)
    if not (keys / f"{KEY_NAME}.key").exists():
        create_key(keys, KEY_NAME, origin=known.storage.origin)
        created.append(f"{known.storage.keys}/{KEY_NAME}.key (0600; back it up apart from the database)")
    store = SqlStore(known.database_url())
    try:
        store.migrate()
    finally:
        store.close()
    created.append("the database")
    return Made(tuple(created), known.missing(), verifier_key(keys, known.storage.origin))


def verifier_key(keys: Path, origin: str) -> str:
    """Return the public line by which others check the ledger."""
    from incident.adapters.keys import FileKeys

    return FileKeys(keys, origin).signers()[0].verifier().vkey


def missing_for_real(settings: Path | None) -> tuple[str, ...]:
    """Say what a real incident would still need."""
    from incident.settings.model import load

    return load(settings).missing()


def copy_examples(target: Path) -> tuple[Path, ...]:
    """Copy the example exports into a folder and return them, in order of name."""
    target.mkdir(parents=True, exist_ok=True)
    for file in (shipped("examples") / "imajinn").iterdir():
        if not file.name.endswith((".md", ".toml")):
            with resources.as_file(file) as source:
                shutil.copyfile(source, target / file.name)
    return tuple(sorted(target.iterdir()))
