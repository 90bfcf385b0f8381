"""Rows as the core knows them and as both databases keep them: names, instants as text, lists as JSON.

A row is a frozen dataclass, or a named tuple, whose field names are the column names. Knows no driver and no framework.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, TypeVar, get_args, get_type_hints

from incident.ledger.entry import format_instant, parse_instant

Row = TypeVar("Row")
Change = Callable[[Any], Any]

LISTS_REMEMBERED = 4096  # a cohort has few different sets of categories


@dataclass(frozen=True, slots=True)
class _Shape:
    names: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]
    writers: tuple[tuple[int, Change], ...]
    readers: tuple[tuple[int, Change], ...]


_SHAPES: dict[type[Any], _Shape] = {}


def names(kind: type[Any]) -> tuple[str, ...]:
    """Return the column names of a kind of row, in order."""
    return _shape(kind).names


def values(row: Any) -> tuple[Any, ...]:
    """Write a row as column values, in order of the names."""
    shape = _shape(type(row))
    return tuple(_changed(list(shape.values(row)), shape.writers))


def columns(row: Any) -> dict[str, Any]:
    """Write a row as column values by name."""
    return dict(zip(names(type(row)), values(row), strict=True))


def read(kind: type[Row], found: Sequence[Any]) -> Row:
    """Read column values, in order of the names, as a row."""
    return kind(*_changed(list(found), _shape(kind).readers))


def _changed(found: list[Any], changes: tuple[tuple[int, Change], ...]) -> list[Any]:
    """Write or read the few columns that are kept otherwise than as they are; nothing stays nothing."""
    for place, change in changes:
        value = found[place]
        if value is not None:
            found[place] = change(value)
    return found


def _shape(kind: type[Any]) -> _Shape:
    known = _SHAPES.get(kind)
    if known is None:
        listed = getattr(kind, "_fields", None) or tuple(f.name for f in fields(kind))
        types = [_plain(hint) for hint in map(get_type_hints(kind).__getitem__, listed)]
        known = _SHAPES[kind] = _Shape(
            listed, attrgetter(*listed), _placed(map(_writer, types)), _placed(map(_reader, types))
        )
    return known


def _placed(changes: Iterable[Change | None]) -> tuple[tuple[int, Change], ...]:
    return tuple((place, change) for place, change in enumerate(changes) if change is not None)


def _plain(hint: Any) -> Any:
    some = [part for part in get_args(hint) if part is not type(None)]
    return some[0] if type(None) in get_args(hint) and len(some) == 1 else hint


def _writer(plain: Any) -> Change | None:
    if plain is datetime:
        return format_instant
    return _write_list if plain == tuple[str, ...] else None


def _reader(plain: Any) -> Change | None:
    if plain is datetime:
        return parse_instant
    if plain is bool:
        return bool
    return _read_list if plain == tuple[str, ...] else None


@lru_cache(maxsize=LISTS_REMEMBERED)
def _write_list(items: tuple[str, ...]) -> str:
    return json.dumps(items, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=LISTS_REMEMBERED)
def _read_list(text: str) -> tuple[str, ...]:
    return tuple(json.loads(text))
