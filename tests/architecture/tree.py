"""The checkout as tests see it: its files, its modules parsed once, the names its imports stand for."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = ("incident", "flows")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    """Return every Python file of the product, relative to the checkout, sorted."""
    found = [p for package in PACKAGES for p in (CHECKOUT / package).rglob("*.py")]
    return sorted(p.relative_to(CHECKOUT) for p in found if "__pycache__" not in p.parts)


def committed() -> list[Path]:
    """Return every file that git knows or would add, relative to the checkout; outside git, nothing."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )
    names = listed.stdout.decode().split("\0")
    return sorted(Path(name) for name in names if name and (CHECKOUT / name).is_file())


@cache
def text(path: Path) -> str:
    """Return the text of a file of the checkout."""
    return (CHECKOUT / path).read_text(encoding="utf-8")


@cache
def parsed(path: Path) -> ast.Module:
    """Return the parsed module."""
    return ast.parse(text(path), filename=str(path))


def functions(path: Path) -> Iterator[Function]:
    """Yield every function and method of a module."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, Function):
            yield node


def imported(path: Path) -> dict[str, str]:
    """Return what each imported name stands for: `dt` -> `datetime.datetime`."""
    names: dict[str, str] = {}
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                bound = alias.asname or alias.name.partition(".")[0]
                names[bound] = alias.name if alias.asname else bound
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """Return the full name that an expression such as `dt.now` stands for, or None."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value, names)
        return f"{owner}.{node.attr}" if owner else None
    return None
