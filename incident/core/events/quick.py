"""Decode plain values of events at speed: a reader made once for each type hint, instead of looking at hints each time.

A reader gives what `codec` gives or raises OddError; `codec` then looks slowly and says what is wrong, and where.
"""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

Reader = Callable[[Any], Any]
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


_AS_THEY_ARE = (str, int, bool)


class OddError(Exception):
    """A value that is not of its type."""


@cache
def reader_of(cls: type[Any]) -> Reader:
    """Make the reader of a dataclass from its fields."""
    hints, known = get_type_hints(cls), fields(cls)
    parts = [(f.name, _kind_as_it_is(hints[f.name]), _reader(hints[f.name])) for f in known]
    must = {f.name for f in known if f.default is MISSING and f.default_factory is MISSING}
    keepers = _keepers(cls)

    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise OddError
        if len(data) != len(parts) or not keepers:
            said = {name: part(data[name]) for name, _, part in parts if name in data}
            if len(said) != len(data) or not must <= said.keys():
                raise OddError
            return cls(**said)
        made = object.__new__(cls)
        for keep, value in zip(keepers, _values(data, parts)):  # noqa: B905 - one each, and each call counts
            keep(made, value)
        return made

    return read


def _values(data: dict[str, Any], parts: list[tuple[str, type[Any] | None, Reader]]) -> list[Any]:
    """Read the values of every field, in order of the fields."""
    values = []
    for name, kind, part in parts:
        if name not in data:
            raise OddError
        value = data[name]
        if kind is None:
            value = part(value)
        elif type(value) is not kind:
            raise OddError
        values.append(value)
    return values


def _keepers(cls: type[Any]) -> list[Callable[[Any, Any], None]]:
    """Return what writes each field of a frozen dataclass as it is made; none where making it does more than that."""
    slots = vars(cls).get("__slots__", ())
    if hasattr(cls, "__post_init__") or any(f.name not in slots or not f.init for f in fields(cls)):
        return []
    return [vars(cls)[f.name].__set__ for f in fields(cls)]


def _kind_as_it_is(hint: Any) -> type[Any] | None:
    """Return the type of a value that stands in JSON as it is, so that its reader need not be asked."""
    return hint if hint in _AS_THEY_ARE else None


def _reader(hint: Any) -> Reader:
    origin = get_origin(hint)
    if hint is Any:
        return lambda value: value
    if origin in (types.UnionType, typing.Union):
        (inner,) = [_reader(arg) for arg in get_args(hint) if arg is not type(None)][:1]
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        if (kind := _kind_as_it_is(get_args(hint)[0])) is not None:
            return _row_of(kind)
        item = _reader(get_args(hint)[0])
        return lambda value: tuple([item(one) for one in _plain(list, value)])
    if origin is not None and issubclass(origin, Mapping):
        held = _reader(get_args(hint)[1])
        return lambda value: {key: held(one) for key, one in _plain(dict, value).items()}
    return _plain_reader(hint)


def _member_of(hint: type[StrEnum]) -> Reader:
    members = {member.value: member for member in hint}

    def member(value: Any) -> Any:
        if type(value) is not str or value not in members:
            raise OddError
        return members[value]

    return member


def _row_of(kind: type[Any]) -> Reader:
    of_kind = frozenset({kind}).issuperset

    def row(value: Any) -> Any:
        if type(value) is not list or not of_kind(map(type, value)):
            raise OddError
        return tuple(value)

    return row


def _plain_reader(hint: Any) -> Reader:
    if hint is datetime:
        return _instant
    if hint is date:
        return lambda value: _tried(date.fromisoformat, value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member_of(hint)
    if is_dataclass(hint):
        return reader_of(hint)  # type: ignore[arg-type]

    def plain(value: Any) -> Any:
        if type(value) is not hint:
            raise OddError
        return value

    return plain


def _plain(kind: type[Any], value: Any) -> Any:
    if type(value) is not kind:
        raise OddError
    return value


def _instant(value: Any) -> datetime:
    if type(value) is not str or _INSTANT.fullmatch(value) is None:
        raise OddError
    return typing.cast("datetime", _tried(datetime.fromisoformat, value))


def _tried(read: Callable[[str], Any], value: Any) -> Any:
    if type(value) is not str:
        raise OddError
    try:
        return read(value)
    except ValueError:
        raise OddError from None
