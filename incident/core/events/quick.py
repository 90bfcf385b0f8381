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


class OddError(Exception):
    """A value that is not of its type."""


@cache
def reader_of(cls: type[Any]) -> Reader:
    """Make the reader of a dataclass from its fields."""
    hints = get_type_hints(cls)
    parts = [
        (f.name, f.default is MISSING and f.default_factory is MISSING, _reader(hints[f.name]))
        for f in fields(cls)
    ]

    def read(data: Any) -> Any:
        if type(data) is not dict:
            raise OddError
        values = {}
        for name, must, part in parts:
            if name in data:
                values[name] = part(data[name])
            elif must:
                raise OddError
        if len(values) != len(data):
            raise OddError
        return cls(**values)

    return read


def _reader(hint: Any) -> Reader:
    origin = get_origin(hint)
    if hint is Any:
        return lambda value: value
    if origin in (types.UnionType, typing.Union):
        (inner,) = [_reader(arg) for arg in get_args(hint) if arg is not type(None)][:1]
        return lambda value: None if value is None else inner(value)
    if origin is tuple:
        item = _reader(get_args(hint)[0])
        return lambda value: tuple([item(one) for one in _plain(list, value)])
    if origin is not None and issubclass(origin, Mapping):
        held = _reader(get_args(hint)[1])
        return lambda value: {key: held(one) for key, one in _plain(dict, value).items()}
    return _plain_reader(hint)


def _plain_reader(hint: Any) -> Reader:
    if hint is datetime:
        return _instant
    if hint is date:
        return lambda value: _tried(date.fromisoformat, value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return lambda value: _tried(hint, value)
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
