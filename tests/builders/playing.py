"""Scenes for tests of the services: fresh, with a cohort, with letters that wait, with letters approved.

The longer ones are played once a session and copied.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from tests.builders.house import Scene, change_settings, reopened, scene, workspace


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Scene]:
    """A workspace without an incident."""
    with scene(tmp_path / "workspace") as opened:
        yield opened


@pytest.fixture
def played(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Scene]]:
    """Returns a copy of an incident played up to a stretch of `Scene`, with changed settings where asked."""
    with ExitStack() as stack:

        def play(stretch: str, *, changes: dict[str, str] | None = None) -> Scene:
            folder, incident_id = original(stretch, tmp_path_factory, changes or {})
            shutil.copytree(folder, tmp_path / "workspace")
            opened = stack.enter_context(reopened(tmp_path / "workspace" / "tocsin.toml"))
            return replace(opened, incident_id=incident_id)

        yield play


_ORIGINALS: dict[tuple[str, str], tuple[Path, str]] = {}


def original(stretch: str, factory: pytest.TempPathFactory, changes: dict[str, str]) -> tuple[Path, str]:
    """Play an incident once a session up to a stretch, and return where it is."""
    key = (stretch, repr(sorted(changes.items())))
    if key not in _ORIGINALS:
        folder = factory.mktemp("played") / "workspace"
        settings = workspace(folder)
        change_settings(settings, changes)
        with reopened(settings) as opened:
            incident_id = getattr(opened, stretch)().incident_id
        _ORIGINALS[key] = folder, incident_id
    return _ORIGINALS[key]
