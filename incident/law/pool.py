"""Write a book's records as plain JSON values, and make them again quickly.

One list holds every value once; what is made of others names them by their place, and stands after them.
Only records and codes of `incident.core` are written or made. Where the list is kept, and whether it may be
believed, is left to `snapshot`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, time
from enum import StrEnum
from importlib import import_module
from typing import Any

Row = list[Any]
Make = Callable[[list[Any], Row], Any]
CORE = "incident.core."
_DAY, _TIME, _TUPLE, _SET, _MAP = range(5)


class PoolWriter:
    """Collects values, each once."""

    def __init__(self) -> None:
        self.rows: list[Any] = []
        self.classes: list[list[Any]] = []
        self._places: dict[tuple[Any, ...], int] = {}
        self._kinds: dict[type, int] = {}

    def add(self, value: Any) -> int:
        """Add a value with all it is made of and return its place; TypeError for what no law file holds."""
        if value is None or isinstance(value, bool | int) or type(value) is str:
            return self._place((type(value), value), value)
        if isinstance(value, date) and not isinstance(value, datetime):
            return self._row(_DAY, value.isoformat())
        if isinstance(value, time):
            return self._row(_TIME, value.isoformat())
        if isinstance(value, StrEnum):
            return self._row(self._kind(type(value), []), value.value)
        if isinstance(value, tuple):
            return self._row(_TUPLE, *map(self.add, value))
        if isinstance(value, frozenset):
            return self._row(_SET, *map(self.add, sorted(value)))
        if isinstance(value, Mapping):
            return self._row(_MAP, *(self.add(part) for item in value.items() for part in item))
        if is_dataclass(value) and not isinstance(value, type):
            names = [f.name for f in fields(value) if f.init]
            kind = self._kind(type(value), names)
            return self._row(kind, *(self.add(getattr(value, name)) for name in names))
        raise TypeError(f"a law record cannot hold a {type(value).__name__}")

    def _kind(self, cls: type, names: list[str]) -> int:
        if cls not in self._kinds:
            if not cls.__module__.startswith(CORE):
                raise TypeError(f"{cls.__name__} is no record of the core")
            self.classes.append([cls.__module__, cls.__name__, names])
            self._kinds[cls] = _MAP + len(self.classes)
        return self._kinds[cls]

    def _row(self, *row: Any) -> int:
        return self._place(row, list(row))

    def _place(self, key: tuple[Any, ...], row: Any) -> int:
        if key not in self._places:
            self._places[key] = len(self.rows)
            self.rows.append(row)
        return self._places[key]


def write_pool(value: Any) -> dict[str, Any]:
    """Write a record as `{"classes": ..., "rows": ...}`; the record itself is the last row."""
    writer = PoolWriter()
    writer.add(value)
    return {"classes": writer.classes, "rows": writer.rows}


def read_pool(document: Mapping[str, Any]) -> Any:
    """Make the record again; ValueError when a class is not of the core or has other fields by now."""
    makers: list[Make] = [_make_day, _make_time, _make_tuple, _make_set, _make_map]
    makers += [_maker(*entry) for entry in document["classes"]]
    made: list[Any] = []
    for row in document["rows"]:
        made.append(makers[row[0]](made, row) if type(row) is list else row)
    return made[-1]


def _make_day(_made: list[Any], row: Row) -> date:
    return date.fromisoformat(row[1])


def _make_time(_made: list[Any], row: Row) -> time:
    return time.fromisoformat(row[1])


def _make_tuple(made: list[Any], row: Row) -> tuple[Any, ...]:
    return tuple([made[place] for place in row[1:]])


def _make_set(made: list[Any], row: Row) -> frozenset[Any]:
    return frozenset([made[place] for place in row[1:]])


def _make_map(made: list[Any], row: Row) -> dict[Any, Any]:
    parts = [made[place] for place in row[1:]]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _maker(module: str, name: str, names: list[str]) -> Make:
    if not module.startswith(CORE):
        raise ValueError(f"{module} is not of the core")
    cls = getattr(import_module(module), name)
    if isinstance(cls, type) and issubclass(cls, StrEnum):
        return lambda _made, row: cls(row[1])
    if not isinstance(cls, type) or not is_dataclass(cls) or [f.name for f in fields(cls) if f.init] != names:
        raise ValueError(f"{name} has other fields by now")
    return lambda made, row: cls(*[made[place] for place in row[1:]])
