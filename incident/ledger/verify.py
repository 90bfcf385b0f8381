"""Verify a log as it streams by: its entries, its head, and every signed checkpoint at its size.

Memory stays flat whatever the length. Where entries and checkpoints come from, which keys to trust and how
the verdict is shown is left to others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, TamperError
from incident.ledger.checkpoint import Checkpoint, UnknownKeyError, open_note, parse_checkpoint
from incident.ledger.findings import Finding, FindingCode, Notebook, Status, Verdict
from incident.ledger.merkle import HASH_BYTES, MAX_SIZE, TILE_HEIGHT, CompactRange, Upper
from incident.ledger.reader import EntryReader, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incident.ledger.checkpoint import Verifier

__all__ = ["Finding", "FindingCode", "Row", "Status", "Verdict", "verify_log"]

BATCH: Final = 512


@dataclass(frozen=True, slots=True)
class _Claim:
    checkpoint: Checkpoint
    outside: bool

    def __str__(self) -> str:
        whose = "checkpoint given from outside" if self.outside else "signed checkpoint"
        return f"the {whose} at {self.checkpoint.size} entries"


def verify_log(
    entries: Iterable[bytes | Row],
    checkpoints: Iterable[str],
    verifiers: Iterable[Verifier],
    *,
    head: tuple[int, bytes] | None,
    known: Iterable[str] = (),
    origin: str | None = None,
    uppers: Iterable[Upper] | None = None,
    retired: Mapping[bytes, int] = MappingProxyType({}),
) -> Verdict:
    """Verify a log from its first entry to its last, once through.

    `entries` are the bytes in stored order, or rows whose columns are compared with the bytes. `checkpoints`
    are the log's own signed notes, `known` those a reader kept outside, `head` the stored size and root.
    `origin` names the log; without it, a checkpoint's origin is to be the name of a key that signed it.
    `uppers` are the stored hashes above the leaves, by level and place, where there are such. `retired` gives, by key
    id, the entry that took a key out of use: what it alone signed after that entry is not believed.
    Raises nothing for what is wrong with the log: all of it is in the verdict.
    """
    notes, trusted = Notebook(), tuple(verifiers)
    stored = list(_claims(checkpoints, trusted, origin, notes, retired, outside=False))
    outside = list(_claims(known, trusted, origin, notes, retired, outside=True))
    judge = _Judge(sorted([*stored, *outside], key=lambda claim: claim.checkpoint.size), notes)
    levels: list[bytearray] = []
    tree = _walk(entries, judge, notes, levels)
    judge.close(tree.size)
    _compare_head(head, tree, notes)
    if uppers is not None:
        _compare_nodes(levels, uppers, notes)
    _tell_lacking(judge, tree, notes, signed=bool(stored))
    return Verdict(
        tree.size,
        tree.root(),
        notes.in_order(),
        checkpoints_verified=len(judge.matched),
        outside_verified=sum(claim.outside for claim in judge.matched),
        covered=judge.covered,
        omitted=notes.omitted,
    )


def _tell_lacking(judge: _Judge, tree: CompactRange, notes: Notebook, *, signed: bool) -> None:
    if not signed and judge.matched:
        why = "The log holds no signed checkpoint of its own any more."
        notes.add(FindingCode.CHECKPOINTS_GONE, None, why)
    elif not signed and not notes.findings:
        notes.add(FindingCode.NO_CHECKPOINT, None, "The log holds no signed checkpoint.")
    elif tree.size and not judge.covered and not notes.findings:
        notes.add(FindingCode.NOTHING_COVERED, 0, "No signed checkpoint covers any entry.")


def _claims(
    notes_given: Iterable[str],
    verifiers: tuple[Verifier, ...],
    origin: str | None,
    notes: Notebook,
    retired: Mapping[bytes, int],
    *,
    outside: bool,
) -> Iterator[_Claim]:
    whose = "given from outside" if outside else "of the log"
    for place, note in enumerate(notes_given, start=1):
        name = f"Checkpoint {place} {whose}"
        try:
            opened = open_note(note, verifiers)
            checkpoint = parse_checkpoint(opened.text)
        except UnknownKeyError:
            notes.add(FindingCode.CHECKPOINT_KEY_UNKNOWN, None, f"{name} is signed by no key known here.")
        except TamperError:
            notes.add(
                FindingCode.CHECKPOINT_SIGNATURE_WRONG,
                None,
                f"{name} has a wrong signature under a known key.",
            )
        except BadInputError as error:
            notes.add(FindingCode.CHECKPOINT_UNREADABLE, None, f"{name} cannot be read: {error.reason}.")
        else:
            if checkpoint.origin not in (
                {one.name for one in opened.verified} if origin is None else {origin}
            ):
                notes.add(
                    FindingCode.CHECKPOINT_OF_OTHER_LOG, None, f"{name} names another log as its origin."
                )
            elif all(retired.get(one.key_id, MAX_SIZE) < checkpoint.size - 1 for one in opened.verified):
                until = max(retired[one.key_id] for one in opened.verified)
                why = (
                    f"{name}, at {checkpoint.size} entries, is signed only by a key retired at entry {until}."
                )
                notes.add(FindingCode.CHECKPOINT_KEY_RETIRED, until, why)
            else:
                yield _Claim(checkpoint, outside)


def _walk(
    entries: Iterable[bytes | Row], judge: _Judge, notes: Notebook, levels: list[bytearray]
) -> CompactRange:
    reader = EntryReader(notes)
    tree = CompactRange()
    judge.compare(tree)
    stream = iter(entries)
    while some := list(islice(stream, judge.next_stop(tree.size) - tree.size)):
        tree, full = tree.grow(reader.read_all(some))
        _keep(levels, full)
        judge.compare(tree)
    reader.close()
    return tree


def _keep(levels: list[bytearray], full: Iterable[Upper]) -> None:
    for level, _, one in full:
        while len(levels) < level:
            levels.append(bytearray())
        levels[level - 1] += one


def _compare_nodes(levels: list[bytearray], uppers: Iterable[Upper], notes: Notebook) -> None:
    seen = [0] * len(levels)
    for level, number, one in uppers:
        at = number * HASH_BYTES
        known = levels[level - 1][at : at + HASH_BYTES] if level <= len(levels) else b""
        if not known or number != seen[level - 1] or known != one:
            why = f"The stored hash of level {level}, place {number}, is not that of the entries."
            notes.add(FindingCode.NODE_MISMATCH, number << TILE_HEIGHT * level, why)
        if level <= len(seen):
            seen[level - 1] = number + 1
    for level, (count, kept) in enumerate(zip(seen, levels, strict=True), start=1):
        if count * HASH_BYTES < len(kept):
            why = f"Stored hashes of level {level} from place {count} on are gone."
            notes.add(FindingCode.NODE_MISMATCH, count << TILE_HEIGHT * level, why)


@dataclass(slots=True)
class _Judge:
    """Compares each claim with the root at its size, in the order of size."""

    claims: list[_Claim]
    notes: Notebook
    matched: list[_Claim] = field(default_factory=list)
    covered: int = 0
    place: int = 0

    def next_stop(self, size: int) -> int:
        batch = size + BATCH
        return min(batch, self.claims[self.place].checkpoint.size) if self.place < len(self.claims) else batch

    def compare(self, tree: CompactRange) -> None:
        while self.place < len(self.claims) and self.claims[self.place].checkpoint.size == tree.size:
            claim = self.claims[self.place]
            self.place += 1
            if claim.checkpoint.root == tree.root():
                self.matched.append(claim)
                self.covered = tree.size
            else:
                self._contradict(claim)

    def _contradict(self, claim: _Claim) -> None:
        code = FindingCode.OUTSIDE_CHECKPOINT_MISMATCH if claim.outside else FindingCode.CHECKPOINT_MISMATCH
        first, last = min(self.covered, max(claim.checkpoint.size - 1, 0)), max(claim.checkpoint.size - 1, 0)
        where = f"entry {last}" if first == last else f"entries {first} to {last}"
        self.notes.add(code, first, f"Something in {where} is not what {claim} was signed over.", most=1)

    def close(self, size: int) -> None:
        for claim in reversed(self.claims[self.place :]):
            code = FindingCode.LOG_ROLLED_BACK if claim.outside else FindingCode.LOG_TRUNCATED
            lost = claim.checkpoint.size - size
            sentence = f"The log ends after {size} entries, but {claim} covers {lost} more."
            self.notes.add(code, size, sentence, most=1)


def _compare_head(head: tuple[int, bytes] | None, tree: CompactRange, notes: Notebook) -> None:
    if head is None or head == (tree.size, tree.root()):
        return
    if head[0] == tree.size:
        notes.add(
            FindingCode.HEAD_MISMATCH, None, "The stored head of the log has another root than the entries."
        )
    else:
        why = f"The stored head of the log counts {head[0]} entries, but {tree.size} are there."
        notes.add(FindingCode.HEAD_MISMATCH, min(head[0], tree.size), why)
