"""One line of the ledger: what someone wants recorded, the entry it becomes, and its only byte form.

The bytes are canonical JSON with instants in UTC microseconds. They are what is hashed, signed and kept, so
they are written once and never re-serialized. What an entry's `kind` and `data` mean, where entries are kept
and who may append is left to others.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

from incident.errors import BadInputError, TamperError
from incident.ledger.canonical import JSON, MAX_INTEGER, canonical, format_instant, in_utc, parse, read_json
from incident.ledger.skim import KEYS, skim
from incident.ledger.tiles import MAX_ENTRY_BYTES

__all__ = [
    "ENTRY_FORM",
    "JSON",
    "Draft",
    "Entry",
    "canonical",
    "decode",
    "encode",
    "format_instant",
    "parse",
    "parse_instant",
]

ENTRY_FORM: Final = 1
_NO_PLACE: Final = "a place in the ledger is a whole number from 0"

_KIND = re.compile(r"[a-z_]+:[a-z_]+")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")


def parse_instant(text: str) -> datetime:
    """Read exactly what `format_instant` writes, as an aware UTC datetime; otherwise a BadInputError."""
    if _INSTANT.fullmatch(text) is None:
        raise BadInputError("an instant is written like 2026-03-10T05:00:00.000000Z")
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInputError("no such day or time of day") from error


@dataclass(frozen=True, slots=True)
class Draft:
    """What someone wants recorded; an empty incident means the ledger itself; the instant is kept in UTC.

    The salt is random text: who is given an entry's hash but not the entry cannot guess what it says. `nth` counts the
    entries of its incident before it: by that, one that is left out among those that are shown is missed.
    """

    incident: str
    kind: str
    occurred_at: datetime
    actor: str
    drill: bool
    data: Mapping[str, JSON]
    salt: str = ""
    nth: int = 0

    def __post_init__(self) -> None:
        _check(self)

    def at(self, seq: int, recorded_at: datetime) -> Entry:
        """Give the draft its place (0-based) and the instant of recording."""
        if type(seq) is not int or not 0 <= seq <= MAX_INTEGER:
            raise BadInputError(_NO_PLACE, field="seq")
        entry = Entry.__new__(Entry)  # the draft is looked at already, and once is enough
        for keep, get in _TAKE:
            keep(entry, get(self))
        _KEEP_SEQ(entry, seq)
        _KEEP_RECORDED(entry, recorded_at)
        if recorded_at.tzinfo is not UTC:
            _keep_in_utc(entry, "recorded_at")
        return entry


@dataclass(frozen=True, slots=True)
class Entry:
    """A draft in its place in the ledger; both instants are kept in UTC."""

    seq: int
    incident: str
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    drill: bool
    data: Mapping[str, JSON]
    salt: str = ""
    nth: int = 0

    def __post_init__(self) -> None:
        _check(self)
        if type(self.seq) is not int or not 0 <= self.seq <= MAX_INTEGER:
            raise BadInputError(_NO_PLACE, field="seq")
        if self.recorded_at.tzinfo is not UTC:
            _keep_in_utc(self, "recorded_at")


def encode(entry: Entry) -> bytes:
    """Write an entry as the canonical JSON object that is hashed and kept; too long for a tile: BadInputError."""
    encoded = canonical(
        {
            "v": ENTRY_FORM,
            "seq": entry.seq,
            "incident": entry.incident,
            "kind": entry.kind,
            "nth": entry.nth,
            "occurred_at": format_instant(entry.occurred_at),
            "recorded_at": _of_many(entry.recorded_at),
            "actor": entry.actor,
            "drill": entry.drill,
            "data": entry.data,
            "salt": entry.salt,
        }
    )
    if len(encoded) > MAX_ENTRY_BYTES:
        raise BadInputError(
            f"an entry has at most {MAX_ENTRY_BYTES} bytes, this one {len(encoded)}", field="data"
        )
    return encoded


@lru_cache(maxsize=1)
def _of_many(recorded_at: datetime) -> str:
    """Write the instant that all entries have which are recorded together."""
    return format_instant(recorded_at)


def decode(encoded: bytes) -> Entry:
    """Read an entry's bytes so that `encode` gives them back.

    Bytes that `encode` never wrote are a TamperError; an entry form of a later version is a BadInputError.
    """
    surely = skim(encoded)
    if surely is not None:
        return _entry_of(surely)
    try:
        fields = parse(encoded)
        if isinstance(fields, dict) and type(fields.get("v")) is int and fields["v"] != ENTRY_FORM:
            form = fields["v"]
        else:
            return _entry(fields)
    except BadInputError as error:
        evidence: dict[str, object] = {"reason": error.reason, "field": error.field}
        raise TamperError(
            f"these bytes were never written as an entry: {error}", evidence=evidence
        ) from error
    raise BadInputError(f"an entry of form {form}; this program reads form {ENTRY_FORM}", field="v")


def fields_of(encoded: bytes) -> dict[str, Any]:
    """Read the fields of an entry whose bytes are verified elsewhere; what has no such fields is a TamperError."""
    try:
        fields = read_json(encoded)
    except ValueError as error:
        raise TamperError("these bytes were never written as an entry") from error
    if type(fields) is not dict or len(fields) != len(KEYS):
        raise TamperError("these bytes were never written as an entry")
    return fields


def _entry_of(fields: dict[str, Any]) -> Entry:
    """Make an entry of fields that are beyond doubt, without looking at them again."""
    entry = Entry.__new__(Entry)
    for keep, key in _KEEP:
        keep(entry, fields[key])
    _KEEP_OCCURRED(entry, datetime.fromisoformat(fields["occurred_at"]))
    _KEEP_RECORDED(entry, datetime.fromisoformat(fields["recorded_at"]))
    return entry


_SLOTS: Final = vars(Entry)
_KEEP: Final = [
    (_SLOTS[key].__set__, key) for key in ("seq", "incident", "kind", "actor", "drill", "data", "salt", "nth")
]
_KEEP_OCCURRED, _KEEP_RECORDED = _SLOTS["occurred_at"].__set__, _SLOTS["recorded_at"].__set__
_KEEP_SEQ: Final = _SLOTS["seq"].__set__
_TAKE: Final = [
    (_SLOTS[key].__set__, one.__get__) for key, one in vars(Draft).items() if key in Draft.__slots__
]


def _entry(fields: JSON) -> Entry:
    if not isinstance(fields, dict) or list(fields) != KEYS or type(fields["v"]) is not int:
        raise BadInputError(f"an entry has exactly the keys {', '.join(KEYS)}")
    return Entry(
        seq=fields["seq"],  # type: ignore[arg-type]  # _check refuses what is not of its type
        incident=fields["incident"],  # type: ignore[arg-type]
        kind=fields["kind"],  # type: ignore[arg-type]
        occurred_at=_instant(fields, "occurred_at"),
        recorded_at=_instant(fields, "recorded_at"),
        actor=fields["actor"],  # type: ignore[arg-type]
        drill=fields["drill"],  # type: ignore[arg-type]
        data=fields["data"],  # type: ignore[arg-type]
        salt=fields["salt"],  # type: ignore[arg-type]
        nth=fields["nth"],  # type: ignore[arg-type]
    )


def _instant(fields: dict[str, JSON], key: str) -> datetime:
    text = fields[key]
    if not isinstance(text, str):
        raise BadInputError("an instant is text", field=key)
    return parse_instant(text)


def _check(said: Draft | Entry) -> None:
    if not _is_text(said.incident):
        raise BadInputError("an incident is named by text", field="incident")
    if not _is_text(said.kind) or _KIND.fullmatch(said.kind) is None:
        raise BadInputError("a kind is written like incident:opened", field="kind")
    if not _is_text(said.actor) or not said.actor:
        raise BadInputError("someone or something acted; an entry names it", field="actor")
    if not _is_text(said.salt):
        raise BadInputError("a salt is text", field="salt")
    if type(said.nth) is not int or not 0 <= said.nth <= MAX_INTEGER:
        raise BadInputError("entries of an incident are counted from 0", field="nth")
    if said.drill is not True and said.drill is not False:
        raise BadInputError("a drill is true or false", field="drill")
    if type(said.data) is not dict and not isinstance(said.data, Mapping):
        raise BadInputError("data is an object", field="data")
    if said.occurred_at.tzinfo is not UTC:
        _keep_in_utc(said, "occurred_at")


def _keep_in_utc(said: Draft | Entry, key: str) -> None:
    try:
        object.__setattr__(said, key, in_utc(getattr(said, key)))
    except BadInputError as error:
        raise BadInputError(error.reason, field=key) from error


def _is_text(value: object) -> bool:
    return isinstance(value, str)
