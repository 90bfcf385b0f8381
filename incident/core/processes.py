"""The port by which a run that was killed is told from one that lives."""

from __future__ import annotations

from typing import Protocol


class Processes(Protocol):
    """Knows which process is still there."""

    def mark(self) -> str:
        """Return what tells this process from every other, on any machine."""
        ...

    def gone(self, mark: str) -> bool:
        """Whether that process certainly ended; not known is no."""
        ...
