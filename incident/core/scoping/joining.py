"""Join records into people, by strength, the same way whatever the order of the files.

A user id joins first, then a system's own ids, then the exact normalised address, then its hashes. No group
may hold two user ids: what would bring two together is listed as a conflict and left apart, because two
people may share a mailbox. Weak likenesses never join here (`suggestions.py`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from incident.core.scoping.identity import email_hashes
from incident.core.scoping.records import Identity, IdentityKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from incident.core.scoping.question import Merge

_OWN_IDS = (IdentityKind.CUSTOMER_ID, IdentityKind.PREDICTION_ID)
_HASHES = (IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5)


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
    """One record or bare handle, as joining sees it."""

    place: Place
    identities: tuple[Identity, ...]


@dataclass(frozen=True, slots=True)
class Link:
    """Why two records are one person."""

    kind: str
    left: Place
    right: Place
    reason: str


@dataclass(slots=True)
class Joined:
    """Groups of node indexes, each with its links; conflicts name the nodes left apart."""

    groups: list[list[int]] = field(default_factory=list)
    links: dict[int, list[Link]] = field(default_factory=dict)
    conflicts: list[tuple[ConflictKind, str, tuple[int, ...]]] = field(default_factory=list)


def join(nodes: Sequence[Node], merges: Sequence[Merge] = ()) -> Joined:
    """Group nodes, which must come sorted by place; groups come sorted by their first node."""
    forest = _Forest(nodes)
    index = _index(nodes, forest)
    _note_double_uids(nodes, forest)
    for kind in (IdentityKind.UID, *_OWN_IDS, IdentityKind.EMAIL):
        for value in sorted(index.get(kind, {})):
            forest.unite(index[kind][value], kind, _reason(nodes, index[kind][value], kind))
    by_identity = {
        (kind, value): members for kind, values in index.items() for value, members in values.items()
    }
    for merge in sorted(merges, key=lambda each: (each.left, each.right)):
        pair = [*by_identity.get(merge.left, [])[:1], *by_identity.get(merge.right, [])[:1]]
        forest.unite_by_hand(pair, merge.reason)
    return forest.joined()


class _Forest:
    """Union-find over nodes; a root knows the one user id of its tree."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes
        self.parent = list(range(len(nodes)))
        self.uid = [_first_uid(node) for node in nodes]
        self.result = Joined()
        self.raw_links: list[tuple[int, Link]] = []

    def root(self, node: int) -> int:
        while self.parent[node] != node:
            self.parent[node] = self.parent[self.parent[node]]
            node = self.parent[node]
        return node

    def unite(self, members: list[int], kind: IdentityKind, reason: str) -> None:
        """Join the members of one identity unless they hold different user ids."""
        roots = {self.root(member): member for member in reversed(members)}
        if len(roots) == 1:
            return
        uids = {self.uid[root] for root in roots} - {None}
        if len(uids) > 1:
            conflict = ConflictKind.SHARED_EMAIL if kind is IdentityKind.EMAIL else ConflictKind.SHARED_ID
            self.result.conflicts.append((conflict, kind.value, tuple(sorted(roots.values()))))
        loose = [member for root, member in roots.items() if len(uids) <= 1 or self.uid[root] is None]
        self._chain(sorted(loose), kind.value, reason)

    def unite_by_hand(self, pair: list[int], reason: str) -> None:
        """Join what a person confirmed, user ids or not."""
        self._chain(pair, "confirmed_by_hand", reason)

    def _chain(self, members: list[int], kind: str, reason: str) -> None:
        for member in members[1:]:
            left, right = sorted((self.root(members[0]), self.root(member)))
            if left != right:
                self.parent[right] = left
                self.uid[left] = self.uid[left] or self.uid[right]
                link = Link(kind, self.nodes[members[0]].place, self.nodes[member].place, reason)
                self.raw_links.append((member, link))

    def joined(self) -> Joined:
        """Read the groups off the forest."""
        groups: dict[int, list[int]] = {}
        for node in range(len(self.nodes)):
            groups.setdefault(self.root(node), []).append(node)
        self.result.groups = [groups[root] for root in sorted(groups)]
        for member, link in self.raw_links:
            self.result.links.setdefault(self.root(member), []).append(link)
        return self.result


def _first_uid(node: Node) -> str | None:
    return next((each.value for each in node.identities if each.kind is IdentityKind.UID), None)


def _note_double_uids(nodes: Sequence[Node], forest: _Forest) -> None:
    for place, node in enumerate(nodes):
        if len({each.value for each in node.identities if each.kind is IdentityKind.UID}) > 1:
            forest.result.conflicts.append(
                (ConflictKind.TWO_UIDS_IN_RECORD, IdentityKind.UID.value, (place,))
            )


def _index(nodes: Sequence[Node], forest: _Forest) -> dict[IdentityKind, dict[str, list[int]]]:
    """List the nodes of each identity.

    A hash counts as the address that it is the hash of, when that is known.
    """
    index: dict[IdentityKind, dict[str, list[int]]] = {}
    for place, node in enumerate(nodes):
        for each in node.identities:
            if each.kind is not IdentityKind.UID or each.value == forest.uid[place]:
                index.setdefault(each.kind, {}).setdefault(each.value, []).append(place)
    emails = index.get(IdentityKind.EMAIL, {})
    hashed = [kind for kind in _HASHES if index.get(kind)]
    for email in sorted(emails) if hashed else ():
        for kind, digest in email_hashes(email):
            emails[email] = sorted({*emails[email], *index.get(kind, {}).get(digest, ())})
    return index


def _reason(nodes: Sequence[Node], members: Iterable[int], kind: IdentityKind) -> str:
    """Name the fields that agree."""
    kinds = (kind, *_HASHES) if kind is IdentityKind.EMAIL else (kind,)
    sources = {
        f"{nodes[member].place.system}.{each.source}"
        for member in members
        for each in nodes[member].identities
        if each.kind in kinds and each.source
    }
    return f"same {kind.value}: {', '.join(sorted(sources))}"
