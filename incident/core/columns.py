"""Columns of many people's values: what few of them differ in is looked for, and the rest stays together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def places_of(value: object, column: Sequence[object]) -> list[int]:
    """Return where a value stands, in order."""
    found: list[int] = []
    start = 0
    for _ in range(column.count(value)):
        found.append(column.index(value, start))
        start = found[-1] + 1
    return found


def without(column: Sequence[T], places: Iterable[int]) -> list[T]:
    """Return all values but those at some places, which ascend."""
    kept: list[T] = []
    start = 0
    for place in places:
        kept += column[start:place]
        start = place + 1
    kept += column[start:]
    return kept
