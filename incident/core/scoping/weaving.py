"""Lay what the logs say beside the records by their handles, join the records, and sort everything by person.

Each step is a pass over sorted lines. A handle that only a log, an own record or a person's list names gets a
record of its own, so that nobody is lost for want of an account.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from incident.core.scoping.identity import email_hashes
from incident.core.scoping.joining import ConflictKind, Forest, reason_of
from incident.core.scoping.packing import (
    JOIN_ORDER,
    LAST_JOINING,
    Handle,
    key_of,
    key_text,
    loads,
    pack_identities,
    quoted,
)
from incident.core.scoping.records import Identity, IdentityKind, Strength
from incident.core.scoping.tallies import added_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incident.core.scoping.intake import Taken
    from incident.core.scoping.question import Question
    from incident.core.scoping.spill import Numbers, Shelf, Sorter, Spill

_HASHES = frozenset({IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5})
_BY_LOG = "named in a log"


@dataclass(frozen=True, slots=True)
class Woven:
    """Everything by person: lines that begin with the number of a person's first record, and what they point at."""

    groups: Sequence[Any]
    tallies: Any
    bare: Any
    bases: tuple[int, ...]
    first_bare: int
    reasons: tuple[str, ...]
    earlier_met: Numbers


@dataclass(slots=True)
class _Loom:
    """What one weaving works with."""

    question: Question
    forest: Forest
    bases: tuple[int, ...]
    joins: Sorter
    hashes: Sorter
    owners: Sorter
    tallies: Shelf
    bare: Shelf
    earlier_met: Numbers
    hashed: frozenset[IdentityKind]
    keep_uids: bool
    next_node: int
    first: dict[Handle, int] = field(default_factory=dict)
    apart: frozenset[Handle] = frozenset()
    is_plain: bool = True

    def node(self, text: bytes) -> int:
        """Return the number of a record from the number of its file and its number there."""
        return self.bases[int(text[:5])] + int(text[5:15])


def weave(question: Question, takens: Sequence[Taken], spill: Spill, *, earlier: Sequence[Any] = ()) -> Woven:
    """Join all records; `earlier` are runs of the handles of people who were told before."""
    loom = _loom(question, takens, spill)
    first_bare = loom.next_node
    named = spill.sorter()
    for entry in question.include:
        named.add(f"{key_text(entry.kind, entry.value)}u\n".encode())
    runs = [run for each in takens for name in ("identities", "touched") for run in each.runs.get(name, ())]
    lines = spill.merged([*runs, *named.done(), *earlier])
    for start, fields in by_key(lines):
        if len(fields) > 1 or not _lay_alone(loom, start, fields[0]):
            _lay(loom, key_of(start[:1], start[2:]), start, fields)
    for each in takens:
        for line in spill.merged(each.runs.get("double_uids", ())):
            loom.forest.conflict(ConflictKind.TWO_UIDS_IN_RECORD, IdentityKind.UID.value, (loom.node(line),))
    owners = [run for each in takens for run in each.runs.get("owners", ())]
    _name_owners(loom, spill.merged([*owners, *loom.owners.done()]))
    _match_hashes(loom, spill.merged(loom.hashes.done()))
    for start, fields in by_key(spill.merged(loom.joins.done())):
        _join(loom, key_of(start[:1], start[2:]), [one[:-1].split(b"\t") for one in fields])
    for merge in sorted(question.merges, key=lambda each: (each.left, each.right)):
        pair = [loom.first[side] for side in (merge.left, merge.right) if side in loom.first]
        loom.forest.chain(pair, merge.reason)
    reasons = tuple(loom.forest.reasons)
    return Woven(
        _by_person(loom, spill), loom.tallies.done(), loom.bare.done(), loom.bases, first_bare, reasons,
        loom.earlier_met,
    )  # fmt: skip


def _loom(question: Question, takens: Sequence[Taken], spill: Spill) -> _Loom:
    counted = {each.file: each.nodes for each in takens if each.nodes}
    bases, total = [], 0
    for file in range(max(counted, default=-1) + 1):
        bases.append(total)
        total += counted.get(file, 0)
    kinds: set[IdentityKind] = set()
    for each in takens:
        kinds |= each.kinds
    owned = any(each.nodes == 0 and "owners" in each.runs for each in takens)
    return _Loom(
        question, Forest(spill.numbers(), spill.numbers(), spill.sorter()), tuple(bases),
        spill.sorter(), spill.sorter(), spill.sorter(), spill.shelf(), spill.shelf(), spill.numbers(),
        frozenset(kinds & _HASHES), owned, total,
        apart=frozenset((entry.kind, entry.value) for entry in question.apart),
        is_plain=not question.merges and not question.apart,
    )  # fmt: skip


def _lay_alone(loom: _Loom, start: bytes, only: bytes) -> bool:
    """Take the short way for a handle that one record holds and nothing else speaks of; most are so."""
    if not loom.is_plain or only[15:16] != b"j":
        return False
    if start[:1] == b"0":
        if loom.keep_uids:
            return False
        loom.forest.name([loom.node(only)])
        return True
    kind = JOIN_ORDER[int(start[:1])]
    return kind not in _HASHES and (kind is not IdentityKind.EMAIL or not loom.hashed)


def _lay(loom: _Loom, handle: Handle, start: bytes, fields: list[bytes]) -> None:
    """Give what is said of one handle to the records that hold it; make a record when none does."""
    holders = [one for one in fields if one[:1].isdigit()]
    said = fields[len(holders) :]
    nodes = [loom.node(one) for one in holders]
    joining = [(loom.node(one), one[16:].strip()) for one in holders if one[15:16] == b"j"]
    tallied = list(added_up([one[1:].rstrip(b"\n") for one in said if one[:1] == b"t"]))
    if not nodes and any(one[:1] in {b"t", b"u"} for one in said):
        nodes = [_bare(loom, handle)]
        joining = [(nodes[0], b'""')]
    if tallied and nodes:
        number = loom.tallies.put(b"[" + b",".join(tallied) + b"]")
        for node in nodes:
            loom.forest.say(node, f"t{number}")
    for one in said:
        if one[:1] == b"w" and nodes:
            position = int(one[1:])
            loom.earlier_met.set(position, 1)
            for node in nodes:
                loom.forest.say(node, f"w{position}")
    if nodes:
        loom.first.update({handle: nodes[0]} if _is_merged(loom, handle) else {})
        _send_to_join(loom, handle, start, joining)


def _send_to_join(loom: _Loom, handle: Handle, start: bytes, joining: list[tuple[int, bytes]]) -> None:
    kind = handle[0]
    if kind is IdentityKind.UID:
        loom.forest.name(node for node, _ in joining)
    if handle in loom.apart:
        return
    if kind in _HASHES:
        for node, where in joining:
            loom.hashes.add(b"%s\tn%010d\t%s\n" % (start, node, where))
        return
    if kind is IdentityKind.EMAIL and loom.hashed and joining:
        for hash_kind, digest in email_hashes(handle[1]):
            if hash_kind in loom.hashed:
                text = f"{key_text(hash_kind, digest)}e{quoted(handle[1])}\t{joining[0][0]:010d}\n"
                loom.hashes.add(text.encode())
    alone = len(joining) < 2 and not (loom.keep_uids and kind is IdentityKind.UID)  # noqa: PLR2004 - a pair
    if not alone and JOIN_ORDER.index(kind) <= LAST_JOINING:
        for node, where in joining:
            loom.joins.add(b"%s\t%010d\t%s\n" % (start, node, where))


def _bare(loom: _Loom, handle: Handle) -> int:
    kind, value = handle
    loom.bare.put(pack_identities([Identity(kind, value, Strength.STRONG, _BY_LOG)]))
    node, loom.next_node = loom.next_node, loom.next_node + 1
    if kind is IdentityKind.PREDICTION_ID:
        loom.owners.add(f"{quoted(value)}\tb{node:010d}\n".encode())
    return node


def _name_owners(loom: _Loom, lines: Iterator[bytes]) -> None:
    """Give the user id of the company's own records to the records of a prediction."""
    for _, group in groupby(lines, key=lambda line: line.split(b"\t", 1)[0]):
        nodes, uids = [], set()
        for line in group:
            said = line.rstrip(b"\n").split(b"\t", 1)[1]
            if said[:1] == b"o":
                uids.add(said[1:])
            else:
                nodes.append(int(said[1:]) if said[:1] == b"b" else loom.node(said[1:]))
        for uid in sorted(uids):
            for node in nodes:
                loom.forest.say(node, f"i{uid.decode()}")
                loom.joins.add(b"0\t%s\t%010d\t%s\n" % (uid, node, b'"own record"'))


def _match_hashes(loom: _Loom, lines: Iterator[bytes]) -> None:
    """Send a hash to join with the address that it is the hash of, or else with its equals."""
    for start, fields in by_key(lines):
        emails: list[list[bytes]] = []
        holders: list[list[bytes]] = []
        for one in fields:
            (emails if one[:1] == b"e" else holders).append(one[1:-1].split(b"\t"))
        for email, owner in emails if holders else ():
            for node, where in [*holders, [owner, b'""']]:
                loom.joins.add(b"3\t%s\t%s\t%s\n" % (email, node, where))
        if not emails and len(holders) > 1:
            for node, where in holders:
                loom.joins.add(b"%s\t%s\t%s\n" % (start, node, where))


def _join(loom: _Loom, handle: Handle, fields: list[list[bytes]]) -> None:
    kind = handle[0]
    members = sorted({int(node) for node, _ in fields})
    if kind is IdentityKind.UID:
        members = loom.forest.name(members)
    if _is_merged(loom, handle):
        loom.first[handle] = min([*members, loom.first.get(handle, members[0])])
    if len(members) > 1:
        loom.forest.unite(members, kind, _reason(kind, frozenset(where for _, where in fields)))


@lru_cache(maxsize=4096)
def _reason(kind: IdentityKind, labels: frozenset[bytes]) -> str:
    return reason_of(kind, map(loads, labels))


def _by_person(loom: _Loom, spill: Spill) -> Sequence[Any]:
    """Sort every record, and what is said of it, under the first record of its person."""
    groups, forest = spill.sorter(), loom.forest
    for node in range(loom.next_node):
        groups.add(b"%010d\tn%010d\n" % (forest.root(node), node))
    for line in spill.merged(forest.said.done()):
        groups.add(b"%010d\t%s" % (forest.root(int(line[:10])), line[11:]))
    return groups.done()


def _is_merged(loom: _Loom, handle: Handle) -> bool:
    return not loom.is_plain and any(handle in {merge.left, merge.right} for merge in loom.question.merges)


def by_key(lines: Iterator[bytes]) -> Iterator[tuple[bytes, list[bytes]]]:
    """Cut sorted lines into one list for each handle: the handle's two fields, and the rest of each line."""
    start, fields = b"", list[bytes]()
    for line in lines:
        end = line.index(b"\t", 2)
        if line[:end] != start:
            if fields:
                yield start, fields
            start, fields = line[:end], []
        fields.append(line[end + 1 :])
    if fields:
        yield start, fields


def persons(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut the sorted lines into one list for each person."""
    for _, group in groupby(lines, key=lambda line: line[:10]):
        yield list(group)
