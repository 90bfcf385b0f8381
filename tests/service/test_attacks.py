"""Attacks on the database and on what lies beside it, by somebody who owns the machine: each is named in the verdict."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from incident.ledger.checkpoint import Checkpoint, NoteSigner, sign_note
from incident.ledger.entry import decode, encode
from incident.ledger.merkle import CompactRange, leaf_hash
from incident.ledger.verify import Status
from incident.service.verifying import Verification, verify
from tests.builders.blocks import reheld
from tests.builders.house import Scene
from tests.service.test_verifying import tampered

Attack = Callable[[Scene], None]


def sql(*statements: str) -> Attack:
    """Attack by SQL, triggers dropped first."""
    return lambda scene: tampered(scene, *statements)


def rewritten(
    change: Callable[[list[bytes]], list[bytes]], *, signer: bool = False, stranger: bool = False
) -> Attack:
    """Rewrite the entries with everything computed anew: hashes, head, the tree above; and signed, where asked."""

    def attack(scene: Scene) -> None:
        bodies = change([row.encoded for row in scene.house.store.rows()])
        tree, full = CompactRange().grow(leaf_hash(body) for body in bodies)
        own = NoteSigner(scene.house.keys.origin(), bytes(32)) if stranger else scene.house.keys.signers()[0]
        note = sign_note(Checkpoint(scene.house.keys.origin(), tree.size, tree.root()).text(), [own])
        tampered(scene, "DELETE FROM ledger_entry", "UPDATE ledger_head SET size = size")
        with closing(sqlite3.connect(scene.folder / "tocsin.db")) as database:
            for seq, body in enumerate(bodies):
                said = decode(body)
                row = (seq, said.incident, said.kind, body, leaf_hash(body))
                database.execute("INSERT INTO ledger_entry VALUES (?, ?, ?, ?, ?)", row)
            database.execute("UPDATE ledger_head SET size = ?, compact_range = ?", (tree.size, tree.encode()))
            database.execute("DELETE FROM ledger_node")
            database.executemany("INSERT INTO ledger_node VALUES (?, ?, ?)", full)
            if signer or stranger:
                database.execute("DELETE FROM checkpoint")
                row = (0, tree.size, note, "2026-03-10T05:00:00.000000Z")
                database.execute("INSERT INTO checkpoint VALUES (?, ?, ?, ?)", row)
            database.commit()

    return attack


def renumbered(bodies: list[bytes]) -> list[bytes]:
    """Number entries anew from 0, each not earlier than the one before."""
    from dataclasses import replace

    kept, at = [], None
    for seq, body in enumerate(bodies):
        entry = decode(body)
        at = entry.recorded_at if at is None else max(at, entry.recorded_at)
        kept.append(encode(replace(entry, seq=seq, recorded_at=at)))
    return kept


def edited(bodies: list[bytes]) -> list[bytes]:
    """Let another person have opened the incident."""
    return [bodies[0].replace(b'"actor":"ada"', b'"actor":"eve"'), *bodies[1:]]


def vault_file(scene: Scene, pick: Callable[[Scene], str]) -> Path:
    """Return where a file of the vault lies."""
    sha256 = pick(scene)
    path = scene.folder / "vault" / "sha256" / sha256[:2] / sha256[2:]
    path.chmod(0o600)
    return path


def letter(scene: Scene) -> str:
    return next(iter(scene.state.letters.values())).sha256


def evidence(scene: Scene) -> str:
    return next(iter(scene.state.evidence.values())).sha256


def changed(pick: Callable[[Scene], str]) -> Attack:
    """Change one byte of a file of the vault."""

    def attack(scene: Scene) -> None:
        path = vault_file(scene, pick)
        path.write_bytes(path.read_bytes()[:-1] + b"?")

    return attack


def removed(pick: Callable[[Scene], str]) -> Attack:
    """Remove a file of the vault."""
    return lambda scene: vault_file(scene, pick).unlink()


def said(result: Verification) -> str:
    """Everything that the verdict says."""
    codes = [finding.code.value for finding in result.log.findings]
    return "\n".join([*codes, *result.problems])


DROP = "DELETE FROM checkpoint"
ATTACKS: dict[str, tuple[str, Attack, str]] = {
    # name: (stretch, attack, what the verdict names)
    "edit an entry": ("to_cohort", sql("UPDATE ledger_entry SET body = replace(body, 'ada', 'eve') WHERE seq = 1"), "leaf_hash_mismatch"),
    "edit, then recompute everything": ("to_cohort", rewritten(edited), "checkpoint_mismatch"),
    "delete, renumber and recompute": ("to_cohort", rewritten(lambda b: renumbered([*b[:3], *b[4:]])), "checkpoint_mismatch"),
    "swap, renumber and recompute": ("to_cohort", rewritten(lambda b: renumbered([*b[:3], b[4], b[3], *b[5:]])), "checkpoint_mismatch"),
    "insert, renumber and recompute": ("to_cohort", rewritten(lambda b: renumbered([*b[:3], b[3], *b[3:]])), "checkpoint_mismatch"),
    "truncate the tail": ("to_cohort", rewritten(lambda b: b[:5]), "log_truncated"),
    "truncate the tail and its checkpoints": ("to_cohort", rewritten(lambda b: b[:5], signer=True), "log_rolled_back"),
    "delete everything": ("to_cohort", sql("DELETE FROM ledger_entry", DROP, "UPDATE ledger_head SET size = 0, compact_range = zeroblob(8)"), "log_rolled_back"),
    "re-sign all with an unknown key": ("to_cohort", rewritten(edited, stranger=True), "checkpoint_key_unknown"),
    "rewrite all with the real key": ("to_cohort", rewritten(edited, signer=True), "outside_checkpoint_mismatch"),
    "drop all checkpoints": ("to_cohort", sql(DROP), "checkpoints_gone"),
    "forge a checkpoint": ("to_cohort", sql("UPDATE checkpoint SET note = replace(note, 'tocsin' || char(10), 'tocsin' || char(10) || '1')"), "checkpoint_signature_wrong"),
    "change the incident column": ("to_cohort", sql("UPDATE ledger_entry SET incident = 'INC-OTHER' WHERE seq = 1"), "column_changed"),
    "change the kind column": ("to_cohort", sql("UPDATE ledger_entry SET kind = 'incident:closed' WHERE seq = 1"), "column_changed"),
    "change the hash column": ("to_cohort", sql("UPDATE ledger_entry SET leaf_hash = zeroblob(32) WHERE seq = 1"), "leaf_hash_mismatch"),
    "change the head": ("to_cohort", sql("UPDATE ledger_head SET compact_range = zeroblob(length(compact_range))"), "stored tree head"),
    "change an address": ("to_approved", sql("UPDATE person SET email = 'eve@example.org' WHERE position = 0"), "position 0 is not the one committed to"),
    "change the exposure": ("to_approved", sql("UPDATE cohort_stretch SET exposure = 'email:possible' WHERE first = 0"), "position 0 is not the one committed to"),
    "change the categories": ("to_approved", reheld(0, lambda held: held._replace(categories=())), "position 0 is not the one committed to"),
    "change what was found": ("to_approved", reheld(0, lambda held: held._replace(record=held.record.replace(b"confirmed", b"possible"))), "position 0 is not the one committed to"),
    "remove what was found": ("to_approved", sql("DELETE FROM person_block"), "position 0 has no record"),
    "hide where people live": ("to_approved", sql("DELETE FROM cohort_stretch WHERE first = 0"), "position 0 has no record or no stretch"),
    "remove a person": ("to_approved", sql("DELETE FROM person WHERE position = 2"), "do not add up"),
    "swap two people": ("to_approved", sql("UPDATE person SET position = -1 WHERE position = 2", "UPDATE person SET position = 2 WHERE position = 3", "UPDATE person SET position = 3 WHERE position = -1"), "position 3 is not the one committed to"),
    "change the cohort's document": ("to_approved", sql("UPDATE cohort_document SET document = replace(document, 'window', 'widow')"), "document of the cohort"),
    "change a letter": ("to_approved", changed(letter), "letter"),
    "remove a letter": ("to_approved", removed(letter), "letter"),
    "change a piece of evidence": ("to_cohort", changed(evidence), "evidence"),
    "call somebody told who was not": ("to_told", sql("UPDATE delivery SET state = 'not_reachable' WHERE position = 1"), "position 1 is not_reachable, by the ledger it is told_otherwise"),
    "change a batch": ("to_told", sql("UPDATE batch SET state = 'planned'"), "batch 0 is planned, by the ledger it is accepted"),
    "change a sentence of the timeline": ("to_told", sql("UPDATE timeline SET sentence = 'Nothing happened.' WHERE seq = 5"), "the timeline does not say of entry 5"),
    "take a line from the timeline": ("to_told", sql("DELETE FROM timeline WHERE seq = 5"), "the timeline does not say of entry 5"),
    "add a line to the timeline": ("to_told", sql("INSERT INTO timeline SELECT incident_id, 9999, occurred_at, recorded_at, actor, kind, sentence, corrects FROM timeline WHERE seq = 5"), "lines without an entry"),
    "move a time in the timeline": ("to_told", sql("UPDATE timeline SET occurred_at = '2026-03-09T00:00:00.000000Z' WHERE seq = 3"), "the timeline does not say of entry 3"),
    "change the board": ("to_told", sql("UPDATE board SET became_aware_at = '2026-03-11T00:00:00.000000Z'"), "the board does not say"),
    "call a clock met": ("to_told", sql("UPDATE clock SET met_at = '2026-03-10T06:00:00.000000Z', open = 0 WHERE open = 1"), "the clocks do not say"),
    "change the size beside a checkpoint": ("to_cohort", sql("UPDATE checkpoint SET size = 1 WHERE number = 2"), "column 'size' of checkpoint 2"),
    "take one checkpoint out": ("to_cohort", sql("DELETE FROM checkpoint WHERE number = 1"), "checkpoint 1 is gone"),
    "put a second head": ("to_cohort", sql("INSERT INTO ledger_head SELECT 1, size, compact_range FROM ledger_head"), "the tree head is one row"),
    "let somebody stand in another batch": ("to_told", sql("UPDATE batch_span SET batch = 77 WHERE first = 0"), "not found in the batch"),
    "let somebody stand in no batch": ("to_told", sql("DELETE FROM batch_span WHERE first = 0"), "not found in the batch"),
    "give a batch another message": ("to_told", sql("UPDATE batch SET message_id = 'x'"), "names another call, letter, answer or time"),
    "give a batch another letter's hash": ("to_told", sql("UPDATE batch SET body_sha256 = 'ab'"), "names another call, letter, answer or time"),
    "date an answer back": ("to_told", sql("UPDATE batch SET answered_at = '2026-03-09T00:00:00.000000Z'"), "names another call, letter, answer or time"),
    "add somebody who was told": ("to_told", sql("INSERT INTO delivery SELECT notice_id, 999, batch, letter_id, state, reason, changed_at FROM delivery LIMIT 1"), "at position 999, where nobody is told"),
    "hide an entry from its incident": ("to_cohort", sql("UPDATE ledger_entry SET incident = '' WHERE seq = 5"), "column_changed"),
    "put nonsense for positions": ("to_told", sql("UPDATE batch SET positions = 'x' WHERE number = 0"), "deliveries cannot be read"),
    "put nonsense for a time": ("to_told", sql("UPDATE batch SET answered_at = 'soon'"), "batches cannot be read"),
    "put nonsense for what is known": ("to_told", sql("UPDATE person_block SET known = '{'"), "block 0 of its people is not as this house writes it"),
    "put nonsense on the board": ("to_told", sql("UPDATE board SET opened_at = 'soon'"), "the board and the clocks cannot be read"),
    "put bytes for a checkpoint": ("to_cohort", sql("UPDATE checkpoint SET note = x'ff' WHERE number = 1"), "checkpoint_unreadable"),
    "put text for a hash of a tree": ("to_told", sql("UPDATE commitment_node SET hash = 'x'"), "cannot be read"),
    "put a byte behind an entry": ("to_cohort", sql("UPDATE ledger_entry SET body = body || x'00' WHERE seq = 4"), "entry_unreadable"),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_the_attack_is_named(name: str, played) -> None:
    stretch, attack, named = ATTACKS[name]
    scene = played(stretch)
    scene.turn(9)
    scene.follow_up()  # a late entry, signed: a minute and more has passed
    assert verify(scene.house).ok
    attack(scene)
    result = verify(scene.house)
    assert result.status is Status.NOT_VERIFIED
    assert named in said(result), said(result)
    assert result.sentence()


def test_insert_or_replace_and_a_dropped_trigger(played) -> None:
    scene = played("to_cohort")
    statement = "INSERT OR REPLACE INTO ledger_entry SELECT seq, 'INC-OTHER', kind, body, leaf_hash FROM ledger_entry WHERE seq = 2"
    with (
        closing(sqlite3.connect(scene.folder / "tocsin.db")) as database,
        pytest.raises(sqlite3.IntegrityError),
    ):
        database.execute(statement)
    assert verify(scene.house).ok
    tampered(scene, statement)
    assert "column_changed" in said(verify(scene.house))
    assert "triggers are gone" in said(verify(scene.house))


def test_an_old_checkpoint_that_the_reader_kept(played) -> None:
    scene = played("to_cohort")
    kept = list(scene.house.store.checkpoints())[1]
    assert verify(scene.house, known=[kept]).log.outside_verified == 2
    rewritten(edited, signer=True)(scene)
    result = verify(scene.house, known=[kept])
    assert "outside_checkpoint_mismatch" in said(result)
    assert result.log.findings[0].seq == 0
