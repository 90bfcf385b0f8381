"""Blocks of people: what is written is read back, and what is not as it was written is refused, never guessed."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.adapters.store import blocks
from incident.core.people import KEY_BYTES
from incident.errors import TamperError
from incident.ledger.merkle import HASH_BYTES

KEYS = st.binary(min_size=KEY_BYTES, max_size=KEY_BYTES)
PRESENT = st.tuples(st.binary(min_size=1, max_size=90), KEYS)
HELD = st.builds(
    lambda pseudonym, phone, names, own, commitment: blocks.Held(pseudonym, phone, names, *own, commitment),
    st.text(max_size=9),
    st.none() | st.text(max_size=9),
    st.lists(st.text(max_size=5), max_size=3).map(tuple),
    PRESENT | st.just((b"", b"")),
    st.binary(min_size=HASH_BYTES, max_size=HASH_BYTES),
)
POSITIONS = st.sets(st.integers(0, blocks.PEOPLE - 1), min_size=1, max_size=12).map(sorted)


def packed(positions, held):
    return blocks.packed("COH-1", positions, blocks.Columns(*zip(*held, strict=True)))


def some():
    held = [
        blocks.Held("p-0", None, ("email",), b"{}", b"k" * 32, b"c" * 32),
        blocks.Held("erased", None, ("email",), b"", b"", b"d" * 32),
        blocks.Held("p-2", "+49 30 1", (), b"record", b"l" * 32, b"e" * 32),
    ]
    return dict(zip((256, 257, 300), held, strict=True))


@given(st.data(), POSITIONS, st.integers(0, 2**31 // blocks.PEOPLE - 1))
def test_what_is_written_is_read(data, positions, number):
    held = [data.draw(HELD) for _ in positions]
    at = [number * blocks.PEOPLE + position for position in positions]
    row = packed(at, held)
    assert row[1] == number
    assert blocks.unpacked(row) == dict(zip(at, held, strict=True))


@pytest.mark.parametrize(
    "changes",
    [{"key": b"short"}, {"key": b""}, {"commitment": b""}, {"record": b""}],
)
def test_what_could_not_be_read_back_is_not_written(changes):
    held = [one._replace(**changes) if n == 0 else one for n, one in enumerate(some().values())]
    with pytest.raises(ValueError, match="32 bytes"):
        packed(list(some()), held)


def known(**changes):
    row = packed(list(some()), list(some().values()))
    return json.dumps(json.loads(row[3]) | changes)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("number", 0), ("number", "1"), ("positions", "256-258,300"), ("positions", "x"), ("positions", ""),
        ("positions", "256-99999999999"), ("positions", "256-257,512"), ("positions", None),
        ("known", "{"), ("known", "[]"), ("known", b"\xff"), ("known", known(people=["p-0"])),
        ("known", known(sizes=[2, 0, 7])), ("known", known(sizes=[8, 0])), ("known", known(sizes=[9, -7, 6])),
        ("known", known(sizes=[])), ("known", known(sizes=[2.0, 0, 6])), ("known", known(categories=[[99999999999, []]])),
        ("known", known(categories=[[4, []], [-1, []]])), ("known", known(categories=[[3]])), ("known", known(phones=7)),
        ("commitments", "c" * 96), ("commitments", b"c" * 95), ("keys", b"k" * 96), ("keys", "k" * 64),
        ("records", b"{}recor"), ("records", "{}record"), ("records", None),
    ],
)  # fmt: skip
def test_what_is_not_as_written_is_refused(column, value):
    row = list(packed(list(some()), list(some().values())))
    row[blocks.COLUMNS.index(column)] = value
    with pytest.raises(TamperError, match=r"COH-1: block .* not as this house writes it") as refused:
        blocks.unpacked(row)
    assert "p-0" not in str(refused.value)


def test_who_is_held_is_not_shown():
    assert "record" not in repr(some()[300])
