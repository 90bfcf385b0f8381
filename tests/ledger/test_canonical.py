"""The one byte form of JSON: what it is, that it comes back, and everything it refuses."""

from __future__ import annotations

import importlib
import json
import sys
from datetime import UTC, datetime
from enum import IntEnum, StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

import incident.ledger.canonical as canonical_module
from incident.errors import BadInputError
from incident.ledger.entry import (
    canonical,
    parse,
)

AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
json_values = st.recursive(
    st.none() | st.booleans() | whole | text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(text, inner, max_size=4),
    max_leaves=12,
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
