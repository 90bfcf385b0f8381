"""What a verification found, in words for the person who asked: codes, sentences, meanings, the verdict.

How it is found is left to `verify`; how it is shown, and the exit code, to the skins.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final


class FindingCode(StrEnum):
    """The kinds of wrong that a ledger can show."""

    ENTRY_UNREADABLE = "entry_unreadable"
    ENTRIES_MISSING = "entries_missing"
    ENTRY_OUT_OF_ORDER = "entry_out_of_order"
    ENTRY_REPEATED = "entry_repeated"
    TIME_BACKWARDS = "time_backwards"
    COLUMN_CHANGED = "column_changed"
    LEAF_HASH_MISMATCH = "leaf_hash_mismatch"
    HEAD_MISMATCH = "head_mismatch"
    NODE_MISMATCH = "node_mismatch"
    CHECKPOINT_UNREADABLE = "checkpoint_unreadable"
    CHECKPOINT_SIGNATURE_WRONG = "checkpoint_signature_wrong"
    CHECKPOINT_KEY_UNKNOWN = "checkpoint_key_unknown"
    CHECKPOINT_KEY_RETIRED = "checkpoint_key_retired"
    CHECKPOINT_OF_OTHER_LOG = "checkpoint_of_other_log"
    CHECKPOINT_MISMATCH = "checkpoint_mismatch"
    OUTSIDE_CHECKPOINT_MISMATCH = "outside_checkpoint_mismatch"
    LOG_TRUNCATED = "log_truncated"
    LOG_ROLLED_BACK = "log_rolled_back"
    CHECKPOINTS_GONE = "checkpoints_gone"
    NO_CHECKPOINT = "no_checkpoint"
    NOTHING_COVERED = "nothing_covered"


LACKING: Final = frozenset({FindingCode.NO_CHECKPOINT, FindingCode.NOTHING_COVERED})

MEANINGS: Final = {
    FindingCode.ENTRY_UNREADABLE: "The stored bytes were altered, or were never written by this program.",
    FindingCode.ENTRIES_MISSING: "Entries that were recorded have been deleted.",
    FindingCode.ENTRY_OUT_OF_ORDER: "Entries were swapped: the order shown is not the order recorded.",
    FindingCode.ENTRY_REPEATED: "An entry was inserted or copied after the fact.",
    FindingCode.TIME_BACKWARDS: "A clock was set back, or an entry was made to look older than it is.",
    FindingCode.COLUMN_CHANGED: "A search column was altered: lists show what was not recorded.",
    FindingCode.LEAF_HASH_MISMATCH: "The entry or its stored hash was altered after it was recorded.",
    FindingCode.HEAD_MISMATCH: "The entries and the stored head of the log were not written together.",
    FindingCode.NODE_MISMATCH: "A stored hash of the tree was altered or is gone: proofs made with it fail.",
    FindingCode.CHECKPOINT_UNREADABLE: "What is stored as a checkpoint is not one, so it proves nothing.",
    FindingCode.CHECKPOINT_SIGNATURE_WRONG: "The checkpoint was altered after the log's key signed it.",
    FindingCode.CHECKPOINT_KEY_UNKNOWN: "Someone without the log's key signed it, or a key is missing here.",
    FindingCode.CHECKPOINT_KEY_RETIRED: "A key that had been taken out of use signed it: its secret is abroad.",
    FindingCode.CHECKPOINT_OF_OTHER_LOG: "The checkpoint speaks of another log and proves nothing here.",
    FindingCode.CHECKPOINT_MISMATCH: "Entries were edited, deleted, swapped or inserted after signing.",
    FindingCode.OUTSIDE_CHECKPOINT_MISMATCH: "History was rewritten after a copy of its root had left us.",
    FindingCode.LOG_TRUNCATED: "Entries at the end were removed after they had been signed.",
    FindingCode.LOG_ROLLED_BACK: "An older copy of the log is in place, or its end and checkpoints were cut.",
    FindingCode.CHECKPOINTS_GONE: "The log's own signatures were removed; copies of them are still known.",
    FindingCode.NO_CHECKPOINT: "Nothing signed is there to compare with; agreement alone proves nothing.",
    FindingCode.NOTHING_COVERED: "No signature reaches any entry yet: consistent is not genuine.",
}


class Status(StrEnum):
    """How a verification ended."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong; `seq` is the first entry it touches, None when it touches none."""

    code: FindingCode
    seq: int | None
    sentence: str

    @property
    def meaning(self) -> str:
        """Say what the finding means."""
        return MEANINGS[self.code]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is known of a log after verification.

    `covered` entries stand under a matching signed checkpoint; `checkpoints_verified` counts all that match
    and `outside_verified` those of them given from outside; `omitted` findings repeat a code already told.
    """

    size: int
    root: bytes
    findings: tuple[Finding, ...]
    checkpoints_verified: int
    outside_verified: int
    covered: int
    omitted: int = 0

    @property
    def status(self) -> Status:
        """Say how it ended; incomplete when all that is wrong is that something signed is lacking."""
        if not self.findings:
            return Status.VERIFIED
        return Status.INCOMPLETE if {one.code for one in self.findings} <= LACKING else Status.NOT_VERIFIED

    @property
    def ok(self) -> bool:
        """Say whether everything asked was verified."""
        return self.status is Status.VERIFIED

    def sentence(self) -> str:
        """Give the verdict as one sentence for a person."""
        match self.status:
            case Status.VERIFIED:
                return self._verified_sentence()
            case Status.INCOMPLETE:
                lack = "no signed checkpoint covers them"
                return f"Incomplete: {_entries(self.size)} without a contradiction, but {lack}."
            case Status.NOT_VERIFIED:
                return f"Not verified: {self._first_wrong()}"

    def _verified_sentence(self) -> str:
        signed = (
            "1 signed checkpoint"
            if self.checkpoints_verified == 1
            else f"{self.checkpoints_verified} signed checkpoints"
        )
        later = self.size - self.covered
        tail = f", {_entries(later)} after the last of them not yet signed" if later else ""
        outside = (
            f"{self.outside_verified} kept outside"
            if self.outside_verified
            else "none kept outside, so a roll-back of the whole log would not show"
        )
        return f"Verified: {_entries(self.size)} checked against {signed}{tail}; {outside}."

    def _first_wrong(self) -> str:
        more = len(self.findings) + self.omitted - 1
        rest = f" ({more} more)" if more else ""
        return f"{self.findings[0].sentence.removesuffix('.')}{rest}."


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


FINDINGS_PER_CODE: Final = 10


@dataclass(slots=True)
class Notebook:
    """Findings as they are made, at most ten of a code so that memory stays flat."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[FindingCode] = field(default_factory=Counter)

    def add(
        self, code: FindingCode, seq: int | None, sentence: str, *, most: int = FINDINGS_PER_CODE
    ) -> None:
        """Note a finding, or count it where `most` of its code are noted."""
        self.counts[code] += 1
        if self.counts[code] <= most:
            self.findings.append(Finding(code, seq, sentence))

    def in_order(self) -> tuple[Finding, ...]:
        """Give the findings by the first entry they touch; those that touch none come last."""
        return tuple(sorted(self.findings, key=lambda one: (one.seq is None, one.seq or 0)))

    @property
    def omitted(self) -> int:
        """Count the findings that were not noted."""
        return self.counts.total() - len(self.findings)
