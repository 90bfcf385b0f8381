"""Budgets of size and manner: short modules, short functions, no vague names, nothing unfinished."""

from __future__ import annotations

import ast
import io
import re
import statistics
import tokenize
from pathlib import Path

import pytest

from tests.architecture.tree import CHECKOUT, functions, modules, parsed, text

MODULE_FAIL, FUNCTION_FAIL, TEMPLATE_FAIL = 300, 40, 80
VAGUE = {"utils", "util", "helpers", "helper", "common", "managers", "manager", "misc"}
VAGUE_VERBS = ("process_", "handle_", "do_")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
TEMPLATES = sorted(
    p.relative_to(CHECKOUT)
    for p in (CHECKOUT / "templates").rglob("*")
    if p.suffix in {".txt", ".html", ".md", ".j2"}
)


def lines_of(node: ast.AST) -> int:
    return node.end_lineno - node.lineno + 1


@pytest.mark.parametrize("path", modules(), ids=str)
class TestModule:
    def test_is_within_its_budget_of_lines(self, path: Path) -> None:
        count = len(text(path).splitlines())
        assert count <= MODULE_FAIL, f"{path} has {count} lines, {MODULE_FAIL} at most"

    def test_has_short_functions(self, path: Path) -> None:
        long = [f"{f.name}: {lines_of(f)} lines" for f in functions(path) if lines_of(f) > FUNCTION_FAIL]
        assert not long, f"{path}: {FUNCTION_FAIL} lines at most, but {', '.join(long)}"

    def test_is_finished(self, path: Path) -> None:
        tokens = tokenize.generate_tokens(io.StringIO(text(path)).readline)
        notes = [t for t in tokens if t.type == tokenize.COMMENT and UNFINISHED.search(t.string)]
        assert not notes, f"{path}: {[(t.start[0], t.string) for t in notes]}"
        raised = [
            n.lineno
            for n in ast.walk(parsed(path))
            if isinstance(n, ast.Raise) and "NotImpl" in ast.unparse(n)
        ]
        assert not raised, f"{path} raises NotImplementedError in line {raised}"

    def test_says_what_it_is_about(self, path: Path) -> None:
        assert not VAGUE & {path.stem, *path.parts}, f"{path} is a drawer, not a name"
        verbs = [name for name in own_names(parsed(path)) if name.lstrip("_").startswith(VAGUE_VERBS)]
        assert not verbs, f"{path}: {verbs} could mean anything"

    def test_and_all_it_offers_have_docstrings(self, path: Path) -> None:
        tree = parsed(path)
        if tree.body:
            assert ast.get_docstring(tree), f"{path} does not say what it is"
        bare = [name for name, node in public(tree) if not ast.get_docstring(node)]
        assert not bare, f"{path}: without a docstring: {', '.join(bare)}"


def own_names(tree: ast.Module | ast.ClassDef) -> list[str]:
    """Return the names of functions and methods that we chose: not those that a base class asks for."""
    found: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.append(node.name)
        elif isinstance(node, ast.ClassDef) and (not node.bases or is_protocol(node)):
            found += own_names(node)
    return found


def public(
    tree: ast.Module | ast.ClassDef, prefix: str = "", *, protocol: bool = False
) -> list[tuple[str, ast.AST]]:
    """List public functions, classes and methods; a verb of a Protocol may be said by its name and types alone."""
    found: list[tuple[str, ast.AST]] = []
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            found.append((prefix + node.name, node))
            found += public(node, f"{prefix}{node.name}.", protocol=is_protocol(node))
        elif (
            isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            and not node.name.startswith("_")
            and not protocol
        ):
            found.append((prefix + node.name, node))
    return [(name, node) for name, node in found if not is_overload(node)]


def is_protocol(node: ast.ClassDef) -> bool:
    return any("Protocol" in ast.unparse(base) for base in node.bases)


def is_overload(node: ast.AST) -> bool:
    decorators = getattr(node, "decorator_list", [])
    return any(ast.unparse(d).endswith(("overload", ".setter", ".validator")) for d in decorators)


def test_most_functions_are_short() -> None:
    lengths = [lines_of(f) for path in modules() for f in functions(path)]
    assert statistics.median(lengths) <= 12


def test_templates_are_within_their_budget_of_lines() -> None:
    counts = {path: len(text(path).splitlines()) for path in TEMPLATES}
    assert not {str(path): count for path, count in counts.items() if count > TEMPLATE_FAIL}
