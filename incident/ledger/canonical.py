"""The one byte form of a JSON value: UTF-8, keys sorted by code point, no white space, no floats.

Written with orjson where it is installed and with the standard library where it is not; the bytes are
the same. What the values mean is left to others.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final, NoReturn, TypeAlias, cast

from incident.errors import BadInputError

JSON: TypeAlias = bool | int | str | list["JSON"] | dict[str, "JSON"] | None

MAX_INTEGER: Final = 2**53 - 1  # RFC 8259 6: the range in which every reader agrees
MAX_DEPTH: Final = 64

_ATOMS: Final = frozenset({str, bool, type(None)})
_TEXT: Final = frozenset({str})


def format_instant(at: datetime) -> str:
    """Write an aware instant as `2026-03-10T05:00:00.000000Z`; refuse a naive one with BadInputError."""
    return in_utc(at).isoformat(timespec="microseconds")[:26] + "Z"


def in_utc(at: datetime) -> datetime:
    """Give an aware instant in UTC; a naive one, or one outside the years 1 to 9999, is a BadInputError."""
    if at.tzinfo is UTC:
        return at
    if at.utcoffset() is None:
        raise BadInputError("an instant needs a time zone")
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise BadInputError("an instant outside the years 1 to 9999 in UTC") from error


def canonical(value: object) -> bytes:
    """Write a JSON value in its one canonical form.

    Aware datetimes become instants, mappings become objects. Floats, naive datetimes, tuples, keys that are
    not text, lone surrogates, integers beyond 2**53-1, nesting deeper than 64 and anything that is not JSON
    are a BadInputError whose field is the path to them, like `$.people[3].score`.
    """
    plain = value if is_plain(value) else _plain(value, "$", MAX_DEPTH)
    try:
        return _write(plain)
    except (UnicodeEncodeError, TypeError):  # a lone surrogate, as the standard library or orjson puts it
        return _write(_plain(value, "$", MAX_DEPTH))


def parse(encoded: bytes) -> JSON:
    """Read canonical JSON; duplicate keys, floats and all that `canonical` would not write: BadInputError."""
    try:
        value = read_json(encoded)
    except RecursionError as error:
        raise BadInputError("nested too deeply") from error
    except ValueError as error:
        raise BadInputError("not JSON in UTF-8") from error
    if canonical(value) == encoded:
        return cast("JSON", value)
    json.loads(encoded, object_pairs_hook=_refuse_duplicates)
    raise BadInputError("not in canonical form")


def is_plain(value: object, depth: int = MAX_DEPTH) -> bool:
    """Say whether a value has nothing that `canonical` would have to change or refuse; texts are not looked into."""
    kind = type(value)
    if kind is dict:
        if not _TEXT.issuperset(map(type, value)):  # type: ignore[call-overload]
            return False
        value = value.values()  # type: ignore[attr-defined]
    elif kind is not list:
        return kind in _ATOMS or (kind is int and -MAX_INTEGER <= value <= MAX_INTEGER)  # type: ignore[operator]
    if not depth:
        return False
    for item in value:  # type: ignore[attr-defined]
        kind = type(item)
        if kind is int:
            if not -MAX_INTEGER <= item <= MAX_INTEGER:
                return False
        elif kind is not str and kind is not bool and not is_plain(item, depth - 1):
            return False
    return True


def _plain(value: object, path: str, depth: int) -> JSON:
    match value:
        case None | bool():
            return value
        case str():
            return _plain_text(value, path)
        case int() if -MAX_INTEGER <= value <= MAX_INTEGER:
            return int(value)
        case datetime() if value.utcoffset() is not None:
            return format_instant(value)
        case Mapping() if depth:
            return {
                _plain_key(key, path): _plain(item, f"{path}.{key}", depth - 1) for key, item in value.items()
            }
        case list() if depth:
            return [_plain(item, f"{path}[{place}]", depth - 1) for place, item in enumerate(value)]
        case _:
            raise BadInputError(_why_not(value), field=path)


def _why_not(value: object) -> str:
    match value:
        case int():
            return "an integer beyond 2**53-1"
        case float():
            return "a float; write whole units or text"
        case datetime():
            return "an instant needs a time zone"
        case Mapping() | list():
            return "nested too deeply"
        case _:
            return f"a {type(value).__name__} is not JSON"


def _plain_key(key: object, path: str) -> str:
    if not isinstance(key, str):
        raise BadInputError("a key that is not text", field=path)
    return _plain_text(key, path)


def _plain_text(text: str, path: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadInputError("text with a lone surrogate", field=path) from error
    return str.__str__(text)


def _refuse_duplicates(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    if len({key for key, _ in pairs}) != len(pairs):
        raise BadInputError("a key is there twice")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _write_stdlib(plain: object) -> bytes:
    return _ENCODER.encode(plain).encode()


def _read_stdlib(encoded: bytes) -> object:
    return json.loads(encoded.decode(), parse_constant=_refuse_constant)


try:
    import orjson
except ImportError:
    _write, read_json = _write_stdlib, _read_stdlib
else:

    def _write(plain: object) -> bytes:
        # a copy: what orjson returns holds on to its 1 to 4 KiB write buffer for as long as it is kept
        return bytes(memoryview(orjson.dumps(plain, option=orjson.OPT_SORT_KEYS)))

    def read_json(encoded: bytes) -> object:
        """Read JSON of any form; what is not JSON is a ValueError."""
        return orjson.loads(encoded)
