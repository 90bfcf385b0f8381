"""Join the records that were laid by their handles, and sort everything by person.

Ranges of handles are laid side by side (`laying.py`); what they came to is joined here, in the order of the handles.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from incident.core.scoping.joining import ConflictKind, Forest, reason_of
from incident.core.scoping.laying import (
    HASHES,
    MOST_RANGES,
    NOWHERE,
    STRIDE,
    Laid,
    LayJob,
    by_key,
    is_merged,
    key_start,
    lay,
    ranges,
)
from incident.core.scoping.packing import JOIN_ORDER, TOLD, TOLD_IF_UNNAMED, Handle, key_of, key_text, loads
from incident.core.scoping.records import IdentityKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from incident.core.scoping.intake import Taken
    from incident.core.scoping.question import Question
    from incident.core.scoping.spill import Numbers, Sorter, Spill

    Each = Callable[[Callable[[LayJob], Laid], Iterable[LayJob]], Iterable[Laid]]

RECORDS_AT_ONCE = 40_000
SAMPLES_EACH = 64
_TOLD, _IF_UNNAMED = TOLD.encode(), TOLD_IF_UNNAMED.encode()
_CLAIMS = frozenset({_TOLD, _IF_UNNAMED})


@dataclass(frozen=True, slots=True)
class Woven:
    """Everything by person: lines that begin with the number of a person's first record, and what they point at.

    Records from `first_bare` on, and tallies, lie on one shelf for each range of handles.
    """

    groups: Sequence[Any]
    tallies: Sequence[Any]
    bare: Sequence[Any]
    bases: tuple[int, ...]
    first_bare: int
    records: int
    reasons: tuple[str, ...]
    earlier_met: Numbers


@dataclass(slots=True)
class _Cloth:
    """What one weaving works with."""

    question: Question
    forest: Forest
    bases: tuple[int, ...]
    first_bare: int
    joins: Sorter
    earlier_met: Numbers
    first: dict[Handle, int] = field(default_factory=dict)

    def node(self, text: bytes) -> int:
        """Return the number of a record from the number of its file and its number there."""
        return self.bases[int(text[:5])] + int(text[5:15])


def weave(
    question: Question,
    takens: Sequence[Taken],
    spill: Spill,
    *,
    earlier: Sequence[Any] = (),
    each: Each = map,
) -> Woven:
    """Join all records; `earlier` are runs of the handles of people who were told before; `each` does the jobs."""
    bases, first_bare = _bases(takens)
    forest = Forest(spill.numbers(), spill.numbers(), spill.sorter(), last_uid=MOST_RANGES * STRIDE)
    cloth = _Cloth(question, forest, bases, first_bare, spill.sorter(), spill.numbers())
    laid: list[Laid] = []
    for one in each(lay, _jobs(cloth, takens, spill, earlier)):
        _take_over(cloth, one)
        laid.append(one)
    for taken in takens:
        for line in spill.merged(taken.runs.get("double_uids", ())):
            forest.conflict(ConflictKind.TWO_UIDS_IN_RECORD, IdentityKind.UID.value, (cloth.node(line),))
    owners = [run for taken in takens for run in taken.runs.get("owners", ())]
    _name_owners(cloth, spill.merged([*owners, *(run for one in laid for run in one.owners)]))
    _match_hashes(cloth, spill.merged([run for one in laid for run in one.hashes]))
    joins = [*(run for one in laid for run in one.joins), *cloth.joins.done()]
    for start, fields in by_key(spill.merged(joins)):
        _join(cloth, start, fields)
    for merge in sorted(question.merges, key=lambda each: (each.left, each.right)):
        pair = [cloth.first[side] for side in (merge.left, merge.right) if side in cloth.first]
        forest.chain(pair, merge.reason)
    reasons = tuple(forest.reasons)
    said = [*(run for one in laid for run in one.said), *forest.said.done()]
    return Woven(
        _by_person(cloth, laid, said, spill), [one.tallies for one in laid], [one.bare for one in laid], bases,
        first_bare, first_bare + sum(one.bare_records for one in laid), reasons, cloth.earlier_met,
    )  # fmt: skip


def _bases(takens: Sequence[Taken]) -> tuple[tuple[int, ...], int]:
    """Return the number of the first record of each file, and how many records all files hold."""
    counted = {each.file: each.nodes for each in takens if each.nodes}
    bases, total = [], 0
    for file in range(max(counted, default=-1) + 1):
        bases.append(total)
        total += counted.get(file, 0)
    return tuple(bases), total


def _jobs(cloth: _Cloth, takens: Sequence[Taken], spill: Spill, earlier: Sequence[Any]) -> Iterator[LayJob]:
    """Cut the handles into ranges."""
    named = spill.sorter()
    for entry in cloth.question.include:
        named.add(f"{key_text(entry.kind, entry.value)}u\n".encode())
    runs = [run for each in takens for name in ("identities", "touched") for run in each.runs.get(name, ())]
    runs = [*runs, *named.done(), *earlier]
    kinds: set[IdentityKind] = set()
    for taken in takens:
        kinds |= taken.kinds
    owned = any(taken.nodes == 0 and "owners" in taken.runs for taken in takens)
    parts = min(MOST_RANGES, cloth.first_bare // RECORDS_AT_ONCE + 1)
    samples = spill.samples(runs, parts * SAMPLES_EACH) if parts > 1 else ()
    for place, (start, end) in enumerate(ranges(samples, parts, key_start)):
        yield LayJob(
            place, start, end, runs, cloth.question, cloth.bases, cloth.first_bare, frozenset(kinds & HASHES), owned,
            spill,
        )  # fmt: skip


def _take_over(cloth: _Cloth, laid: Laid) -> None:
    """Take over what a range found: which user id names which record, and which handles are merged."""
    pairs = iter(array("I", laid.uids))
    for node, uid in zip(pairs, pairs, strict=True):
        cloth.forest.uids.set(node, uid)
    cloth.first |= laid.first


def _name_owners(cloth: _Cloth, lines: Iterator[bytes]) -> None:
    """Give the user id of the company's own records to the records of a prediction."""
    for _, group in groupby(lines, key=lambda line: line.split(b"\t", 1)[0]):
        nodes, uids = [], set()
        for line in group:
            said = line.rstrip(b"\n").split(b"\t", 1)[1]
            if said[:1] == b"o":
                uids.add(said[1:])
            else:
                nodes.append(int(said[1:]) if said[:1] == b"b" else cloth.node(said[1:]))
        for uid in sorted(uids) if nodes else ():
            for node in nodes:
                cloth.forest.say(node, f"i{uid.decode()}")
                cloth.joins.add(b'0\t%s\t%d\t"own record"\n' % (uid, node))


def _match_hashes(cloth: _Cloth, lines: Iterator[bytes]) -> None:
    """Send a hash to join with the address that it is the hash of, or else with its equals."""
    for start, fields in by_key(lines):
        emails: list[list[bytes]] = []
        holders: list[list[bytes]] = []
        for one in fields:
            (emails if one[:1] == b"e" else holders).append(one[1:-1].split(b"\t"))
        for email, owner in emails if holders else ():
            for node, where in [*holders, [owner, NOWHERE]]:
                cloth.joins.add(b"3\t%s\t%s\t%s\n" % (email, node, where))
        if not emails and len(holders) > 1:
            for node, where in holders:
                cloth.joins.add(b"%s\t%s\t%s\n" % (start, node, where))


def _join(cloth: _Cloth, start: bytes, fields: list[bytes]) -> None:
    nodes: set[int] = set()
    labels: set[bytes] = set()
    for one in fields:
        held, _, where = one[:-1].partition(b"\t")
        nodes.update(map(int, held.split(b" ")))
        labels.update(where.split(b"\t"))
    kind, members = JOIN_ORDER[start[0] - 48], sorted(nodes)
    if kind is IdentityKind.UID:
        members = cloth.forest.name(members)
    if cloth.question.merges and is_merged(cloth.question, handle := key_of(start[:1], start[2:])):
        cloth.first[handle] = min([*members, cloth.first.get(handle, members[0])])
    if len(members) > 1:
        cloth.forest.unite(members, kind, _reason(kind, frozenset(labels)))


@lru_cache(maxsize=4096)
def _reason(kind: IdentityKind, labels: frozenset[bytes]) -> str:
    return reason_of(kind, map(loads, labels))


def _by_person(cloth: _Cloth, laid: Sequence[Laid], said: Sequence[Any], spill: Spill) -> Sequence[Any]:
    """Sort every record, and what is said of it, under the first record of its person."""
    groups, root, first_bare = spill.sorter(), cloth.forest.root, cloth.first_bare
    for node in range(first_bare):
        groups.add(b"%010d\tn%010d\n" % (root(node), node))
    for place, one in enumerate(laid):
        for node in range(first_bare + place * STRIDE, first_bare + place * STRIDE + one.bare_records):
            groups.add(b"%010d\tn%010d\n" % (root(node), node))
    for line in spill.merged(said):
        person, text = root(int(line[:10])), line[11:]
        if text[:1] in _CLAIMS:
            if text[:1] == _IF_UNNAMED and cloth.forest.uids.get(person):
                continue
            text = _TOLD + text[1:]
            cloth.earlier_met.set(int(text[1:]), 1)
        groups.add(b"%010d\t%s" % (person, text))
    return groups.done()


def persons(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Cut the sorted lines into one list for each person."""
    for _, group in groupby(lines, key=lambda line: line[:10]):
        yield list(group)
