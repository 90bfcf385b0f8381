"""Check an evidence pack with the shipped verifier, never with the program that lies in the pack."""

from __future__ import annotations

import subprocess
import sys
from importlib import resources
from pathlib import Path

import click

from incident.cli.base import show
from incident.workspace import shipped

STATUS = {0: "verified", 1: "not_verified", 2: "incomplete"}


def check_pack(
    pack: Path, keys: tuple[str, ...], checkpoints: tuple[Path, ...], *, verbose: bool, as_json: bool
) -> int:
    """Run the verifier apart from this process, show its verdict and return its exit code (0, 1 or 2)."""
    options = [word for key in keys for word in ("--key", key)]
    options += [word for path in checkpoints for word in ("--checkpoint", str(path))]
    with resources.as_file(shipped("templates") / "pack" / "verify.py") as verifier:
        command = [sys.executable, "-I", str(verifier), str(pack), *options, *(["-v"] if verbose else [])]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours, isolated
    code = ended.returncode if ended.returncode in STATUS else 2
    said = ended.stdout.splitlines() or [f"COULD NOT BE CHECKED  {ended.stderr.strip()}"]
    data = {"ok": code == 0, "status": STATUS[code], "sentence": said[-1], "checked": said[:-1]}
    show(data, as_json, lambda: click.echo("\n".join(said)))
    return code
