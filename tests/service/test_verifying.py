"""Verification gives one verdict whatever was changed, wherever it was changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from incident.adapters.keys import FileKeys, create_key
from incident.core import events as e
from incident.errors import PermanentError
from incident.ledger.findings import FindingCode
from incident.ledger.verify import verify_log
from incident.service import reading_through, verifying_log
from incident.service.house import MILESTONES
from incident.service.signing import checkpoint_if_due
from incident.service.verifying import verify
from tests.builders.house import Scene, reopened, workspace

EVIL = "evil@example.org"


def tampered(scene: Scene, *statements: str) -> None:
    """Change the database behind the program's back, triggers taken away as an insider can."""
    with closing(sqlite3.connect(scene.folder / "tocsin.db")) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            assert connection.execute(statement).rowcount, f"changed nothing: {statement}"
        connection.commit()


def codes(scene: Scene) -> set[FindingCode]:
    return {finding.code for finding in verify(scene.house).log.findings}


def test_what_nobody_touched_is_verified(played):
    result = verify(played("to_approved").house)
    assert result.ok
    assert result.problems == ()
    assert result.sentence().startswith("Verified:")


def test_lines_that_are_not_compared_are_said(played, monkeypatch):
    scene = played("to_approved")
    tampered(scene, "UPDATE timeline SET sentence = 'nothing happened'")
    assert verify(scene.house).wrong_lines
    monkeypatch.setattr(reading_through, "LINES_AT_MOST", 3)
    result = verify(scene.house)
    assert result.wrong_lines == ()
    assert [line for line in result.remarks if "timeline was not compared" in line]


def test_an_empty_ledger_has_nothing_wrong(fresh):
    result = verify(fresh.house)
    assert result.ok
    assert result.sentence() == "Nothing is recorded yet."


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE person SET email = '{EVIL}' WHERE position = 3",
        "UPDATE person SET name = 'Somebody Else' WHERE position = 3",
        "UPDATE person SET language = 'xx' WHERE position = 3",
        "UPDATE cohort_stretch SET certainty = 'excluded' WHERE first = 0",
        "UPDATE cohort_stretch SET jurisdiction = 'XX' WHERE first = 0",
        "UPDATE cohort_stretch SET last = last + 1 WHERE first = 0",
        "UPDATE person_block SET records = replace(CAST(records AS TEXT), 'DE', 'US')",
        "UPDATE person_block SET records = CAST(replace(CAST(records AS TEXT), 'DE', 'US') AS BLOB)",
        "UPDATE person_block SET commitments = randomblob(length(commitments))",
        "UPDATE person_block SET commitments = 'text'",
        "UPDATE person_block SET keys = randomblob(length(keys))",
        "UPDATE person_block SET known = 'not json'",
        "UPDATE person_block SET known = replace(known, 'email', 'phone')",
        "UPDATE person_block SET number = 1",
        "DELETE FROM person_block",
        "DELETE FROM person WHERE position = 13",
        "DELETE FROM person",
    ],
)
def test_a_changed_row_about_a_person_is_found(played, statement):
    scene = played("to_cohort")
    tampered(scene, statement)
    result = verify(scene.house)
    assert not result.ok
    assert result.log.ok
    assert result.wrong_people
    assert EVIL not in " ".join(result.problems)
    assert "beside it" in result.sentence()


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        (
            "UPDATE ledger_entry SET body = CAST(replace(CAST(body AS TEXT), 'ada', 'eve') AS BLOB) WHERE seq = 0",
            FindingCode.LEAF_HASH_MISMATCH,
        ),
        (
            "UPDATE ledger_entry SET body = replace(body, 'ada', 'eve') WHERE seq = 0",
            FindingCode.LEAF_HASH_MISMATCH,
        ),
        ("UPDATE ledger_entry SET body = 'nothing at all' WHERE seq = 1", FindingCode.ENTRY_UNREADABLE),
        ("UPDATE ledger_entry SET body = 7 WHERE seq = 1", FindingCode.ENTRY_UNREADABLE),
        (
            "UPDATE ledger_entry SET body = CAST(x'fffe80' AS TEXT) WHERE seq = 1",
            FindingCode.ENTRY_UNREADABLE,
        ),
        ("UPDATE ledger_entry SET body = x'' WHERE seq = 1", FindingCode.ENTRY_UNREADABLE),
        ("UPDATE ledger_entry SET leaf_hash = 'text' WHERE seq = 1", FindingCode.LEAF_HASH_MISMATCH),
        ("UPDATE ledger_entry SET kind = 'incident:closed' WHERE seq = 1", FindingCode.COLUMN_CHANGED),
        ("UPDATE ledger_entry SET incident = 'INC-OTHER' WHERE seq = 1", FindingCode.COLUMN_CHANGED),
        ("DELETE FROM ledger_entry WHERE seq = 4", FindingCode.ENTRIES_MISSING),
        ("DELETE FROM ledger_entry WHERE seq > 5", FindingCode.LOG_TRUNCATED),
        ("UPDATE ledger_head SET size = 3", FindingCode.NO_CHECKPOINT),
        ("UPDATE ledger_head SET compact_range = randomblob(100)", FindingCode.NO_CHECKPOINT),
        ("DELETE FROM ledger_head", FindingCode.NO_CHECKPOINT),
        ("UPDATE checkpoint SET note = replace(note, 'a', 'b')", FindingCode.CHECKPOINT_OF_OTHER_LOG),
    ],
)
def test_a_changed_ledger_gives_a_verdict(played, statement, code):
    scene = played("to_cohort")
    tampered(scene, statement)
    result = verify(scene.house)
    assert not result.ok
    assert result.sentence()
    if "ledger_head" in statement:
        assert result.problems[0].startswith("the stored tree head")
    elif "checkpoint" not in statement:
        assert code in {finding.code for finding in result.log.findings}


def test_a_log_cut_back_together_with_its_checkpoints_shows_only_against_a_copy_outside(played):
    scene = played("to_cohort")
    notes = list(scene.house.store.checkpoints())
    tampered(
        scene,
        "DELETE FROM ledger_entry WHERE seq > 0",
        "DELETE FROM checkpoint WHERE size > 1",
    )
    assert not verify(scene.house).ok, "the stored head still counts what was there"
    outside = verify_log(
        scene.house.store.rows(),
        scene.house.store.checkpoints(),
        [signer.verifier() for signer in scene.house.keys.signers()],
        head=None,
        known=notes[-1:],
    )
    assert FindingCode.LOG_ROLLED_BACK in {finding.code for finding in outside.findings}


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_evidence_that_is_not_as_it_was_frozen_is_named(played, how):
    scene = played("to_cohort")
    item = next(iter(scene.state.evidence.values()))
    place = scene.folder / "vault" / "sha256" / item.sha256[:2] / item.sha256[2:]
    place.chmod(0o600)
    if how == "gone":
        place.unlink()
    else:
        place.write_bytes(place.read_bytes() + b" ")
    result = verify(scene.house)
    assert not result.ok
    assert [item.evidence_id in line for line in result.wrong_evidence] == [True]
    assert result.evidence_checked == len(scene.state.evidence) - 1


def test_another_key_does_not_vouch_for_the_ledger(played, tmp_path):
    scene = played("to_cohort")
    stranger = workspace(tmp_path / "stranger")
    with reopened(stranger) as other:
        result = verify(replace(scene.house, keys=renewed(other, tmp_path)))
    assert not result.log.ok
    assert {finding.code for finding in result.log.findings} == {FindingCode.CHECKPOINT_KEY_UNKNOWN}


def renewed(other: Scene, tmp_path: Path):
    """Return keys that this workspace never had."""
    create_key(tmp_path / "keys", "log", origin=other.house.profile.origin)
    return FileKeys(tmp_path / "keys", other.house.profile.origin)


def test_a_checkpoint_is_signed_when_something_is_new_and_not_twice(played):
    scene = played("to_cohort")
    scene.turn(3)
    scene.follow_up()
    scene.turn(3.005)
    scene.follow_up()
    assert checkpoint_if_due(scene.house)
    assert not checkpoint_if_due(scene.house)
    assert verify(scene.house).log.covered == scene.house.store.head().size


def test_the_kinds_of_milestones_exist():
    assert set(e.REGISTRY) >= MILESTONES


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE batch SET people_sha256 = 'ab'",
        "UPDATE batch SET positions = '0'",
        "UPDATE batch SET parent = 0",
        "DELETE FROM batch WHERE number = 0",
    ],
)
def test_a_batch_that_is_not_as_it_was_laid_out_is_found(played, statement):
    scene = played("to_told")
    assert verify(scene.house).ok
    tampered(scene, statement)
    assert any("not as they were laid out" in said for said in verify(scene.house).wrong_deliveries)


def test_a_long_log_is_verified_by_a_process_of_its_own_with_the_same_verdict(played, monkeypatch):
    scene = played("to_cohort")
    tampered(scene, "UPDATE ledger_entry SET kind = 'facts:forgotten' WHERE seq = 7")
    alone = verify(scene.house)
    monkeypatch.setattr(verifying_log, "BYTES_OF_AN_ENTRY", 10**9)
    shared = verify(scene.house)
    assert shared == alone
    assert [(one.code.value, one.seq) for one in shared.log.findings] == [("column_changed", 7)]


def test_what_is_written_while_it_is_verified_is_no_contradiction(played):
    scene = played("to_cohort")
    store = scene.house.store
    with store.at_one_moment() as moment:
        size = moment.head().size
        scene.follow_up()
        assert store.head().size > size
        assert (moment.head().size, sum(1 for _ in moment.rows())) == (size, size)
        with moment.reading() as tx:
            assert tx.head().size == size
        with pytest.raises(PermanentError), moment.begin() as tx:
            tx.clear_projections()
    assert verify(scene.house).ok
