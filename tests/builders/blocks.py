"""Change what a database holds of people, as an insider can who knows how blocks are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

from incident.adapters.store import blocks
from tests.builders.house import Scene

People = dict[int, blocks.Held]
LISTED = ", ".join(blocks.COLUMNS)


def rewritten(change: Callable[[People], People]) -> Callable[[Scene], None]:
    """Put other people into every block; something has to change."""

    def attack(scene: Scene) -> None:
        with closing(sqlite3.connect(scene.folder / "tocsin.db")) as database:
            rows = database.execute(f"SELECT {LISTED} FROM person_block").fetchall()
            written = [_written(row[0], change(dict(blocks.unpacked(row)))) for row in rows]
            assert written != rows
            marks = ", ".join("?" * len(blocks.COLUMNS))
            database.executemany(f"REPLACE INTO person_block ({LISTED}) VALUES ({marks})", written)
            database.commit()

    return attack


def reheld(*positions: int, **changes: Any) -> Callable[[Scene], None]:
    """Put something else for people at these positions, or for everybody; a callable is given what was there."""

    def change(people: People) -> People:
        for position in positions or list(people):
            if position in people:
                held = people[position]
                new = {
                    name: one(getattr(held, name)) if callable(one) else one for name, one in changes.items()
                }
                people[position] = held._replace(**new)
        return people

    return rewritten(change)


def removed(position: int) -> Callable[[Scene], None]:
    """Take somebody out."""
    return rewritten(lambda people: {place: one for place, one in people.items() if place != position})


def swapped(one: int, other: int) -> Callable[[Scene], None]:
    """Let two people stand in each other's place."""
    return rewritten(lambda people: people | {one: people[other], other: people[one]})


def _written(cohort_id: str, people: People) -> tuple[Any, ...]:
    held = [people[position] for position in sorted(people)]
    return blocks.packed(cohort_id, sorted(people), blocks.Columns(*zip(*held, strict=True)))
