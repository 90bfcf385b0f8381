"""Stretches of a cohort: what letters go by is bound to the person, whatever changes."""

from __future__ import annotations

import pytest

from incident.core.stretches import Told, counted, kind_of, line, ranges, stretches_of
from tests.contract.store_rows import person

PEOPLE = [
    person(n, jurisdiction="DE" if n < 3 else "FR", certainty="confirmed" if n < 5 else "possible")
    for n in range(7)
]


def told(people, salt=b"s" * 32):
    digest = Told(salt)
    for row in people:
        digest.add(kind_of(row), [line(row.position, row.email, row.name, row.language)])
    return digest.hexdigest()


def cut(people):
    return stretches_of(people)


def test_neighbors_of_one_kind_are_one_stretch():
    assert [(one.first, one.last, one.jurisdiction, one.certainty) for one in cut(PEOPLE)] == [
        (0, 2, "DE", "confirmed"), (3, 4, "FR", "confirmed"), (5, 6, "FR", "possible"),
    ]  # fmt: skip
    assert cut([]) == []
    assert [(one.first, one.last) for one in cut([PEOPLE[0], PEOPLE[2]])] == [(0, 0), (2, 2)]


def test_they_are_counted_up_to_who_is_told_and_found_by_place():
    found = cut(PEOPLE)
    language, exposure = PEOPLE[0].language, PEOPLE[0].exposure
    assert counted(found, told=6) == {("DE", language, exposure): 3, ("FR", language, exposure): 3}
    assert ranges(found, jurisdiction="FR", certainty=None) == [(3, 6)]
    assert ranges(found, jurisdiction=None, certainty="confirmed") == [(0, 4)]
    assert ranges(found, jurisdiction="DE", certainty="possible") == []


@pytest.mark.parametrize("column", ["email", "name", "language", "jurisdiction", "certainty", "exposure"])
@pytest.mark.parametrize("place", [0, 4, 6])
def test_whatever_a_letter_goes_by_is_in_the_hash(column, place):
    changed = [row._replace(**{column: "other"}) if n == place else row for n, row in enumerate(PEOPLE)]
    assert told(changed) != told(PEOPLE)


def test_how_people_are_handed_in_does_not_matter():
    digest = Told(b"s" * 32)
    for one in cut(PEOPLE):
        some = PEOPLE[one.first : one.last + 1]
        digest.add(one.kind, [line(row.position, row.email, row.name, row.language) for row in some])
    digest.add(kind_of(PEOPLE[0]), [])
    assert digest.hexdigest() == told(PEOPLE) != told(PEOPLE, b"t" * 32)


def test_a_row_names_nobody_in_a_traceback():
    assert "zo" not in repr(PEOPLE[0])
    assert not person(0)._replace(key=b"short").committed()
