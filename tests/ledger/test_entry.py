"""The one byte form: what it is, that it comes back, and everything it refuses."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum, StrEnum
from types import MappingProxyType
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

import incident.ledger.canonical as canonical_module
from incident.errors import BadInputError, TamperError
from incident.ledger.entry import (
    Draft,
    Entry,
    canonical,
    decode,
    encode,
    format_instant,
    parse,
    parse_instant,
)

AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 10, 5, 0, 1, 250, tzinfo=UTC)
ENTRY = Entry(7, "inc-1", "incident:opened", AT, LATER, "mara", False, {"b": 1, "a": ["é", None]})  # noqa: FBT003
BYTES = (
    '{"actor":"mara","data":{"a":["é",null],"b":1},"drill":false,"incident":"inc-1",'
    '"kind":"incident:opened","occurred_at":"2026-03-10T05:00:00.000000Z",'
    '"recorded_at":"2026-03-10T05:00:01.000250Z","seq":7,"v":1}'
).encode()

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
)
instants = st.datetimes(
    timezones=st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")])
)
entries = st.builds(
    Entry,
    whole.map(abs),
    text,
    st.from_regex(r"[a-z_]+:[a-z_]+", fullmatch=True),
    instants.filter(lambda at: 1 < at.year < 9999),
    instants.filter(lambda at: 1 < at.year < 9999),
    text.filter(bool),
    st.booleans(),
    st.dictionaries(text, json_values, max_size=4),
)


class Word(StrEnum):
    YES = "yes"


class Number(IntEnum):
    TWO = 2


def nested(depth):
    return [nested(depth - 1)] if depth else []


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, "null"),
        (True, "true"),
        (-(2**53) + 1, "-9007199254740991"),
        ('a"\\/\b\f\n\r\t\x00\x1f\x7f\u2028é😀', '"a\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u001f\x7f\u2028é😀"'),
        ({"b": 1, "a": 2, "aa": 3, "B": 4, "é": 5}, '{"B":4,"a":2,"aa":3,"b":1,"é":5}'),
        ({"\uffff": 1, "\U00010000": 2}, '{"\uffff":1,"\U00010000":2}'),  # by code point, not by UTF-16 unit
        ([], "[]"),
        ({}, "{}"),
        (Word.YES, '"yes"'),
        (Number.TWO, "2"),
        ({Word.YES: Number.TWO, "a": None}, '{"a":null,"yes":2}'),
        (MappingProxyType({"at": AT}), '{"at":"2026-03-10T05:00:00.000000Z"}'),
        (nested(63), "[" * 64 + "]" * 64),
    ],
)
def test_canonical_form(value, written):
    assert canonical(value) == written.encode()


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        (1.0, "$", "float"),
        ({"a": [0, float("nan")]}, "$.a[1]", "float"),
        ({"a": {"b": 2**53}}, "$.a.b", "integer"),
        ([-(2**53)], "$[0]", "integer"),
        ({"a": 2**70}, "$.a", "integer"),
        ({"at": datetime(2026, 3, 10)}, "$.at", "time zone"),  # noqa: DTZ001
        ({"a": {1: "b"}}, "$.a", "key"),
        ({"a": "\ud800"}, "$.a", "surrogate"),
        ({"a": {"\ud800": 1}}, "$.a", "surrogate"),
        ({"a": (1, 2)}, "$.a", "tuple"),
        ([b"a"], "$[0]", "bytes"),
        ([{1, 2}], "$[0]", "set"),
        (nested(64), "$" + "[0]" * 64, "deep"),
    ],
)
def test_canonical_refuses_and_names_the_field(value, field, reason):
    with pytest.raises(BadInputError, match=reason) as caught:
        canonical(value)
    assert caught.value.field == field


@given(json_values)
def test_what_is_written_comes_back_and_is_what_json_says(value):
    written = canonical(value)
    assert parse(written) == value
    assert json.loads(written) == value


@given(json_values)
def test_both_writers_write_the_same_bytes(value):
    assert canonical_module._write_stdlib(value) == canonical_module._write(value)
    assert canonical_module._read_stdlib(canonical(value)) == value


@pytest.fixture(params=["with orjson", "without"])
def module(request, monkeypatch):
    if request.param == "without":
        monkeypatch.setitem(sys.modules, "orjson", None)
    yield importlib.reload(canonical_module)
    monkeypatch.undo()
    importlib.reload(canonical_module)


@pytest.mark.parametrize(
    ("encoded", "reason"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b'\xef\xbb\xbf{"a":1}', "not JSON"),
        ('{"a":1}'.encode("utf-16"), "not JSON"),
        (b"NaN", "not JSON"),
        (b"[Infinity]", "not JSON"),
        (b"1.5", "float"),
        (b"1e3", "float"),
        (b"-0", "form|float"),
        (b"9007199254740992", "integer"),
        (b"9" * 30, "integer|float"),
        (b"9" * 5000, "integer|float|JSON"),
        (b'{"a":1,"a":1}', "twice"),
        (b'{"b":{"a":1,"a":2}}', "twice"),
        (b'{"b":1,"a":2}', "canonical"),
        (b'{"a": 1}', "canonical"),
        (b'{"a":1}\n', "canonical"),
        (b'{"a":1} {}', "not JSON"),
        (b'"\\u0041"', "canonical"),
        (b'"\\/"', "canonical"),
        (b'"\\ud800"', "surrogate|JSON"),
        (b"[" * 65 + b"]" * 65, "deep"),
        (b"[" * 50_000 + b"]" * 50_000, "deep|JSON"),
    ],
)
def test_parse_refuses(module, encoded, reason):
    with pytest.raises(BadInputError, match=reason):
        module.parse(encoded)


def test_the_standard_library_alone_will_do(module):
    assert module.parse(b'{"a":["\xc3\xa9",null]}') == {"a": ["é", None]}
    assert module.canonical({"b": AT, "a": 1}) == b'{"a":1,"b":"2026-03-10T05:00:00.000000Z"}'
    with pytest.raises(BadInputError, match="surrogate"):
        module.canonical("\ud800")


def test_an_entry_is_these_bytes():
    assert encode(ENTRY) == BYTES
    assert decode(BYTES) == ENTRY


@given(entries)
def test_every_entry_comes_back(entry):
    assert decode(encode(entry)) == entry
    assert encode(decode(encode(entry))) == encode(entry)


def test_a_draft_takes_its_place():
    draft = Draft("inc-1", "incident:opened", AT, "mara", False, {"b": 1, "a": ["é", None]})  # noqa: FBT003
    assert draft.at(7, LATER) == ENTRY


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"v": "1"}, "exactly the keys"),
        ({"v": True}, "exactly the keys"),
        ({"v": None}, "exactly the keys"),
        ({"extra": 1}, "exactly the keys"),
        ({"seq": -1}, "whole number"),
        ({"seq": True}, "whole number"),
        ({"seq": "0"}, "whole number"),
        ({"incident": 1}, "text"),
        ({"kind": "opened"}, "kind"),
        ({"kind": "incident:opened\n"}, "kind"),
        ({"kind": None}, "kind"),
        ({"actor": ""}, "acted"),
        ({"actor": 1}, "acted"),
        ({"drill": 0}, "drill"),
        ({"data": []}, "object"),
        ({"occurred_at": 1}, "text"),
        ({"occurred_at": "2026-03-10T05:00:00Z"}, "instant"),
        ({"recorded_at": "2026-02-30T05:00:00.000000Z"}, "no such day"),
    ],
)
def test_what_was_never_an_entry_is_tampering(change, reason):
    with pytest.raises(TamperError, match=reason) as caught:
        decode(canonical(json.loads(BYTES) | change))
    assert reason.split()[0] in str(caught.value.evidence["reason"])


@pytest.mark.parametrize("encoded", [b"[]", b"1", BYTES + b" ", BYTES.replace(b"7,", b"7 ,")])
def test_bytes_that_are_no_entry(encoded):
    with pytest.raises(TamperError):
        decode(encoded)


def test_a_later_form_is_not_tampering():
    with pytest.raises(BadInputError, match="form 2"):
        decode(canonical(json.loads(BYTES) | {"v": 2}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"incident": None}, "incident"),
        ({"kind": "Incident:opened"}, "kind"),
        ({"actor": ""}, "actor"),
        ({"drill": 1}, "drill"),
        ({"data": []}, "data"),
        ({"occurred_at": datetime(2026, 3, 10)}, "occurred_at"),  # noqa: DTZ001
    ],
)
def test_a_draft_that_cannot_be_recorded(change, field):
    good = {
        "incident": "inc-1",
        "kind": "incident:opened",
        "occurred_at": AT,
        "actor": "mara",
        "drill": False,
        "data": {},
    }
    with pytest.raises(BadInputError) as caught:
        Draft(**(good | change))
    assert caught.value.field == field


def test_the_instant_of_recording_needs_a_zone():
    draft = Draft("inc-1", "incident:opened", AT, "mara", True, {})  # noqa: FBT003
    with pytest.raises(BadInputError) as caught:
        draft.at(0, datetime(2026, 3, 10))  # noqa: DTZ001
    assert caught.value.field == "recorded_at"


@given(instants.filter(lambda at: 1 < at.year < 9999))
def test_instants_come_back(at):
    assert parse_instant(format_instant(at)) == at.astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "written"),
    [
        (datetime(2026, 3, 10, 5, tzinfo=UTC), "2026-03-10T05:00:00.000000Z"),
        (
            datetime(2026, 3, 29, 1, 59, tzinfo=ZoneInfo("Europe/Berlin")),
            "2026-03-29T00:59:00.000000Z",
        ),  # before
        (
            datetime(2026, 3, 29, 3, 0, tzinfo=ZoneInfo("Europe/Berlin")),
            "2026-03-29T01:00:00.000000Z",
        ),  # and after
        (datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")), "2026-10-25T00:30:00.000000Z"),
        (
            datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
            "2026-10-25T01:30:00.000000Z",
        ),
        (datetime(33, 4, 3, tzinfo=UTC), "0033-04-03T00:00:00.000000Z"),
    ],
)
def test_instants_are_written_in_utc(at, written):
    assert format_instant(at) == written


def test_instants_that_cannot_be_written():
    with pytest.raises(BadInputError, match="zone"):
        format_instant(datetime(2026, 3, 10))  # noqa: DTZ001
    with pytest.raises(BadInputError, match="years"):
        format_instant(datetime.min.replace(tzinfo=timezone(timedelta(hours=1))))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2026-03-10",
        "2026-03-10T05:00:00.000000",
        "2026-03-10T05:00:00.000000+00:00",
        "2026-03-10 05:00:00.000000Z",
        "2026-03-10T05:00:00.000000Z\n",
        "2026-03-10T24:00:00.000000Z",
        "2026-03-10T05:60:00.000000Z",
        "2026-13-10T05:00:00.000000Z",
        "0000-01-01T05:00:00.000000Z",
        "2026-W11-2T05:00:00.000000Z",
        "２０２６-03-10T05:00:00.000000Z",
    ],
)
def test_instants_that_cannot_be_read(written):
    with pytest.raises(BadInputError):
        parse_instant(written)
