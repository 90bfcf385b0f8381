"""The benchmark's letters rendered here: written in columns they are what filling one by one gives."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from benchmarks.letters import letter
from benchmarks.rendering import rendered_batch
from incident.core.mailing import Batch, Recipient
from incident.core.placeholders import encoded, fill


@pytest.mark.parametrize("odd", ["Person b", 'Zoë "<&> 5 %'])
def test_letters_in_columns_are_those_filled_one_by_one(odd: str) -> None:
    people = [
        Recipient(f"D-{n}", f"p{n}@example.org", name, {"name": name, "reference": f"D-{n}"})
        for n, name in enumerate(("Person a", odd))
    ]
    batch = Batch("N", 0, 1, letter(), people, datetime(2026, 3, 10, 5, tzinfo=UTC))
    written = json.loads(rendered_batch(batch))["personalizations"]
    assert [one["to"] for one in written] == [[{"email": one.address}] for one in people]
    for one, person in zip(written, people, strict=True):
        pairs = encoded(person.substitutions)
        assert one["substitutions"] == {
            "%text%": fill(batch.letter.text, pairs),
            "%html%": fill(batch.letter.html, pairs),
        }
