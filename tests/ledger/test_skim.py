"""The quick reading of entries: where it answers, it answers as `decode`; where it is not sure, it says nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.entry import Draft, _entry, decode, encode, parse
from incident.ledger.skim import skim

from .test_canonical import json_values, nested

AT = datetime(2026, 3, 10, 5, tzinfo=UTC)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def encoded(data, incident="INC-1", actor="mara", salt="ab"):
    return encode(Draft(incident, "facts:amended", AT, actor, drill=False, data=data, salt=salt).at(7, AT))


PLAIN = encoded({"value": [1, "ß", None, {"due": "2026-03-10T05:00:00.000000Z"}], "big": 2**53 - 1})


def test_a_plain_entry_is_read():
    assert skim(PLAIN) == parse(PLAIN)


@given(st.dictionaries(texts, json_values, max_size=3), texts, texts.filter(bool))
def test_it_never_says_otherwise_than_decode(data, incident, actor):
    body = encoded(data, incident, actor)
    assert skim(body) in (None, parse(body))
    assert encode(decode(body)) == body
    assert decode(body) == _entry(parse(body))


@given(st.integers(0, len(PLAIN) - 1), st.binary(max_size=2), st.integers(0, 2))
def test_what_decode_refuses_is_never_read(place, put, cut):
    body = PLAIN[:place] + put + PLAIN[place + cut :]
    try:
        decode(body)
    except (TamperError, BadInputError):
        assert skim(body) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"[1,", b"[1.5,"),
        (b"[1,", b"[1e3,"),
        (b"9007199254740991", b"9007199254740992"),
        (b'"seq":7', b'"seq":07'),
        (b'"seq":7', b'"seq":9007199254740992'),
        (b'"v":1', b'"v":2'),
        (b'"v":1', b'"v":true'),
        (b'"drill":false', b'"drill":0'),
        (b'"actor":"mara"', b'"actor":""'),
        (b'"actor":"mara"', b'"actor":1'),
        (b'"data":{', b'"data":[{'),
        (b'"recorded_at":"2026-03-10', b'"recorded_at":"2026-02-30'),
        (b'"occurred_at":"2026-03-10T05', b'"occurred_at":"2026-03-10T24'),
        (b'"salt":"ab"', b'"salt":1'),
        (b'{"actor"', b' {"actor"'),
        (b'"big"', b'"\\u0062ig"'),
    ],
)
def test_doubtful_bytes(old, new):
    assert old in PLAIN
    assert skim(PLAIN.replace(old, new)) is None


def test_a_tail_inside_the_data_is_not_the_entrys_own():
    inner = PLAIN[PLAIN.rfind(b',"drill":') :].decode()
    said = skim(encoded({"x": {"note": inner}}))
    assert said is not None
    assert said["seq"] == 7
    assert skim(b'{"actor":"a","data":{"x":1' + PLAIN[PLAIN.rfind(b',"drill":') :] + b"}") is None


def test_the_depth_is_that_of_canonical_json():
    assert skim(encoded({"deep": nested(61)})) is not None
    with pytest.raises(BadInputError):
        encoded({"deep": nested(62)})
    deeper = encoded({"deep": nested(61)}).replace(b"[]", b"[[]]")
    assert skim(deeper) is None
    with pytest.raises(TamperError):
        decode(deeper)
