"""Every kind of entry has its sentence, and no sentence shows a raw code."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum

import pytest

from incident.core import events as e
from incident.core.events import REGISTRY
from incident.core.places import place
from incident.core.sentences import SENTENCES, sentence
from incident.core.wording import STATUSES

AT = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
CODED = {
    "answer": "not_sent",
    "band": "very_high",
    "proposed": "high_risk",
    "level": "unlikely",
    "stage": "supplementary",
    "step": "end_user_notice",
    "recipient": "sector_supervisor",
    "clock": "individuals_notified_at",
    "name": "occurred_from",
    "system": "firebase_auth",
    "channel": "print_letter",
    "jurisdiction": "US-CA",
    "sha256": "3f2a9c0d" * 8,
}
NAMES = {"datetime": datetime, "date": date, "Mapping": Mapping, "Any": typing.Any}
STATES = {"tally": 2, "advanced": "4-5", "moved": "4-5", "places": (4, 5)}


def sample(cls: type, *, empty: bool) -> typing.Any:
    """Build an event of this kind from its type hints, as full or as empty as it can be."""
    hints = typing.get_type_hints(cls, localns=NAMES)
    return cls(**{f.name: value(f.name, hints[f.name], empty=empty) for f in fields(cls)})


def value(name: str, hint: typing.Any, *, empty: bool) -> typing.Any:
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        inner = next(a for a in typing.get_args(hint) if a is not type(None))
        return None if empty else value(name, inner, empty=empty)
    if origin is tuple:
        item = value(name, typing.get_args(hint)[0], empty=empty)
        return () if empty else (item, item)
    if hint is Mapping or origin is Mapping:
        key = "DE" if name == "by_jurisdiction" else "no_address"
        return {} if empty else {key: STATES.get(name, 2)}
    return plain(name, hint)


def plain(name: str, hint: typing.Any) -> typing.Any:
    if hint is bool:
        return True
    if hint is int:
        return 2
    if hint is datetime:
        return AT
    if hint is date:
        return AT.date()
    if is_dataclass(hint):
        return sample(hint, empty=False)
    if hint is str and name in {"positions", "batches"}:
        return "4-5"
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return list(hint)[-1]
    return CODED.get(name, "plain words")


def test_the_table_is_complete():
    assert set(REGISTRY) <= set(SENTENCES)


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_kind_is_one_plain_sentence(kind, empty):
    text = sentence(sample(REGISTRY[kind], empty=empty))
    assert text[0].isupper() or text[0].isdigit() or text.startswith("plain words")
    assert text.endswith(".")
    assert "  " not in text
    assert ".." not in text
    for raw in ("_", "None", "{", "}", "[", "datetime", "Outcome", "Label"):
        assert raw not in text


@pytest.mark.parametrize("outcome", list(e.Outcome))
def test_every_outcome_is_said_in_words(outcome):
    text = sentence(e.BreachDecided(outcome, "the risk is low"))
    assert outcome.value not in text
    assert text.endswith("Reason: the risk is low.")


@pytest.mark.parametrize("label", list(e.Label))
def test_facts_say_how_much_they_are_worth(label):
    text = sentence(
        e.FactsAmended("occurred_from", None if label is e.Label.UNKNOWN else "02:10", label, "the logs")
    )
    assert text.startswith("Occurred from is ")
    assert STATUSES[label.value].en in text


def test_people_are_counted_and_never_listed():
    event = e.DeliveriesAccounted(
        "N1", (17, 23), "phone", told=True, happened_at=AT, note="both were called", tally={}
    )
    assert (
        sentence(event)
        == "2 people whom mail did not reach: told by phone on 10 March 2026, 05:00 UTC. both were called."
    )
    text = sentence(replace(event, told=False, positions=(17,)))
    assert text.startswith("1 person whom mail did not reach could not be told by phone either")


def test_an_override_and_lateness_are_said():
    risk = e.RiskAssessed("high", "unlikely", ("because",), "the key was never there")
    assert "overridden because: the key was never there" in sentence(risk)
    filed = e.FilingSubmitted("F1", "REF-1", None, AT, "the portal was down.")
    assert sentence(filed).endswith("reference REF-1, without a receipt, late because: the portal was down.")


@pytest.mark.parametrize(
    ("due_at", "number_in_law", "required", "words"),
    [
        (AT, True, True, "due 10 March 2026, 05:00 UTC"),
        (None, False, True, "no number in law"),
        (None, True, True, "waits for: individuals notified at"),
        (None, True, False, "need not be told, because"),
    ],
)
def test_a_duty_says_its_deadline_or_why_it_has_none(due_at, number_in_law, required, words):
    full = sample(e.ObligationArose, empty=True)
    text = sentence(replace(full, due_at=due_at, number_in_law=number_in_law, required=required))
    assert words in text


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("DE", "Germany"),
        ("US-CA", "California (US)"),
        ("ES-CT", "Spain (CT)"),
        ("XX", "XX"),
        ("unknown", "an unknown country"),
    ],
)
def test_places_have_names(code, name):
    assert place(code) == name
