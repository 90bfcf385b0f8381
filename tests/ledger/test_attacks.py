"""Every attack on a log that was measured is named, with the first entry it touches."""

from __future__ import annotations

import pytest

from incident.ledger.verify import FindingCode, Status, verify_log

from .logs import (
    CHECKPOINTS,
    KEYS,
    LINES,
    SIGNED_AT,
    SIZE,
    STRANGER,
    codes,
    entry,
    head,
    renumbered,
    row,
    signed,
)

# --- the attacks of the table, each on a log whose outside copy is the checkpoint at 9 entries

EDITED = [*LINES[:4], entry(4, said="otherwise"), *LINES[5:]]
DELETED = [*LINES[:4], *LINES[5:]]
SWAPPED = [*LINES[:4], LINES[5], LINES[4], *LINES[6:]]
INSERTED = [*LINES[:4], entry(4, said="never"), *LINES[4:]]
C = FindingCode


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        pytest.param(EDITED, {C.CHECKPOINT_MISMATCH: 3}, id="edit"),
        pytest.param(DELETED, {C.ENTRIES_MISSING: 4, C.CHECKPOINT_MISMATCH: 3}, id="delete"),
        pytest.param(renumbered(DELETED), {C.CHECKPOINT_MISMATCH: 3}, id="delete, then renumber"),
        pytest.param(
            SWAPPED,
            {C.ENTRY_OUT_OF_ORDER: 4, C.TIME_BACKWARDS: 4, C.CHECKPOINT_MISMATCH: None},
            id="swap",
        ),
        pytest.param(
            renumbered(SWAPPED), {C.TIME_BACKWARDS: 5, C.CHECKPOINT_MISMATCH: None}, id="swap, then renumber"
        ),
        pytest.param(INSERTED, {C.ENTRY_REPEATED: 4, C.CHECKPOINT_MISMATCH: 3}, id="insert"),
        pytest.param(renumbered(INSERTED), {C.CHECKPOINT_MISMATCH: 3}, id="insert, then renumber"),
        pytest.param(LINES[:8], {C.LOG_TRUNCATED: 8}, id="truncate, checkpoints left"),
        pytest.param([], {C.LOG_TRUNCATED: 0}, id="delete all, checkpoints left"),
        pytest.param(
            [*LINES[:4], b"{}", *LINES[5:]], {C.ENTRY_UNREADABLE: 4, C.CHECKPOINT_MISMATCH: 3}, id="overwrite"
        ),
        pytest.param(
            [*LINES[:4], LINES[4].replace(b'"place":4', b'"place": 4'), *LINES[5:]],
            {C.ENTRY_UNREADABLE: 4, C.CHECKPOINT_MISMATCH: 3},
            id="re-serialize",
        ),
    ],
)
def test_attack_on_the_entries(lines, found):
    verdict = verify_log(lines, CHECKPOINTS, KEYS, head=head(lines))
    assert not verdict.ok
    assert verdict.status is Status.NOT_VERIFIED
    assert set(codes(verdict)) == set(found)
    for one in verdict.findings:
        assert found[one.code] is None or one.seq == found[one.code]


def test_a_mismatch_says_between_which_entries():
    verdict = verify_log(EDITED, CHECKPOINTS, KEYS, head=head(EDITED))
    assert verdict.findings[0].sentence == (
        "Something in entries 3 to 5 is not what the signed checkpoint at 6 entries was signed over."
    )
    assert verdict.findings[0].meaning == "Entries were edited, deleted, swapped or inserted after signing."
    assert verdict.sentence() == (
        "Not verified: Something in entries 3 to 5 is not what the signed checkpoint at 6 entries was signed over "
        "(1 more)."
    )
    assert (verdict.checkpoints_verified, verdict.covered, verdict.omitted) == (1, 3, 1)


def test_edit_without_recomputing_shows_in_the_stored_hash():
    rows = [row(one) for one in LINES]
    rows[4] = rows[4]._replace(encoded=EDITED[4])
    verdict = verify_log(rows, CHECKPOINTS[:1], KEYS, head=head(LINES))
    assert [(one.code, one.seq) for one in verdict.findings] == [
        (C.LEAF_HASH_MISMATCH, 4),
        (C.HEAD_MISMATCH, None),
    ]


@pytest.mark.parametrize("kept", [0, 3, 8])
def test_truncate_with_its_checkpoints_needs_an_outside_copy(kept):
    lines, stored = LINES[:kept], [signed(LINES, kept)]
    assert verify_log(lines, stored, KEYS, head=head(lines)).ok
    verdict = verify_log(lines, stored, KEYS, head=head(lines), known=CHECKPOINTS)
    assert codes(verdict) == [C.LOG_ROLLED_BACK]
    assert verdict.findings[0].seq == kept
    assert verdict.findings[0].sentence == (
        f"The log ends after {kept} entries, but the checkpoint given from outside at 9 entries covers {9 - kept} more."
    )


def test_re_sign_with_an_unknown_key():
    stored = [signed(EDITED, size, STRANGER) for size in SIGNED_AT]
    verdict = verify_log(EDITED, stored, KEYS, head=head(EDITED))
    assert codes(verdict) == [C.CHECKPOINT_KEY_UNKNOWN] * 3
    assert verdict.checkpoints_verified == 0


def test_rewrite_with_the_real_key():
    stored = [signed(EDITED, size) for size in SIGNED_AT]
    assert verify_log(EDITED, stored, KEYS, head=head(EDITED)).ok
    verdict = verify_log(EDITED, stored, KEYS, head=head(EDITED), known=[CHECKPOINTS[2]])
    assert codes(verdict) == [C.OUTSIDE_CHECKPOINT_MISMATCH]


def test_move_a_signature_to_another_root():
    text, _, lines = CHECKPOINTS[0].rpartition("\n\n")
    forged = signed(EDITED, 6).rpartition("\n\n")[0] + "\n\n" + lines
    assert text != forged.rpartition("\n\n")[0]
    verdict = verify_log(EDITED, [forged], KEYS, head=head(EDITED))
    assert codes(verdict) == [C.CHECKPOINT_SIGNATURE_WRONG]


def test_drop_all_checkpoints():
    verdict = verify_log(LINES, [], KEYS, head=head(LINES))
    assert codes(verdict) == [C.NO_CHECKPOINT]
    assert verdict.status is Status.INCOMPLETE
    assert verdict.sentence() == (
        "Incomplete: 10 entries without a contradiction, but no signed checkpoint covers them."
    )


def test_drop_all_checkpoints_though_one_is_known_outside():
    verdict = verify_log(LINES, [], KEYS, head=head(LINES), known=[CHECKPOINTS[2]])
    assert codes(verdict) == [C.CHECKPOINTS_GONE]
    assert (verdict.covered, verdict.outside_verified) == (9, 1)
    assert verdict.status is Status.NOT_VERIFIED
    assert verdict.sentence() == "Not verified: The log holds no signed checkpoint of its own any more."


def test_a_signature_over_nothing_covers_nothing():
    verdict = verify_log(LINES[:1], [signed(LINES, 0)], KEYS, head=None)
    assert codes(verdict) == [C.NOTHING_COVERED]
    assert (
        verdict.sentence()
        == "Incomplete: 1 entry without a contradiction, but no signed checkpoint covers them."
    )


@pytest.mark.parametrize(
    ("column", "value"),
    [("seq", 5), ("incident", "inc-2"), ("kind", "facts:forgotten")],
)
def test_change_an_index_column(column, value):
    rows = [row(one) for one in LINES]
    rows[4] = rows[4]._replace(**{column: value})
    verdict = verify_log(rows, CHECKPOINTS, KEYS, head=head(LINES), known=CHECKPOINTS)
    assert [(one.code, one.seq) for one in verdict.findings] == [(C.COLUMN_CHANGED, 4)]
    assert repr(column) in verdict.findings[0].sentence


def test_change_the_hash_column():
    rows = [row(one) for one in LINES]
    rows[4] = rows[4]._replace(leaf_hash=bytes(32))
    verdict = verify_log(rows, CHECKPOINTS, KEYS, head=head(LINES))
    assert [(one.code, one.seq) for one in verdict.findings] == [(C.LEAF_HASH_MISMATCH, 4)]


@pytest.mark.parametrize(
    ("stored", "seq"),
    [((SIZE, bytes(32)), None), ((SIZE + 2, bytes(32)), SIZE), ((4, bytes(32)), 4)],
)
def test_change_the_head(stored, seq):
    verdict = verify_log(LINES, CHECKPOINTS, KEYS, head=stored)
    assert [(one.code, one.seq) for one in verdict.findings] == [(C.HEAD_MISMATCH, seq)]
