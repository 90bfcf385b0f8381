"""Destroying rows about people in memory; mirrors `core.erasure.Erasing`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from incident.core.erasure import Found
from incident.errors import PermanentError


class FakeErasing:
    """On the copy of a transaction."""

    def __init__(self, kept: Any, *, writable: bool) -> None:
        self._kept, self._writable = kept, writable

    def find(self, email: str) -> Sequence[Found]:
        return [
            Found(cohort_id.rpartition("-")[0], cohort_id, position)
            for (cohort_id, position), row in sorted(self._kept.persons.items())
            if row.email is not None and row.email.lower() == email
        ]

    def positions(self, cohort_id: str, pseudonym: str) -> Sequence[int]:
        return [
            p
            for (of, p), row in sorted(self._kept.persons.items())
            if (of, row.pseudonym) == (cohort_id, pseudonym)
        ]

    def erase_people(self, cohort_id: str, positions: Sequence[int]) -> None:
        self._must_write()
        for key in ((cohort_id, position) for position in positions):
            gone = {
                "pseudonym": "erased",
                "email": None,
                "name": None,
                "phone": None,
                "record": b"",
                "key": b"",
            }
            self._kept.persons[key] = self._kept.persons[key]._replace(**gone)

    def put_header(self, cohort_id: str, header: bytes) -> None:
        self._must_write()
        self._kept.documents[cohort_id] = header

    def erase_salts(self, notice_id: str, batches: Sequence[int]) -> None:
        self._must_write()
        for key in ((notice_id, number) for number in batches):
            self._kept.batches[key] = replace(self._kept.batches[key], salt=b"")

    def count_reports(self, places: Mapping[str, Sequence[int]]) -> int:
        return sum(1 for _ in self._about(places))

    def erase_reports(self, places: Mapping[str, Sequence[int]]) -> None:
        self._must_write()
        for row in list(self._about(places)):
            self._kept.events[row.event_id] = replace(row, raw=b"")

    def _about(self, places: Mapping[str, Sequence[int]]) -> list[Any]:
        return [row for row in self._kept.events.values() if row.position in places.get(row.notice_id, ())]

    def _must_write(self) -> None:
        if not self._writable:
            raise PermanentError("this is a reading transaction")
