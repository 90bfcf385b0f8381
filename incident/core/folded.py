"""What the folding modules share: the table of what each kind of event does, and how counts of people move."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from incident.core.state import Incident, Recorded


def move(tally: Counter[str], moves: Mapping[str, int]) -> None:
    """Apply moves written "from>to" to the counts of delivery states."""
    for arrow, count in moves.items():
        old, new = arrow.split(">")
        tally[old] -= count
        tally[new] += count


@singledispatch
def on(event: Any, _state: Incident, _entry: Recorded) -> None:
    """Change the state by one event; each kind registers its own."""
    raise TypeError(f"no folding for {type(event).__name__}")
