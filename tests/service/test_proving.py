"""A proof for one person: it shows what became of them and nobody else's data, and every change of it is refused."""

from __future__ import annotations

import copy
import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from incident.core import events as e
from incident.core.actors import Actor, Role
from incident.core.batches import people_sha256
from incident.core.canary import CanaryTerms
from incident.errors import BadInputError, NotFoundError, RefusedError, TamperError
from incident.service import house, person_proof, planning
from incident.service.letting_go import halt
from incident.service.proving import check_proof, prove
from incident.service.verifying import rebuild, verify
from tests.builders.house import Scene

CANARY = CanaryTerms(seeds=("seed@example.org",), slice_people=2)


@pytest.fixture
def scene(played) -> Scene:
    told = played("to_told")
    told.turn(9)
    return told


def checked(proof, *, keys=()):
    return check_proof(json.dumps(proof).encode(), keys=keys)[0]


def test_it_shows_the_outcome_and_the_letter(scene: Scene) -> None:
    proof = prove(scene.house, scene.incident_id, 0, actor=scene.ada)
    found = checked(proof, keys=proof["keys"])
    assert (found.state, found.erased) == ("told_otherwise", False)
    assert found.letter_id in scene.state.letters
    kinds = [json.loads(one["entry"])["kind"] for one in proof["entries"]]
    assert kinds[0] == "cohort:frozen"
    assert {
        "letter:drafted",
        "notice:planned",
        "batch:intended",
        "batch:answered",
        "deliveries:accounted",
    } <= set(kinds)


def test_everyone_can_be_proven_and_nobody_sees_another(scene: Scene) -> None:
    people = scene.state.cohort.people
    with scene.house.store.reading() as tx:
        rows = tx.people.persons(scene.state.cohort.cohort_id)
    for position in range(people):
        text = json.dumps(
            prove(scene.house, scene.incident_id, position, actor=scene.ada), ensure_ascii=False
        )
        assert check_proof(text.encode())[0].position == position
        for row in rows:
            if row.position != position and row.email:
                assert row.email not in text


def test_it_agrees_with_the_rows(scene: Scene) -> None:
    with scene.house.store.reading() as tx:
        rows = tx.people.deliveries(scene.state.notice.plan.notice_id)
    for row in rows:
        found = checked(prove(scene.house, scene.incident_id, row.position, actor=scene.ada))
        assert found.state == row.state


STATES_BEFORE_A_CALL = {
    "held": lambda told: told.using(profile=replace(told.house.profile, canary=CANARY, batch_people=2)),
    "planned": lambda told: told.using(profile=replace(told.house.profile, batch_people=2)),
}


def laid_out(played, how: str) -> Scene:
    told = STATES_BEFORE_A_CALL[how](played("to_approved"))
    planning.plan(told.house, told.incident_id)
    return told


@pytest.mark.parametrize("how", STATES_BEFORE_A_CALL)
def test_who_was_laid_out_and_not_called_yet_is_proven(played, how: str) -> None:
    told = laid_out(played, how)
    for row in rows_of(told):
        proof = prove(told.house, told.incident_id, row.position, actor=told.ada)
        found = checked(proof, keys=proof["keys"])
        assert (found.state, found.letter_id) == (row.state, row.letter_id)
        assert found.state in {how, "no_address"}


def test_who_was_cancelled_is_proven(played) -> None:
    told = laid_out(played, "held")
    halt(told.house, told.incident_id, actor=told.grace, reason="the letters were wrong")
    assert verify(told.house).ok
    for row in rows_of(told):
        found = checked(prove(told.house, told.incident_id, row.position, actor=told.ada))
        assert (found.state, row.state) == ("cancelled", "cancelled")


def test_a_batch_shows_nobody_elses_address_even_to_who_guesses(played) -> None:
    told = laid_out(played, "planned")
    position = next(row.position for row in rows_of(told) if row.state == "planned")
    proof = prove(told.house, told.incident_id, position, actor=told.ada)
    (batch,) = proof["batches"].values()
    with told.house.store.reading() as tx:
        readings = tx.batches.readings(told.state.cohort.cohort_id, batch["positions"])
        (row,) = tx.batches.rows(told.state.notice.plan.notice_id, numbers=[batch["number"]])
    assert people_sha256(readings, b"") != batch["people_sha256"] == people_sha256(readings, row.salt)
    assert row.salt.hex() not in json.dumps(proof)


@pytest.mark.parametrize(
    "change",
    [
        lambda b, _all: b.update(number=b["number"] + 1),
        lambda b, _all: b.update(letter_id="other"),
        lambda b, _all: b.update(positions="0-9"),
        lambda b, _all: b.update(people_sha256="00" * 32),
        lambda b, _all: b["proof"].append("00" * 32),
        lambda _b, everything: everything.clear(),
        lambda b, everything: everything.update(other=b),
    ],
)
def test_a_changed_batch_does_not_stand(played, change) -> None:
    told = laid_out(played, "planned")
    position = next(row.position for row in rows_of(told) if row.state == "planned")
    proof = prove(told.house, told.incident_id, position, actor=told.ada)
    change(next(iter(proof["batches"].values())), proof["batches"])
    with pytest.raises((TamperError, BadInputError)):
        checked(proof)


def test_another_persons_batch_does_not_stand(played) -> None:
    told = laid_out(played, "planned")
    first, *_, last = (row.position for row in rows_of(told) if row.state == "planned")
    proof, other = (prove(told.house, told.incident_id, at, actor=told.ada) for at in (first, last))
    proof["batches"] = other["batches"]
    with pytest.raises(TamperError, match="this person is not"):
        checked(proof)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE commitment_node SET hash = zeroblob(32) WHERE tree LIKE '%-N1' AND level = 0", "proofs of batches fail"),
        ("DELETE FROM commitment_node WHERE tree LIKE '%-N1'", "proofs of batches fail"),
        ("INSERT INTO commitment_node VALUES ('{cohort}', 1, 0, zeroblob(32))", "proofs of people fail"),
    ],
)  # fmt: skip
def test_a_stored_hash_that_is_altered_is_found(played, statement: str, what: str) -> None:
    told = laid_out(played, "planned")
    with sqlite3.connect(told.folder / "tocsin.db") as database:
        database.execute(statement.format(cohort=told.state.cohort.cohort_id))
    database.close()
    assert [said for said in verify(told.house).problems if what in said]


def rows_of(told: Scene):
    with told.house.store.reading() as tx:
        return tx.people.deliveries(told.state.notice.plan.notice_id)


CHANGES: dict[str, Callable[[dict], object]] = {
    "the state": lambda p: p.update(state="delivered"),
    "the letter": lambda p: p.update(letter_id="other"),
    "the position": lambda p: p.update(position=1),
    "the incident": lambda p: p.update(incident="INC-OTHER"),
    "the record": lambda p: p["person"].update(record=p["person"]["record"].replace("DE", "US") + " "),
    "the key": lambda p: p["person"].update(key="00" * 32),
    "the commitment": lambda p: p["person"].update(commitment="00" * 32),
    "the place in the cohort": lambda p: p["person"]["proof"].reverse(),
    "an entry": lambda p: p["entries"][1].update(entry=p["entries"][1]["entry"].replace("ada", "eve").replace("tocsin", "tocsim")),
    "an entry's proof": lambda p: p["entries"][1].update(proof=p["entries"][0]["proof"]),
    "an entry left out": lambda p: p["entries"].pop(),
    "an entry twice": lambda p: p["entries"].append(p["entries"][-1]),
    "the cohort": lambda p: p.update(cohort="other"),
    "no cohort": lambda p: p["entries"].pop(0),
    "the format": lambda p: p.update(format="other"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_proof_does_not_stand(scene: Scene, what: str) -> None:
    proof = copy.deepcopy(prove(scene.house, scene.incident_id, 0, actor=scene.ada))
    CHANGES[what](proof)
    with pytest.raises((TamperError, BadInputError)):
        checked(proof)


def test_with_another_key_it_does_not_stand(scene: Scene) -> None:
    from tests.ledger.logs import STRANGER

    proof = prove(scene.house, scene.incident_id, 0, actor=scene.ada)
    with pytest.raises(TamperError):
        checked(proof, keys=[STRANGER.verifier().vkey])


def test_who_may_ask_and_about_whom(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        prove(scene.house, scene.incident_id, 10_000, actor=scene.ada)
    with pytest.raises(RefusedError):
        prove(scene.house, scene.incident_id, 0, actor=Actor("eve", frozenset({Role.AUDITOR})))
    before = scene.house.store.head().size
    prove(scene.house, scene.incident_id, 3, actor=scene.ada)
    assert scene.house.store.head().size == before + 1
    assert "position 3" in str(scene.kinds) or scene.kinds[-1] == "evidence:read"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"format": "tocsin-person-proof/1"}',
        b'{"format": "tocsin-person-proof/1", "keys": ["x"]}',
    ],
)
def test_what_is_no_proof(content: bytes) -> None:
    with pytest.raises(BadInputError):
        check_proof(content)


def test_that_it_was_made_is_recorded_as_if_all_had_been_read(scene: Scene) -> None:
    before = scene.state
    proof = prove(scene.house, scene.incident_id, 0, actor=scene.ada)
    after = scene.state
    assert (after.version, after.last_seq) == (before.version + 1, before.last_seq + 1)
    assert checked(proof).checkpoint_size == after.last_seq + 1
    assert verify(scene.house).ok
    rebuilt = rebuild(scene.house)
    assert rebuilt.before == rebuilt.after


def test_nothing_is_folded_and_no_other_kind_of_entry_is_read(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the incident was folded")

    monkeypatch.setattr(house, "fold", refuse)
    read: set[str] = set()
    plain = e.from_data
    monkeypatch.setattr(e, "from_data", lambda kind, data: read.add(kind) or plain(kind, data))
    assert prove(scene.house, scene.incident_id, 0, actor=scene.ada)["state"] == "told_otherwise"
    assert read - {e.EvidenceRead.KIND} <= person_proof.kinds()
    assert e.BatchIntended.KIND in read
    assert e.FactsAmended.KIND not in person_proof.kinds()


@pytest.mark.parametrize("change", ["last_seq = last_seq - 3", "last_seq = last_seq + 9"])
def test_a_board_that_lies_about_the_end_does_not_mislead_the_count(scene: Scene, change: str) -> None:
    with closing(sqlite3.connect(scene.folder / "tocsin.db")) as connection:
        connection.execute(f"UPDATE board SET {change}")
        connection.commit()
    before = scene.state
    checked(prove(scene.house, scene.incident_id, 0, actor=scene.ada))
    assert scene.state.version == before.version + 1
    assert verify(scene.house).ok


def test_no_incident_and_no_cohort_are_told_apart(scene: Scene) -> None:
    with pytest.raises(NotFoundError, match="there is no incident"):
        prove(scene.house, "INC-NONE", 0, actor=scene.ada)
    with pytest.raises(NotFoundError, match="no such cohort"):
        prove(scene.house, scene.incident_id, 0, actor=scene.ada, cohort_id="C9")
