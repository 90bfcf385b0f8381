"""Names, after the tests of the house, the modules that are near their budget."""

from __future__ import annotations

from typing import Any

from tests.architecture.tree import modules, text

MODULE_WARN = 200


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List modules over the line count at which they should be cut, the longest first."""
    long = sorted(((len(text(path).splitlines()), str(path)) for path in modules()), reverse=True)
    for count, path in long:
        if count > MODULE_WARN:
            terminalreporter.write_line(f"near its budget: {path}, {count} lines")
