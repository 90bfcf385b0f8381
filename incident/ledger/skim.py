"""Read an entry's fields at speed, where its bytes are beyond doubt what `entry.encode` writes.

Whatever is not beyond doubt is None, and `entry.decode` looks at it slowly and says what it is: for a million entries
the difference is between seconds and half a minute. Everything that `decode` would refuse is None here.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from incident.ledger.canonical import MAX_DEPTH, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS: Final = [
    *("actor", "data", "drill", "incident", "kind", "nth", "occurred_at", "recorded_at", "salt", "seq", "v")
]
Fields: TypeAlias = dict[str, Any]

_TIME = rb"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
DAY: Final = 10
_FRACTION = re.compile(rb"\.[0-9]+[,}\]e]")
_EXPONENT = re.compile(rb"e[+-]?[0-9]+[,}\]]")
_FEW = MAX_DEPTH // 2
"""So many brackets cannot be nested too deeply, whatever stands in them."""
DAYS_REMEMBERED: Final = 4096
_TAIL = re.compile(
    rb',"drill":(?:true|false),"incident":"[^"\\\x00-\x1f\x7f-\xff]*","kind":"[a-z_]+:[a-z_]+"'
    rb',"nth":[0-9]{1,16},"occurred_at":"' + _TIME + rb'","recorded_at":"' + _TIME + rb'"'
    rb',"salt":"[^"\\\x00-\x1f\x7f-\xff]*","seq":[0-9]{1,16},"v":1\}'
)


@lru_cache(maxsize=DAYS_REMEMBERED)
def _is_day(written: str) -> bool:
    try:
        date.fromisoformat(written)
    except ValueError:
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
    is_day, surely_plain = _is_day, _surely_plain

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
        if not is_day(fields["occurred_at"][:DAY]) or not is_day(fields["recorded_at"][:DAY]):
            return None
        if not surely_plain(encoded, end) and not is_plain(data, MAX_DEPTH - 1):
            return None
        return fields

    return skim


skim: Final = _skimmer()
