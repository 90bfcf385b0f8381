"""Join records into people, by strength, the same way whatever the order of the files.

A user id joins first, then a system's own ids, then the exact normalised address, then its hashes. No group
may hold two user ids: what would bring two together is listed as a conflict and left apart, because two
people may share a mailbox. Weak likenesses never join here (`suggestions.py`).

Records are numbers here; the forest lies on the spill, so that memory does not grow with them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from incident.core.scoping.records import Identity, IdentityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incident.core.scoping.spill import Numbers, Sorter


class ConflictKind(StrEnum):
    """What stands against joining or placing a person."""

    SHARED_EMAIL = "shared_email"
    SHARED_ID = "shared_id"
    TWO_UIDS_IN_RECORD = "two_uids_in_record"
    RESIDENCE_DIFFERS = "residence_differs"
    LEFT_OUT_THOUGH_EXPOSED = "left_out_though_exposed"


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a record stands: system, sha256 of its evidence, row. Row 0 is a handle seen only in logs."""

    system: str
    sha256: str
    row: int


@dataclass(frozen=True, slots=True)
class Node:
    """One record or bare handle, as a person is put together from it."""

    place: Place
    identities: tuple[Identity, ...]


_SHARED = {IdentityKind.EMAIL, IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5}


@dataclass(slots=True)
class Forest:
    """Union-find over record numbers; a root knows the one user id, by number, of its tree.

    What is said of a record (why it was joined, in which conflict it stands) goes to `said`, one line each.
    """

    parents: Numbers
    uids: Numbers
    said: Sorter
    reasons: dict[str, int] = field(default_factory=dict)
    conflicts: int = 0
    last_uid: int = 0

    def root(self, node: int) -> int:
        """Return the first record of the tree; a parent is kept as its number plus one, 0 for none."""
        parents = self.parents
        while above := parents.get(node):
            higher = parents.get(above - 1)
            if not higher:
                return above - 1
            parents.set(node, higher)
            node = higher - 1
        return node

    def name(self, members: Iterable[int]) -> list[int]:
        """Give the records of one user id its number; returns those that another one does not name already."""
        members = list(members)
        held = {node: self.uids.get(node) for node in members}
        fresh = [node for node in members if not held[node]]
        number = next((held[node] for node in members if held[node]), 0)
        if not number:
            self.last_uid += 1
            number = self.last_uid
        for node in fresh:
            self.uids.set(node, number)
        strangers = [node for node in members if held[node] not in {0, number}]
        for node in strangers:
            self.conflict(ConflictKind.TWO_UIDS_IN_RECORD, IdentityKind.UID.value, (node,))
        return [node for node in members if node not in strangers]

    def unite(self, members: Sequence[int], kind: IdentityKind, reason: str) -> None:
        """Join the records of one identity, sorted, unless they hold different user ids."""
        roots: dict[int, int] = {}
        for member in members:
            roots.setdefault(self.root(member), member)
        if len(roots) == 1:
            return
        uids = {root: self.uids.get(root) for root in roots}
        several = len(set(uids.values()) - {0}) > 1
        if several:
            shared = ConflictKind.SHARED_EMAIL if kind in _SHARED else ConflictKind.SHARED_ID
            self.conflict(shared, kind.value, sorted(roots.values()))
        free = [(member, root) for root, member in roots.items() if not several or not uids[root]]
        if len(free) > 1:
            self._graft(sorted(free), reason)

    def chain(self, members: Sequence[int], reason: str) -> None:
        """Join records whatever user ids they hold."""
        for member in members[1:]:
            self._graft([(members[0], self.root(members[0])), (member, self.root(member))], reason)

    def _graft(self, trees: Sequence[tuple[int, int]], reason: str) -> None:
        """Join the trees of records, each given with its root, into one below the first of all."""
        (_, first), *others = trees
        for member, root in others:
            left, right = (first, root) if first < root else (root, first)
            if left == right:
                continue
            self.parents.set(right, left + 1)
            if not self.uids.get(left):
                self.uids.set(left, self.uids.get(right))
            self.say(member, f"l{self.reasons.setdefault(reason, len(self.reasons))}")
            first = left

    def conflict(self, kind: ConflictKind, detail: str, members: Iterable[int]) -> None:
        """Say of each record in which conflict it stands."""
        self.conflicts += 1
        for member in members:
            self.say(member, f"c{self.conflicts}|{kind.value}|{detail}")

    def say(self, node: int, said: str) -> None:
        """Keep a line about one record."""
        self.said.add(f"{node:010d}\t{said}\n".encode())


def reason_of(kind: IdentityKind, labels: Iterable[str]) -> str:
    """Name the fields that agree."""
    return f"same {kind.value}: {', '.join(sorted(set(labels) - {''}))}"
