"""What `status` reads of tocsin.toml about the ledger, quickly: its anchors, their interval, and where the keys lie."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from incident.settings import find, read_toml

EVERY_MINUTES = 60
KEYS = "keys"


def anchor_names(path: Path | None = None) -> tuple[tuple[str, ...], timedelta]:
    """Return the anchors' names as receipts have them, and the longest time between two checkpoints."""
    file = find(path)
    section = read_toml(file).get("anchors", {})
    if not isinstance(section, dict):
        return (), timedelta(minutes=EVERY_MINUTES)
    folders = [str((file.parent / str(one)).resolve()) for one in _listed(section, "folders")]
    urls = [str(one.get("url", "")) for one in _listed(section, "timestamps") if isinstance(one, dict)]
    keys = [str(one.get("key", "")) for one in _listed(section, "witnesses") if isinstance(one, dict)]
    every = section.get("every_minutes", EVERY_MINUTES)
    names = (
        *(f"folder:{folder}" for folder in folders),
        *(["mail"] if section.get("mail_to") else []),
        *(f"timestamp:{url}" for url in urls),
        *(f"witness:{key.partition('+')[0]}" for key in keys),
    )
    return names, timedelta(minutes=every if isinstance(every, int) else EVERY_MINUTES)


def keys_folder(path: Path | None = None) -> Path:
    """Return where the keys of the ledger lie."""
    file = find(path)
    section = read_toml(file).get("storage", {})
    named = section.get("keys", KEYS) if isinstance(section, dict) else KEYS
    return file.parent / (named if isinstance(named, str) else KEYS)


def _listed(section: dict[str, Any], key: str) -> list[Any]:
    found = section.get(key, [])
    return found if isinstance(found, list) else []
