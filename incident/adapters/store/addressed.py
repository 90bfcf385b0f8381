"""What letters to neighbors in a cohort go by, read as one text from the blocks they stand in, or person by person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident.adapters.store import blocks
from incident.adapters.store.driver import ask
from incident.core.addressees import Addressed, Addressees
from incident.errors import TamperError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_BETWEEN = "SELECT told FROM person_block WHERE cohort_id = {mark} AND number BETWEEN {mark} AND {mark} ORDER BY number"


def addressed(connection: Connection, cohort_id: str, first: int, last: int) -> Addressees:
    """Return everyone from position `first` to `last`, in order; TamperError when blocks are not as written."""
    found = ask(connection, _BETWEEN, (cohort_id, blocks.number_of(first), blocks.number_of(last)))
    told = [text for (text,) in found]
    read = Addressees.read(lines(told, first, last)) if are_lines(told) else None
    return read or Addressees.of(people(cohort_id, told, first, last))


def are_lines(told: Sequence[Any]) -> bool:
    """Whether all of it is lines, and nothing a list, or not as this house writes it."""
    return all(isinstance(text, str) and text[:1] != blocks.LISTED and text[-1:] == "\n" for text in told)


def lines(told: Sequence[str], first: int, last: int) -> str:
    """Join the lines of blocks, of the first and the last only those between two positions."""
    if not told:
        return ""
    *most, end = told
    start, *middle = (*most, _cut(end, first, last))
    return "".join((_cut(start, first, last) if most else start, *middle))


def people(cohort_id: str, told: Sequence[Any], first: int, last: int) -> list[Addressed]:
    """Read those between two positions one by one; TamperError when blocks are not as written."""
    try:
        found = [one for text in told for one in blocks.people_of(text)]
        return [one for one in found if first <= one[0] <= last]
    except (ValueError, TypeError):
        raise TamperError(
            f"{cohort_id}: what letters to positions {first} to {last} go by is not as this house writes it"
        ) from None


def _cut(text: str, first: int, last: int) -> str:
    """Leave out whoever stands before one position or behind another; what is not lines stays as it is."""
    each = text.split("\n")[:-1]
    try:
        start, end = (int(each[place].partition("\t")[0]) for place in (0, -1))
        if first <= start and end <= last:
            return text
        if end - start + 1 == len(each):
            kept = each[max(first - start, 0) : max(last - start + 1, 0)]
        else:
            kept = [one for one in each if first <= int(one.partition("\t")[0]) <= last]
    except (ValueError, IndexError):
        return text
    return "\n".join((*kept, ""))
