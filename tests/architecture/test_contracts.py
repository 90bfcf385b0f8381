"""Who may import whom, and who may ask the time."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.tree import CHECKOUT, dotted, imported, modules, parsed, text

# the clock itself; and the stand-in provider, which plays another company in a process of its own
CLOCKS = {Path("incident/adapters/clock.py"), Path("incident/demo/standin.py")}
ASKS_THE_TIME = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today", "datetime.date.today",
    "time.time", "time.time_ns", "time.localtime", "time.gmtime", "time.ctime", "time.strftime",
    "pendulum.now", "pendulum.today", "whenever.Instant.now", "whenever.ZonedDateTime.now",
}  # fmt: skip
NEEDS_A_ZONE = {"datetime.datetime": 8, "datetime.datetime.fromtimestamp": 2, "datetime.datetime.combine": 3}
ALWAYS_NAIVE = {"datetime.datetime.utcfromtimestamp", "datetime.datetime.utcnow"}
OWN_LINT_EXCEPTIONS = re.compile(r"#\s*noqa:[^#]*\b(DTZ\d+|TID251)\b")
ELSEWHERE = [path for path in modules() if path not in CLOCKS]


def test_the_import_contracts_are_kept() -> None:
    command = [
        sys.executable,
        "-c",
        "from importlinter.cli import lint_imports_command; lint_imports_command()",
    ]
    run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("path", ELSEWHERE, ids=str)
def test_nobody_but_the_clock_asks_the_time(path: Path) -> None:
    names = imported(path)
    calls = [node for node in ast.walk(parsed(path)) if isinstance(node, ast.Attribute | ast.Name)]
    found = [f"line {c.lineno}: {dotted(c, names)}" for c in calls if dotted(c, names) in ASKS_THE_TIME]
    assert not found, f"{path} asks the time: {found}"


@pytest.mark.parametrize("path", modules(), ids=str)
def test_every_instant_has_a_zone(path: Path) -> None:
    names = imported(path)
    found = [f"line {c.lineno}: {ast.unparse(c)}" for c in ast.walk(parsed(path)) if naive(c, names)]
    assert not found, f"{path} makes a naive time: {found}"


def naive(node: ast.AST, names: dict[str, str]) -> bool:
    if not isinstance(node, ast.Call):
        return False
    called = dotted(node.func, names)
    keywords = {k.arg: k.value for k in node.keywords}
    if isinstance(node.func, ast.Attribute) and node.func.attr == "replace" and "tzinfo" in keywords:
        return isinstance(keywords["tzinfo"], ast.Constant)
    if called in ALWAYS_NAIVE:
        return True
    return (
        called in NEEDS_A_ZONE
        and not {"tz", "tzinfo", None} & set(keywords)
        and len(node.args) < NEEDS_A_ZONE[called]
    )


@pytest.mark.parametrize("path", ELSEWHERE, ids=str)
def test_the_linter_is_not_talked_out_of_it(path: Path) -> None:
    assert not OWN_LINT_EXCEPTIONS.search(text(path)), f"{path} switches a rule about time or ids off"
