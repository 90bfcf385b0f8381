"""The port through which rows about people are destroyed, and where a person is found to stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Found:
    """Where a person stands."""

    incident_id: str
    cohort_id: str
    position: int


class Erasing(Protocol):
    """Destroys rows about people inside one transaction."""

    def find(self, email: str) -> Sequence[Found]:
        """Return where a lower-case address stands."""
        ...

    def positions(self, cohort_id: str, pseudonym: str) -> Sequence[int]:
        """Return the positions of a person in one cohort."""
        ...

    def erase_people(self, cohort_id: str, positions: Sequence[int]) -> None:
        """Empty all that names or tells of a person; place, commitment and coded counts stay."""
        ...

    def put_header(self, cohort_id: str, header: bytes) -> None:
        """Replace the header of a cohort, from which a person was left out."""
        ...

    def erase_salts(self, notice_id: str, batches: Sequence[int]) -> None:
        """Empty the salts of batches: what the ledger says about their people cannot be compared with guesses then."""
        ...

    def count_reports(self, places: Mapping[str, Sequence[int]]) -> int:
        """Count what the provider reported about people at these positions, by notice."""
        ...

    def erase_reports(self, places: Mapping[str, Sequence[int]]) -> None:
        """Empty the raw text of what the provider reported about people at these positions, by notice."""
        ...
