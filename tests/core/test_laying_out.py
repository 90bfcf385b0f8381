"""Batches: nobody twice, nobody left out, and no two with one address in a call."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from incident.core.addressees import Addressees
from incident.core.batches import Reading, people_sha256
from incident.core.laying_out import Layout, urgency
from incident.core.spans import read_spans

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)
URGENT = urgency("email:confirmed", "confirmed", None)


def layout(size: int) -> Layout:
    """Return an empty layout."""
    return Layout("INC-A-N1", "INC-A-C1", size, NOW, lambda: b"salt" * 8)


def person(position: int, email: str) -> tuple[int, str, str, str]:
    """Return somebody to be written to."""
    return position, email, None, ""  # type: ignore[return-value]


def members(batch) -> list[int]:
    """Return the positions of a batch."""
    return [p for first, last in read_spans(batch.positions) for p in range(first, last + 1)]


def test_two_who_share_a_mailbox_are_written_to_in_two_calls():
    plan = layout(1000)
    people = [
        person(1, "family@example.org"),
        person(2, "other@example.org"),
        person(3, "Family@Example.org"),
    ]
    plan.add(Addressees.of(people), "promise-en", URGENT)
    assert [members(batch) for batch in plan.batches()] == [[1, 2], [3]]
    assert plan.apart == [], "mail reaches all three"


def test_one_mailbox_of_many_does_not_hold_the_others_up():
    plan = layout(3)
    plan.add(Addressees.of([person(i, "office@example.org") for i in range(4)]), "promise-en", URGENT)
    plan.add(Addressees.of([person(i, f"p{i}@example.org") for i in range(4, 9)]), "promise-en", URGENT)
    found = [members(batch) for batch in plan.batches()]
    assert sorted(map(len, found)) == [1, 1, 1, 3, 3]


@given(
    st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=12), max_size=6),
    st.integers(min_value=1, max_value=5),
)
def test_everyone_stands_in_one_batch_and_no_address_twice_in_any(pages, size):
    plan, position, address_of = layout(size), 0, {}
    for page in pages:
        people = [person(position + i, f"{letter}@example.org") for i, letter in enumerate(page)]
        position += len(page)
        address_of |= {one[0]: one[1] for one in people}
        plan.add(Addressees.of(people), "promise-en", URGENT)
    batches = plan.batches()
    everyone = [p for batch in batches for p in members(batch)]
    assert sorted(everyone) == list(range(position))
    for batch in batches:
        addresses = [address_of[p] for p in members(batch)]
        assert len(set(addresses)) == len(addresses) == batch.people <= size
        told = [Reading(p, address_of[p], None, "") for p in members(batch)]
        assert batch.people_sha256 == people_sha256(told, batch.salt), "each with the line of their own"
