"""Where settings are, and how secrets are read: the part that needs nothing heavy.

Secrets come from the environment or from files, never from arguments, and are never printed. The typed settings
are in `incident.settings.model`.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

from incident.errors import SettingsError

FILE_NAME = "tocsin.toml"


def database_url(url: str, root: Path) -> str:
    """Resolve a relative SQLite path against the settings' folder."""
    prefix = "sqlite:///"
    if not url.startswith(prefix):
        return url
    return prefix + str((root / url.removeprefix(prefix)).resolve())


def find(path: Path | None = None) -> Path:
    """Return the settings file: the argument, else TOCSIN_SETTINGS, else ./tocsin.toml."""
    chosen = path or Path(os.environ.get("TOCSIN_SETTINGS") or FILE_NAME)
    if not chosen.is_file():
        raise SettingsError(f"there is no {chosen.name} here; run `tocsin init`, or set TOCSIN_SETTINGS")
    return chosen.resolve()


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file; SettingsError says what is wrong with it."""
    if not file.is_file():
        raise SettingsError(f"there is no {file.name} beside {FILE_NAME}")
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file.name} is not TOML: {error}") from error


def secret(variable: str, file: Path | None) -> str:
    """Return a secret from the environment or its file; SettingsError says which of the two to give."""
    value = os.environ.get(variable, "")
    if value:
        return value
    named = os.environ.get(variable + "_FILE", "")
    source = Path(named) if named else file
    if source is None:
        raise SettingsError(f"the secret {variable} is neither in the environment nor in a file")
    if not source.is_file():
        raise SettingsError(f"the file of the secret {variable} does not exist")
    return source.read_text(encoding="utf-8").strip()


def glance_url(path: Path | None = None) -> str:
    """Return the database URL without checking the rest of the settings; for reading quickly."""
    file = find(path)
    storage = read_toml(file).get("storage", {})
    named = storage.get("database", "sqlite:///tocsin.db") if isinstance(storage, dict) else ""
    return database_url(os.environ.get("TOCSIN_DATABASE") or str(named), file.parent)


def drill_clock(path: Path | None = None) -> Path | None:
    """Return the file of the drill's clock, or None where this is no drill."""
    file = find(path)
    drill = read_toml(file).get("drill", {})
    if not isinstance(drill, dict) or drill.get("enabled") is not True:
        return None
    return file.parent / str(drill.get("clock", "drill-clock.json"))
