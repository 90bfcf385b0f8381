"""Read an entry's place, incident, kind and time at speed, where its bytes are beyond doubt what `entry.encode` writes.

Whatever is not beyond doubt is None, and `entry.decode` says what it is: for a million entries the difference is
between seconds and half a minute. Everything that `decode` would refuse is None here.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from incident.ledger.canonical import MAX_DEPTH, MAX_INTEGER, is_plain

if TYPE_CHECKING:
    from collections.abc import Callable

KEYS: Final = [
    *("actor", "data", "drill", "incident", "kind", "occurred_at", "recorded_at", "salt", "seq", "v")
]
_INSTANT = rb"(([0-9]{4}-[0-9]{2}-[0-9]{2})T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z)"
_MAYBE_FLOAT = re.compile(rb'(?:":|[,\[])-?[0-9]+[.eE]')
_FEW = MAX_DEPTH // 2
"""So many brackets cannot be nested too deeply, whatever stands in them."""
DAYS_REMEMBERED: Final = 4096
_TAIL = re.compile(
    rb',"drill":(?:true|false),"incident":"([^"\\\x00-\x1f\x7f-\xff]*)","kind":"([a-z_]+:[a-z_]+)"'
    rb',"occurred_at":"'
    + _INSTANT
    + rb'","recorded_at":"'
    + _INSTANT
    + rb'","salt":"[^"\\\x00-\x1f\x7f-\xff]*","seq":(0|[1-9][0-9]{0,15}),"v":1\}'
)


class Skimmed(NamedTuple):
    """What the order and the columns of entries are checked by; `recorded_at` as it is written, which sorts."""

    seq: int
    incident: str
    kind: str
    recorded_at: bytes


@lru_cache(maxsize=DAYS_REMEMBERED)
def _is_day(written: bytes) -> bool:
    try:
        date.fromisoformat(written.decode())
    except ValueError:
        return False
    return True


def _surely_plain(encoded: bytes, end: int) -> bool:
    """Say whether no float and no deep nesting can be in the bytes before `end`; whole numbers are not looked at."""
    brackets = encoded.count(b"{", 0, end) + encoded.count(b"[", 0, end)
    return brackets <= _FEW and _MAYBE_FLOAT.search(encoded, 0, end) is None


def _skimmer() -> Callable[[bytes], Skimmed | None]:
    try:
        import orjson
    except ImportError:
        return lambda _encoded: None
    loads, dumps, error = orjson.loads, orjson.dumps, orjson.JSONDecodeError
    option, tail_of = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER, _TAIL.fullmatch  # within 2**53-1

    def skim(encoded: bytes) -> Skimmed | None:
        end = encoded.rfind(b',"drill":')
        found = tail_of(encoded, end)
        if found is None:
            return None
        incident, kind, _, occurred_on, recorded_at, recorded_on, seq = found.groups()
        try:
            fields = loads(encoded)
            whole = list(fields) == KEYS and dumps(fields, option=option) == encoded
        except (error, ValueError, TypeError):
            return None
        if not whole or not _is_day(occurred_on) or not _is_day(recorded_on) or int(seq) > MAX_INTEGER:
            return None
        actor, data = fields["actor"], fields["data"]
        if type(actor) is not str or not actor or type(data) is not dict:
            return None
        if not _surely_plain(encoded, end) and not is_plain(data, MAX_DEPTH - 1):
            return None
        return Skimmed(int(seq), incident.decode(), kind.decode(), recorded_at)

    return skim


skim: Final = _skimmer()
