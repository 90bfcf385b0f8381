"""How the demo speaks: numbered steps, one line for each thing that happened, the drill's clock beside it."""

from __future__ import annotations

import time
from datetime import datetime

from incident.demo.stage import Stage

STEPS = 11


class Voice:
    """Says what happens while it happens."""

    def __init__(self, stage: Stage, *, started: float) -> None:
        self.stage, self.started = stage, started
        self.step = 0

    def begin(self) -> None:
        """Say what this is."""
        print("Tocsin demo: a DRILL on the example incident of 2026-03-10. Nothing leaves this machine.")
        print(f"Everything is written to {self.stage.folder}", flush=True)

    def head(self, title: str) -> None:
        """Say which step this is."""
        self.step += 1
        moment = self.stage.clock.now().strftime("%d %b %H:%M UTC")
        elapsed = time.monotonic() - self.started
        print(f"\n[{self.step:2}/{STEPS}] {title}   (drill clock {moment}, {elapsed:.0f} s)", flush=True)

    def say(self, line: str) -> None:
        """Say one thing that happened."""
        print(f"        {line}", flush=True)

    def turn(self, moment: datetime) -> None:
        """Move the drill's clock on."""
        self.stage.turn_to(moment)
