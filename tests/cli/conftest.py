"""A workspace for the command line, and two ways to call it: in this process, and as a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from incident.cli.main import main
from tests.builders.house import workspace
from tests.builders.playing import fresh, played

__all__ = ["fresh", "played"]
CHECKOUT = Path(__file__).resolve().parents[2]


@dataclass
class Tocsin:
    """Calls commands in one folder, as one person."""

    settings: Path
    handle: str = "ada"
    said: list[str] = field(default_factory=list)

    def __call__(
        self, *words: str, code: int = 0, handle: str | None = None, stdin: str | None = None
    ) -> str:
        """Run a command here and return what it printed, errors too; its exit code is checked."""
        environment = {"TOCSIN_SETTINGS": str(self.settings), "TOCSIN_AS": handle or self.handle}
        result = CliRunner().invoke(as_program, [*words], env=environment, input=stdin)
        shown = result.output
        self.said.append(shown)
        assert result.exit_code == code, f"{words}: exit {result.exit_code}, {shown} {result.exception!r}"
        return shown

    def json(self, *words: str, code: int = 0, handle: str | None = None, stdin: str | None = None) -> Any:
        """Run a command with --json and return what it answered."""
        return json.loads(self(*words, "--json", code=code, handle=handle, stdin=stdin))

    def process(self, *words: str, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own."""
        around = (
            os.environ | {"PYTHONPATH": str(CHECKOUT), "TOCSIN_SETTINGS": str(self.settings)} | environment
        )
        ended = subprocess.run(
            [sys.executable, "-m", "incident.cli", *words],
            env=around, capture_output=True, text=True, timeout=60, check=False, cwd=self.settings.parent,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr
        return ended


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
def as_program(words: tuple[str, ...]) -> None:
    """Call the program as the shell does, exit codes included."""
    main(words)


@pytest.fixture
def tocsin(tmp_path: Path) -> Tocsin:
    """A fresh workspace on a drill's clock."""
    return Tocsin(workspace(tmp_path / "workspace"))


@pytest.fixture
def on(played: Callable[..., Any]) -> Callable[..., tuple[Tocsin, Any]]:
    """Returns the command line on an incident played up to a stretch, and the scene."""

    def take(stretch: str, **options: Any) -> tuple[Tocsin, Any]:
        scene = played(stretch, **options)
        return Tocsin(scene.settings), scene

    return take
