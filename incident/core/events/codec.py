"""Turn events into ledger data and back, by their type hints.

An event is a frozen dataclass with a `KIND` ("subject:participle"). Its fields may be text, whole numbers,
booleans, aware instants, dates, enums, tuples, string-keyed mappings, other such dataclasses, and None.
What a field may say about people is the business of `incident.core.privacy`.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from typing import Any, ClassVar, Protocol, TypeVar, cast, get_args, get_origin, get_type_hints

from incident.core.events.quick import OddError, reader_of
from incident.errors import BadInputError, TamperError


class Event(Protocol):
    """What the ledger records: a named fact about one incident."""

    KIND: ClassVar[str]


_AS_THEY_ARE = frozenset({str, int, bool, type(None)})
INSTANT_LENGTH = len("2026-03-10T05:00:00.000000Z")
REGISTRY: dict[str, type[Any]] = {}
T = TypeVar("T")


def event(kind: str) -> Callable[[type[T]], type[T]]:
    """Register a dataclass as the event of this kind; a kind is registered once."""

    def register(cls: type[T]) -> type[T]:
        if kind in REGISTRY:
            raise ValueError(f"two events of kind {kind}")
        cls.KIND = kind  # type: ignore[attr-defined]
        REGISTRY[kind] = cls
        return cls

    return register


def to_data(value: Any) -> Any:
    """Encode a dataclass, or any value one may hold, as JSON without floats."""
    kind = type(value)
    if kind in _AS_THEY_ARE:
        return value
    if is_dataclass(kind):
        return {name: to_data(getattr(value, name)) for name in _names(kind)}
    if isinstance(value, datetime):
        return instant_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Mapping):
        return {str(key): to_data(item) for key, item in value.items()}
    if isinstance(value, tuple | list | frozenset):
        items = sorted(value) if isinstance(value, frozenset) else value
        return [to_data(item) for item in items]
    if isinstance(value, int | str):
        return value
    raise BadInputError(f"{type(value).__name__} cannot be recorded")


@cache
def _names(cls: type[Any]) -> tuple[str, ...]:
    return tuple(f.name for f in fields(cls))


def from_data(kind: str, data: Mapping[str, Any]) -> Any:
    """Decode the event of this kind.

    Raises TamperError when the kind is unknown or a field is missing, extra or of the wrong type: what was
    recorded by this house always decodes.
    """
    cls = REGISTRY.get(kind)
    if cls is None:
        raise TamperError(f"the ledger holds an entry of the unknown kind {kind!r}")
    try:
        return reader_of(cls)(data)  # type: ignore[arg-type]
    except OddError:
        return build(cls, data, kind)


def build(cls: type[Any], data: Mapping[str, Any], where: str) -> Any:
    """Build one dataclass from its encoded form, strictly."""
    hints = _hints(cls)  # type: ignore[arg-type]
    unknown = set(data) - set(hints)
    if unknown:
        raise TamperError(f"{where} has the unknown field {min(unknown)!r}")
    values: dict[str, Any] = {}
    for f in fields(cls):
        if f.name in data:
            values[f.name] = _decode(hints[f.name], data[f.name], f"{where}.{f.name}")
        elif f.default is MISSING and f.default_factory is MISSING:
            raise TamperError(f"{where} lacks the field {f.name!r}")
    return cls(**values)


def instant_text(value: datetime) -> str:
    """Write an aware instant as UTC with microseconds; a naive one is refused."""
    if value.tzinfo is None or value.utcoffset() is None:
        raise BadInputError("a time without an offset cannot be recorded")
    try:
        utc = value.astimezone(UTC)
    except OverflowError as error:
        raise BadInputError("no calendar reaches this time in UTC") from error
    return f"{utc:%Y-%m-%dT%H:%M:%S.%fZ}".rjust(INSTANT_LENGTH, "0")  # %Y does not pad the year


def instant(text: str) -> datetime:
    """Read an instant as this house writes it."""
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


@cache
def _hints(cls: type[Any]) -> dict[str, Any]:
    hints = get_type_hints(cls)
    return {f.name: hints[f.name] for f in fields(cls)}


def _decode(hint: Any, value: Any, where: str) -> Any:
    origin = get_origin(hint)
    if hint is Any:
        return value
    if origin in (types.UnionType, typing.Union):
        return _decode_optional(hint, value, where)
    if origin is tuple:
        (item, *_rest) = get_args(hint)
        return tuple(_decode(item, v, f"{where}[{i}]") for i, v in enumerate(_expect(list, value, where)))
    if origin is not None and issubclass(origin, Mapping):
        item = get_args(hint)[1]
        return {k: _decode(item, v, f"{where}.{k}") for k, v in _expect(dict, value, where).items()}
    return _decode_plain(hint, value, where)


def _decode_optional(hint: Any, value: Any, where: str) -> Any:
    if value is None:
        return None
    inner = [arg for arg in get_args(hint) if arg is not type(None)]
    return _decode(inner[0], value, where)


def _decode_plain(hint: Any, value: Any, where: str) -> Any:
    if hint is datetime:
        return _read(instant, value, where)
    if hint is date:
        return _read(date.fromisoformat, value, where)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _read(hint, value, where)
    if is_dataclass(hint):
        return build(cast("type[Any]", hint), _expect(dict, value, where), where)
    return _expect(hint, value, where)


def _read(reader: Callable[[str], Any], value: Any, where: str) -> Any:
    try:
        return reader(_expect(str, value, where))
    except ValueError:
        raise TamperError(f"{where} cannot be read") from None


def _expect(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise TamperError(f"{where} is not {getattr(kind, '__name__', kind)}")
    return value
