"""Entries and instants: their bytes, that they come back, and everything they refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.entry import (
    Draft,
    Entry,
    canonical,
    decode,
    encode,
    format_instant,
    parse_instant,
)

AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
LATER = datetime(2026, 3, 10, 5, 0, 1, 250, tzinfo=UTC)
ENTRY = Entry(7, "inc-1", "incident:opened", AT, LATER, "mara", False, {"b": 1, "a": ["é", None]}, "5a17")  # noqa: FBT003
BYTES = (
    '{"actor":"mara","data":{"a":["é",null],"b":1},"drill":false,"incident":"inc-1",'
    '"kind":"incident:opened","nth":0,"occurred_at":"2026-03-10T05:00:00.000000Z",'
    '"recorded_at":"2026-03-10T05:00:01.000250Z","salt":"5a17","seq":7,"v":1}'
).encode()

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
instants = st.datetimes(
    timezones=st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Tokyo")])
)
entries = st.builds(
    Entry,
    st.integers(0, 2**53 - 1),
    text,
    st.from_regex(r"[a-z_]+:[a-z_]+", fullmatch=True),
    instants.filter(lambda at: 1 < at.year < 9999),
    instants.filter(lambda at: 1 < at.year < 9999),
    text.filter(bool),
    st.booleans(),
    st.dictionaries(text, st.none() | st.booleans() | text | st.lists(text, max_size=2), max_size=4),
)


def test_an_entry_is_these_bytes():
    assert encode(ENTRY) == BYTES
    assert decode(BYTES) == ENTRY


@given(entries)
def test_every_entry_comes_back(entry):
    assert decode(encode(entry)) == entry
    assert encode(decode(encode(entry))) == encode(entry)


def test_a_draft_takes_its_place():
    draft = Draft("inc-1", "incident:opened", AT, "mara", False, {"b": 1, "a": ["é", None]}, "5a17")  # noqa: FBT003
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
        ({"salt": 7}, "salt"),
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


def test_an_entry_that_no_tile_can_hold_is_refused():
    draft = Draft("INC-1", "facts:amended", AT, "mara", drill=False, data={"value": "x" * 65_536})
    with pytest.raises(BadInputError, match="65535 bytes"):
        encode(draft.at(0, AT))
