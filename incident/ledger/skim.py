"""Read an entry's fields at speed, where its bytes are beyond doubt what `entry.encode` writes.

Whatever is not beyond doubt is None, and `entry.decode` looks at it slowly and says what it is: for a million entries
the difference is between seconds and half a minute. Everything that `decode` would refuse is None here.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from incident.ledger.canonical import MAX_DEPTH, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS: Final = [
    *("actor", "data", "drill", "incident", "kind", "nth", "occurred_at", "recorded_at", "salt", "seq", "v")
]
Fields: TypeAlias = dict[str, Any]

_TIME = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_TEXT = rb'"[ !#-\[\]-~]*"'
HOUR: Final = len("2026-03-10T05")
_FRACTION = re.compile(rb"\.[0-9]+[,}\]e]")
_EXPONENT = re.compile(rb"e[+-]?[0-9]+[,}\]]")
_ATOMS: Final = frozenset({str, int, bool, type(None)})
_ALL_ATOMS = _ATOMS.issuperset
_FEW = MAX_DEPTH // 2
"""So many brackets cannot be nested too deeply, whatever stands in them."""
HOURS_REMEMBERED: Final = 4096
_TAIL = re.compile(
    rb',"drill":(?:true|false),"incident":' + _TEXT + rb',"kind":"[a-z_]+:[a-z_]+"'
    rb',"nth":[0-9]{1,16},"occurred_at":"' + _TIME + rb'","recorded_at":"' + _TIME + rb'"'
    rb',"salt":' + _TEXT + rb',"seq":[0-9]{1,16},"v":1\}'
)


_HOURS: Final = set[str]()


def _is_hour(written: str) -> bool:
    """Say whether there is such a day, and such an hour of it."""
    if written in _HOURS:
        return True
    try:
        date.fromisoformat(written[:-3])
    except ValueError:
        return False
    if written[-2:] >= "24":
        return False
    if len(_HOURS) >= HOURS_REMEMBERED:
        _HOURS.clear()
    _HOURS.add(written)
    return True


def _is_shallow(data: Fields) -> bool:
    """Say whether data holds nothing but texts, whole numbers and the like, and lists and objects of these."""
    for value in data.values():
        kind = type(value)
        if kind in _ATOMS:
            continue
        if kind is dict:
            value = value.values()  # noqa: PLW2901 - the same loop for both
        elif kind is not list:
            return False
        if not _ALL_ATOMS(map(type, value)):
            return False
    return True


def _surely_plain(encoded: bytes, end: int) -> bool:
    """Say whether no float and no deep nesting can be in what orjson wrote before `end`.

    Whole numbers are not looked at. A float is followed by a comma or a bracket, and has a point or a small e; the
    literal each pattern begins with makes it quick where there is none.
    """
    if encoded.find(b".", 0, end) >= 0 and _FRACTION.search(encoded, 0, end) is not None:
        return False
    if _EXPONENT.search(encoded, 0, end) is not None:
        return False
    return encoded.count(b"{", 0, end) + encoded.count(b"[", 0, end) <= _FEW


def _skimmer() -> Callable[[bytes], Fields | None]:
    try:
        import orjson
    except ImportError:
        return lambda _encoded: None
    loads, dumps, error = orjson.loads, orjson.dumps, orjson.JSONDecodeError
    option, tail_of = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER, _TAIL.fullmatch  # within 2**53-1
    is_hour, shallow, surely_plain = _is_hour, _is_shallow, _surely_plain

    def skim(encoded: bytes) -> Fields | None:
        end = encoded.rfind(b',"drill":')
        if tail_of(encoded, end) is None or not encoded.startswith(b'{"actor":"'):
            return None
        try:
            fields: Fields = loads(encoded)
            if dumps(fields, option=option) != encoded:
                return None
        except (error, ValueError, TypeError):
            return None
        data = fields.get("data")  # beside it the keys of head and tail, which are there, and no other
        if len(fields) != len(KEYS) or type(data) is not dict or not fields["actor"]:
            return None
        if not is_hour(fields["occurred_at"][:HOUR]) or not is_hour(fields["recorded_at"][:HOUR]):
            return None
        if not (shallow(data) or surely_plain(encoded, end) or is_plain(data, MAX_DEPTH - 1)):
            return None
        return fields

    return skim


skim: Final = _skimmer()
