"""Every event that can be recorded comes back as it was, and whatever else is in the ledger is tampering."""

from __future__ import annotations

import json
import typing
from contextlib import nullcontext
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core import events as e
from incident.core.events.codec import REGISTRY, build, from_data, instant, instant_text, to_data
from incident.core.events.quick import reader_of
from incident.errors import BadInputError, TamperError
from tests.core.histories import made

TEXT = st.text(max_size=20)
NUMBERS = st.integers(-(2**53) + 1, 2**53 - 1)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT, lambda inner: st.lists(inner, max_size=3), max_leaves=4
)
MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.timezones())  # noqa: DTZ001


def in_utc(moment: datetime) -> datetime:
    """Return the same instant in UTC: two zones' times of a doubled hour are never equal."""
    return moment.astimezone(UTC)


def values_of(hint):
    """Return a strategy for the values of a field's type."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if hint is typing.Any:
        return JSON
    if type(None) in arguments:
        return st.none() | values_of(next(one for one in arguments if one is not type(None)))
    if origin is tuple:
        return st.lists(values_of(arguments[0]), max_size=3).map(tuple)
    if origin is not None:
        return st.dictionaries(TEXT, values_of(arguments[1]), max_size=3)
    if is_dataclass(hint):
        inner = typing.get_type_hints(hint)
        return st.builds(hint, **{field.name: values_of(inner[field.name]) for field in fields(hint)})
    plain = {str: TEXT, int: NUMBERS, bool: st.booleans(), datetime: MOMENTS.map(in_utc), date: st.dates()}
    return plain[hint] if hint in plain else st.sampled_from(list(hint))


def event_of(kind: str):
    cls = REGISTRY[kind]
    hints = typing.get_type_hints(cls)
    return st.builds(cls, **{field.name: values_of(hints[field.name]) for field in fields(cls)})


@pytest.mark.parametrize("kind", sorted(REGISTRY))
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_event_comes_back_as_it_was(kind, data):
    event = data.draw(event_of(kind))
    encoded = to_data(event)
    json.dumps(encoded, allow_nan=False)
    again = from_data(kind, json.loads(json.dumps(encoded)))
    assert again == event
    assert to_data(again) == encoded
    assert build(REGISTRY[kind], encoded, kind) == reader_of(REGISTRY[kind])(encoded) == event


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_missing_extra_and_wrong_fields_are_tampering(kind):
    good = to_data(made(REGISTRY[kind]))
    assert from_data(kind, good)
    with pytest.raises(TamperError, match="unknown field 'surprise'"):
        from_data(kind, {**good, "surprise": 1})
    hints = typing.get_type_hints(REGISTRY[kind])
    may_lack = {
        f.name for f in fields(REGISTRY[kind]) if f.default_factory is not MISSING or f.default is not MISSING
    }
    for name in good:
        with nullcontext() if name in may_lack else pytest.raises(TamperError, match=name):
            from_data(kind, {k: v for k, v in good.items() if k != name})
        if hints[name] is not typing.Any:
            with pytest.raises(TamperError, match=name):
                from_data(kind, {**good, name: 1.5})
            with pytest.raises(TamperError, match=name):
                from_data(kind, {**good, name: {"a": object()} if not isinstance(good[name], dict) else []})


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("awareness:decided", "became_aware_at", "2026-03-10T05:00:00+00:00"),
        ("awareness:decided", "became_aware_at", "yesterday"),
        ("breach:decided", "outcome", "perhaps"),
        ("facts:amended", "label", "rumor"),
        ("action_item:promised", "due_on", "2026-02-30"),
        ("incident:opened", "promise_hours", True),
        ("batch:intended", "positions", [1, "2"]),
        ("batch:intended", "tally", {"planned>intent": "3"}),
        ("close:refused", "open_items", "one"),
    ],
)  # fmt: skip
def test_values_that_this_house_never_writes_are_tampering(kind, name, value):
    good = to_data(made(REGISTRY[kind]))
    with pytest.raises(TamperError, match=name):
        from_data(kind, {**good, name: value})


def test_an_unknown_kind_is_tampering():
    with pytest.raises(TamperError, match="incident:undone"):
        from_data("incident:undone", {})


def test_a_kind_is_registered_once():
    with pytest.raises(ValueError, match="two events"):
        e.codec.event("incident:opened")(type("Again", (), {}))


@pytest.mark.parametrize("value", [1.5, float("nan"), object(), b"bytes", {"a": 2.0}, [3.0]])
def test_what_has_no_exact_form_is_not_recorded(value):
    with pytest.raises(BadInputError, match="cannot be recorded"):
        to_data(value)


@given(MOMENTS)
def test_an_instant_is_utc_text_that_sorts_as_time(moment):
    text = instant_text(moment)
    assert instant(text) == moment.astimezone(UTC)
    assert len(text) == 27
    assert text.endswith("Z")


def test_a_naive_instant_is_not_recorded():
    with pytest.raises(BadInputError, match="offset"):
        instant_text(datetime(2026, 3, 10))  # noqa: DTZ001


@pytest.mark.parametrize("year", [1, 12, 999, 1000, 2026, 9999])
def test_an_instant_of_any_year_is_read_back(year):
    at = datetime(year, 3, 10, 5, tzinfo=UTC)
    assert e.instant(e.instant_text(at)) == at


def test_an_instant_that_no_calendar_reaches_in_utc_is_refused():
    with pytest.raises(BadInputError, match="no calendar"):
        e.instant_text(datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))
