"""A log that nobody touched is verified; what is wrong with another is said, in order and in few words."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.ledger.checkpoint import Checkpoint, sign_note
from incident.ledger.findings import LACKING, MEANINGS
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.verify import FindingCode, Status, verify_log

from .logs import (
    CHECKPOINTS,
    KEYS,
    LINES,
    LOG,
    NEXT,
    ORIGIN,
    SIZE,
    STRANGER,
    WITNESS,
    codes,
    entry,
    head,
    row,
    signed,
)

C = FindingCode


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
