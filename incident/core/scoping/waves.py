"""Second waves: who was told before, and what a new answer changes for them.

Only the added and the worsened are told again. Nobody drops out because a later question does not find them: what
was told stays told, and they are counted as kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incident.core.scoping.finding import pack_earlier, unpack_earlier
from incident.core.scoping.packing import TOLD, TOLD_IF_UNNAMED, key_text
from incident.core.scoping.records import IdentityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incident.core.scoping.packing import Handle
    from incident.core.scoping.result import Earlier
    from incident.core.scoping.spill import Numbers, Spill

_WEAK = frozenset({IdentityKind.PHONE, IdentityKind.PROVIDER_EMAIL})


@dataclass(frozen=True, slots=True)
class Remembered:
    """Everyone told before: their handles for `weave`, and what they were told, by number."""

    runs: Sequence[Any] = ()
    shelf: Any = None
    people: int = 0


def remember(told: Iterable[tuple[Earlier, Iterable[Handle]]], spill: Spill) -> Remembered:
    """Keep who was told before. Only identities that prove a person count: families share telephones.

    Whoever has a user id is found by it; by an address or another handle only by records that nobody's user id names,
    because two people may share a mailbox, and one of them may have been told.
    """
    lines, shelf, number = spill.sorter(), spill.shelf(), -1
    for earlier, handles in told:
        number = shelf.put(pack_earlier(earlier))
        held = list(handles)
        has_uid = any(kind is IdentityKind.UID for kind, _ in held)
        for kind, value in held:
            if kind not in _WEAK:
                claim = TOLD_IF_UNNAMED if has_uid and kind is not IdentityKind.UID else TOLD
                lines.add(f"{key_text(kind, value)}{claim}{number}\n".encode())
    return Remembered(lines.done(), shelf.done(), number + 1)


def absent(remembered: Remembered, met: Numbers, spill: Spill) -> Iterator[Earlier]:
    """Name those told before whom the present evidence does not show at all."""
    if not remembered.people:
        return
    opened = spill.opened(remembered.shelf)
    for number in range(remembered.people):
        if not met.get(number):
            yield unpack_earlier(opened.get(number))
