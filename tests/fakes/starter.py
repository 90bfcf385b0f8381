"""A FlowStarter that starts nothing: it remembers what it was asked, or is as silent as a server that is down."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class FakeStarter:
    """Returns run ids `run-1`, `run-2`, ...; None, like an unreachable server, while `down`."""

    down: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)

    def start(self, incident_id: str, *, reason: str) -> str | None:
        """Remember the question."""
        self.asked.append((incident_id, reason))
        return None if self.down else f"run-{len(self.asked)}"
