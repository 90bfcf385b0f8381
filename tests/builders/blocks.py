"""Change what a database holds of one person, as an insider can who knows how blocks are written."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing

from incident.adapters.store import blocks
from tests.builders.house import Scene


def reheld(position: int, change: Callable[[blocks.Held], blocks.Held]) -> Callable[[Scene], None]:
    """Put something else for one person of every cohort; all others of the block stay as they are."""
    listed, number = ", ".join(blocks.COLUMNS), blocks.number_of(position)

    def attack(scene: Scene) -> None:
        with closing(sqlite3.connect(scene.folder / "tocsin.db")) as database:
            query = f"SELECT {listed} FROM person_block WHERE number = ?"
            for row in database.execute(query, (number,)).fetchall():
                held = dict(blocks.unpacked(row))
                assert change(held[position]) != held[position]
                held[position] = change(held[position])
                columns = blocks.Columns(*zip(*held.values(), strict=True))
                packed = blocks.packed(row[0], list(held), columns)
                database.execute(f"REPLACE INTO person_block ({listed}) VALUES (?, ?, ?, ?, ?, ?, ?)", packed)
            database.commit()

    return attack
