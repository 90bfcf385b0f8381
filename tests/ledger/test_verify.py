"""Every attack on a log is named; a log that nobody touched is verified."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.ledger.checkpoint import Checkpoint, NoteSigner, sign_note
from incident.ledger.entry import Draft, decode, encode
from incident.ledger.findings import LACKING, MEANINGS
from incident.ledger.merkle import CompactRange, leaf_hash, root_of
from incident.ledger.verify import FindingCode, Row, Status, verify_log

ORIGIN = "example.org/tocsin"
LOG = NoteSigner(ORIGIN, bytes(range(32)))
NEXT = NoteSigner(ORIGIN, bytes(range(1, 33)))
STRANGER = NoteSigner(ORIGIN, bytes(32))
WITNESS = NoteSigner("example.org/witness", bytes(32))
KEYS = [LOG.verifier()]
START = datetime(2026, 3, 10, 5, tzinfo=UTC)
SIGNED_AT = (3, 6, 9)
SIZE = 10


def entry(seq, *, said="so", minutes=None):
    at = START + timedelta(minutes=seq if minutes is None else minutes)
    draft = Draft("inc-1", "facts:amended", at, "mara", False, {"said": said, "place": seq})  # noqa: FBT003
    return encode(draft.at(seq, at))


def row(encoded):
    said = decode(encoded)
    return Row(said.seq, encoded, said.incident, said.kind, leaf_hash(encoded))


def signed(entries, size, *signers):
    root = root_of(leaf_hash(one) for one in entries[:size])
    return sign_note(Checkpoint(ORIGIN, size, root).text(), signers or (LOG,))


def head(entries):
    return len(entries), root_of(leaf_hash(one) for one in entries)


def renumbered(entries):
    return [encode(replace(decode(one), seq=seq)) for seq, one in enumerate(entries)]


def codes(verdict):
    return [one.code for one in verdict.findings]


LINES = [entry(seq) for seq in range(SIZE)]
CHECKPOINTS = [signed(LINES, size) for size in SIGNED_AT]


def test_a_log_nobody_touched():
    verdict = verify_log(LINES, CHECKPOINTS, KEYS, head=head(LINES), known=[CHECKPOINTS[1]])
    assert verdict.ok
    assert verdict.status is Status.VERIFIED
    assert (verdict.size, verdict.root) == head(LINES)
    assert (verdict.checkpoints_verified, verdict.outside_verified, verdict.covered) == (4, 1, 9)
    assert verdict.findings == ()
    assert verdict.sentence() == (
        "Verified: 10 entries checked against 4 signed checkpoints, 1 entry after the last of them not yet signed; "
        "1 kept outside."
    )


def test_the_same_as_rows():
    assert verify_log(map(row, LINES), CHECKPOINTS, KEYS, head=head(LINES)).ok


def test_without_an_outside_copy_the_verdict_says_so():
    verdict = verify_log(LINES[:9], CHECKPOINTS[2:], KEYS, head=None)
    assert verdict.sentence() == (
        "Verified: 9 entries checked against 1 signed checkpoint; "
        "none kept outside, so a roll-back of the whole log would not show."
    )


@given(st.integers(0, 40), st.sets(st.integers(0, 40)))
def test_any_log_with_any_checkpoints(size, places):
    lines = [entry(seq) for seq in range(size)]
    at = [place for place in places if place <= size]
    verdict = verify_log(lines, [signed(lines, place) for place in at], KEYS, head=head(lines))
    assert (verdict.size, verdict.root) == head(lines)
    assert verdict.checkpoints_verified == len(at)
    assert verdict.covered == max(at, default=0)
    assert verdict.ok == (bool(at) and (verdict.covered > 0 or size == 0))
    assert verdict.ok or verdict.status is Status.INCOMPLETE


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
    assert codes(verdict) == [C.NO_CHECKPOINT]
    assert (verdict.covered, verdict.outside_verified) == (9, 1)
    assert verdict.sentence() == (
        "Incomplete: 10 entries without a contradiction, but the log's own checkpoints are gone."
    )


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


def test_backdate_an_entry():
    lines = [*LINES[:9], entry(9, minutes=2)]
    verdict = verify_log(lines, CHECKPOINTS, KEYS, head=head(lines))
    assert [(one.code, one.seq) for one in verdict.findings] == [(C.TIME_BACKWARDS, 9)]


def test_two_entries_may_share_an_instant():
    lines = [entry(seq, minutes=0) for seq in range(4)]
    assert verify_log(lines, [signed(lines, 4)], KEYS, head=None).ok


def test_an_entry_of_a_later_form_is_said_to_be_one():
    lines = [LINES[0], LINES[1].replace(b'"v":1}', b'"v":2}')]
    verdict = verify_log(lines, [signed(lines, 2)], KEYS, head=None)
    assert codes(verdict) == [C.ENTRY_UNREADABLE]
    assert "form 2" in verdict.findings[0].sentence


@pytest.mark.parametrize("whose", ["checkpoints", "known"])
@pytest.mark.parametrize(
    ("note", "code"),
    [
        ("not a note", C.CHECKPOINT_UNREADABLE),
        (sign_note("a note, but no checkpoint\n", [LOG]), C.CHECKPOINT_UNREADABLE),
        (sign_note(Checkpoint("example.org/other", 3, bytes(32)).text(), [LOG]), C.CHECKPOINT_OF_OTHER_LOG),
        (signed(LINES, 3, STRANGER), C.CHECKPOINT_KEY_UNKNOWN),
        (CHECKPOINTS[0].replace("\n3\n", "\n4\n"), C.CHECKPOINT_SIGNATURE_WRONG),
    ],
)
def test_what_is_no_checkpoint_of_this_log(whose, note, code):
    given_notes = {"checkpoints": CHECKPOINTS, "known": []}
    given_notes[whose] = [*given_notes[whose], note]
    verdict = verify_log(LINES, given_notes["checkpoints"], KEYS, head=None, known=given_notes["known"])
    assert codes(verdict) == [code]
    assert ("outside" in verdict.findings[0].sentence) == (whose == "known")
    assert verdict.checkpoints_verified == 3


def test_a_witness_alone_does_not_speak_for_the_log():
    keys = [LOG.verifier(), WITNESS.verifier()]
    alone = verify_log(LINES, [signed(LINES, 9, WITNESS)], keys, head=None)
    both = verify_log(LINES, [signed(LINES, 9, WITNESS, LOG)], keys, head=None)
    assert (codes(alone), both.ok) == ([C.CHECKPOINT_OF_OTHER_LOG], True)


def test_the_origin_may_be_named_when_it_is_not_the_name_of_the_key():
    text = Checkpoint("a log of old", 10, head(LINES)[1]).text()
    note = sign_note(text, [LOG])
    assert verify_log(LINES, [note], KEYS, head=None, origin="a log of old").ok
    assert codes(verify_log(LINES, [note], KEYS, head=None)) == [C.CHECKPOINT_OF_OTHER_LOG]


def test_keys_are_rotated_with_an_overlap():
    stored = [signed(LINES, 3), signed(LINES, 6, LOG, NEXT), signed(LINES, 9, NEXT)]
    assert verify_log(LINES, stored, [LOG.verifier(), NEXT.verifier()], head=None).ok
    old_only = verify_log(LINES, stored, KEYS, head=None)
    assert codes(old_only) == [C.CHECKPOINT_KEY_UNKNOWN]
    assert old_only.covered == 6


def test_many_gaps_and_many_findings_stay_few_and_are_counted():
    lines = [entry(seq) for seq in range(0, 4000, 2)]
    verdict = verify_log(lines, [signed(lines, 10)], KEYS, head=None)
    assert codes(verdict) == [C.ENTRIES_MISSING] * 10
    assert len(verdict.findings) + verdict.omitted == 1999


def test_missing_entries_that_come_late_are_not_missing():
    order = [0, 9, 3, 4, 1, 9, 8]
    verdict = verify_log([entry(seq, minutes=0) for seq in order], [], KEYS, head=None)
    told = {(one.code, one.seq): one.sentence for one in verdict.findings}
    assert set(told) == {
        *((C.ENTRY_OUT_OF_ORDER, seq) for seq in (1, 3, 4, 8)),
        (C.ENTRY_REPEATED, 9),
        *((C.ENTRIES_MISSING, seq) for seq in (2, 5)),
    }
    assert told[C.ENTRIES_MISSING, 2] == "Entry 2 is not there."
    assert told[C.ENTRIES_MISSING, 5] == "Entries 5 to 7 are not there."


def test_findings_come_in_the_order_of_the_log():
    verdict = verify_log([b"", LINES[3]], ["", signed(LINES, 2)], KEYS, head=(5, bytes(32)))
    places = [one.seq for one in verdict.findings]
    assert places == [0, 0, 1, 2, None]


@given(st.integers(0, SIZE - 1), st.binary(max_size=6), st.integers(0, 300))
def test_no_spoiled_entry_passes(place, put, at):
    spoiled = LINES[place][:at] + put + LINES[place][at + len(put) :]
    lines = [*LINES[:place], spoiled, *LINES[place + 1 :]]
    verdict = verify_log(lines, [signed(LINES, SIZE)], KEYS, head=None)
    assert verdict.ok == (lines == LINES)


def test_every_code_has_a_meaning():
    assert set(MEANINGS) == set(FindingCode)
    assert set(FindingCode) > LACKING


def test_memory_is_flat():
    count = 5000
    stream = [entry(seq) for seq in range(count)]
    tree = CompactRange().extend(map(leaf_hash, stream))
    stored = [sign_note(Checkpoint(ORIGIN, count, tree.root()).text(), [LOG])]
    tracemalloc.start()
    verdict = verify_log(iter(stream), stored, KEYS, head=(count, tree.root()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert verdict.ok
    assert peak < 300_000
