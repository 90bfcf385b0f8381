"""Lay what the logs say beside the records by their handles: the part of weaving that can be done side by side.

Sorted lines are cut between handles, so whoever lays a range knows everything that is said of its handles. A handle
that only a log, an own record or a person's list names gets a record of its own. Numbers that are given out within a
range are unique over all ranges, and follow the order of the handles however they were cut.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from incident.core.scoping.identity import email_hashes
from incident.core.scoping.packing import (
    JOIN_ORDER,
    LAST_JOINING,
    TOLD,
    TOLD_IF_UNNAMED,
    Handle,
    key_of,
    key_text,
    pack_identities,
    quoted,
)
from incident.core.scoping.records import Identity, IdentityKind, Strength
from incident.core.scoping.tallies import added_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from incident.core.scoping.question import Question
    from incident.core.scoping.spill import Shelf, Sorter, Spill

HASHES = frozenset({IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5})
MOST_RANGES = 32
STRIDE = 1 << 26
"""How many numbers a range may give out: all ranges together stay within 32 bits."""
NOWHERE = b'""'
_BY_LOG = "named in a log"
_CLAIMS = frozenset({TOLD.encode(), TOLD_IF_UNNAMED.encode()})
_EMAIL_RANK = JOIN_ORDER.index(IdentityKind.EMAIL)


@dataclass(frozen=True, slots=True)
class LayJob:
    """One range of handles; records of accounts have the numbers below `first_bare`."""

    place: int
    start: bytes
    end: bytes | None
    runs: Sequence[Any]
    question: Question
    bases: tuple[int, ...]
    first_bare: int
    hashed: frozenset[IdentityKind]
    keep_uids: bool
    spill: Spill


@dataclass(frozen=True, slots=True)
class Laid:
    """What one range came to: runs, shelves, and numbers in pairs (record, user id)."""

    joins: Sequence[Any]
    hashes: Sequence[Any]
    owners: Sequence[Any]
    said: Sequence[Any]
    tallies: Any
    bare: Any
    bare_records: int
    uids: bytes
    first: dict[Handle, int]


def lay(job: LayJob) -> Laid:
    """Lay one range."""
    return _Loom(job).laid()


def ranges(
    samples: Iterable[bytes], parts: int, key: Callable[[bytes], bytes]
) -> list[tuple[bytes, bytes | None]]:
    """Cut what the sorted samples stand for into about equal ranges, so that no key is in two."""
    keys = [key(line) for line in samples]
    cuts = sorted({keys[len(keys) * part // parts] for part in range(1, parts)} if keys else ())
    return list(zip([b"", *cuts], [*cuts, None], strict=True))


def key_start(line: bytes) -> bytes:
    """Return the handle of a line: its first two fields, up to the second tab."""
    return line[: line.index(b"\t", 2) + 1]


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


def is_merged(question: Question, handle: Handle) -> bool:
    """Tell whether a person said that this handle's records are somebody else's too."""
    return any(handle in {merge.left, merge.right} for merge in question.merges)


@dataclass(slots=True)
class _Loom:
    job: LayJob
    joins: Sorter = field(init=False)
    hashes: Sorter = field(init=False)
    owners: Sorter = field(init=False)
    said: Sorter = field(init=False)
    tallies: Shelf = field(init=False)
    bare: Shelf = field(init=False)
    apart: frozenset[Handle] = field(init=False)
    bare_records: int = 0
    uids: array[int] = field(default_factory=lambda: array("I"))
    last_uid: int = 0
    first: dict[Handle, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        spill, first_number = self.job.spill, self.job.place * STRIDE
        self.joins, self.hashes, self.owners, self.said = (spill.sorter() for _ in range(4))
        self.tallies, self.bare = spill.shelf(), spill.shelf()
        self.apart = frozenset((entry.kind, entry.value) for entry in self.job.question.apart)
        self.last_uid = first_number

    def laid(self) -> Laid:
        job = self.job
        is_plain = not job.question.merges and not job.question.apart
        for start, fields in by_key(job.spill.merged(job.runs, job.start, job.end)):
            if not is_plain or len(fields) > 1 or not self._is_alone(start, fields[0]):
                self._lay(start, fields)
        return Laid(
            self.joins.done(), self.hashes.done(), self.owners.done(), self.said.done(), self.tallies.done(),
            self.bare.done(), self.bare_records, self.uids.tobytes(), self.first,
        )  # fmt: skip

    def _is_alone(self, start: bytes, only: bytes) -> bool:
        """Take the short way for a handle that one record holds and nothing else speaks of; most are so."""
        if only[15:16] != b"j":
            return False
        rank = start[0] - 48  # a digit
        if rank:
            return JOIN_ORDER[rank] not in HASHES and (rank != _EMAIL_RANK or not self.job.hashed)
        if self.job.keep_uids:
            return False
        self._name((self._node(only),))
        return True

    def _lay(self, start: bytes, fields: list[bytes]) -> None:
        """Give what is said of one handle to the records that hold it; make a record when none does."""
        held = len(fields)
        while held and not fields[held - 1][:1].isdigit():  # holders begin with a number, and so stand first
            held -= 1
        holders, said = fields[:held], fields[held:]
        nodes = [self._node(one) for one in holders]
        joining = [(node, one[17:-1]) for node, one in zip(nodes, holders, strict=True) if one[15:16] == b"j"]
        if not nodes and any(one[:1] in {b"t", b"u"} for one in said):
            nodes = [self._bare(key_of(start[:1], start[2:]))]
            joining = [(nodes[0], NOWHERE)]
        if not nodes:
            return
        if said:
            self._tell(nodes, said)
        if self.job.question.merges and is_merged(self.job.question, handle := key_of(start[:1], start[2:])):
            self.first[handle] = nodes[0]
        self._send_to_join(start, joining)

    def _tell(self, nodes: list[int], said: list[bytes]) -> None:
        tallied = list(added_up([one[1:].rstrip(b"\n") for one in said if one[:1] == b"t"]))
        if tallied:
            number = self.job.place * STRIDE + self.tallies.put(b"[" + b",".join(tallied) + b"]")
            for node in nodes:
                self._say(node, b"t%d" % number)
        for one in said:
            if one[:1] in _CLAIMS:
                for node in nodes:
                    self._say(node, one[:-1])

    def _send_to_join(self, start: bytes, joining: list[tuple[int, bytes]]) -> None:
        job, rank = self.job, start[0] - 48
        kind = JOIN_ORDER[rank]
        if not rank:
            self._name(node for node, _ in joining)
        if self.apart and key_of(start[:1], start[2:]) in self.apart:
            return
        if kind in HASHES:
            for node, where in joining:
                self.hashes.add(b"%s\tn%010d\t%s\n" % (start, node, where))
            return
        if rank == _EMAIL_RANK and job.hashed and joining:
            email = key_of(start[:1], start[2:])[1]
            for hash_kind, digest in email_hashes(email):
                if hash_kind in job.hashed:
                    text = f"{key_text(hash_kind, digest)}e{quoted(email)}\t{joining[0][0]:010d}\n"
                    self.hashes.add(text.encode())
        alone = len(joining) < 2 and not (job.keep_uids and not rank)  # noqa: PLR2004 - a pair
        if not alone and rank <= LAST_JOINING:
            nodes = b" ".join([b"%d" % node for node, _ in joining])
            where = b"\t".join(sorted({where for _, where in joining}))
            self.joins.add(b"%s\t%s\t%s\n" % (start, nodes, where))

    def _bare(self, handle: Handle) -> int:
        kind, value = handle
        self.bare.put(pack_identities([Identity(kind, value, Strength.STRONG, _BY_LOG)]))
        node = self.job.first_bare + self.job.place * STRIDE + self.bare_records
        self.bare_records += 1
        if kind is IdentityKind.PREDICTION_ID:
            self.owners.add(f"{quoted(value)}\tb{node:010d}\n".encode())
        return node

    def _name(self, nodes: Iterable[int]) -> None:
        """Give the records of one user id its number; a record is named by one user id here."""
        self.last_uid += 1
        for node in nodes:
            self.uids.append(node)
            self.uids.append(self.last_uid)

    def _say(self, node: int, said: bytes) -> None:
        self.said.add(b"%010d\t%s\n" % (node, said))

    def _node(self, text: bytes) -> int:
        """Return the number of a record from the number of its file and its number there."""
        return self.job.bases[int(text[:5])] + int(text[5:15])
