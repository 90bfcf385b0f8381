"""Erasure: nothing of a person is left in the database's files, every proof still verifies, and the reason stands."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from incident.core import events as e
from incident.core.actors import Actor, Role
from incident.core.people import ProviderEventRow
from incident.core.scoping import forgetting
from incident.errors import BadInputError, NotFoundError, RefusedError, TamperError
from incident.service import erasing, joinings, planning, sending
from incident.service.house import history
from incident.service.scoping import saved_question, scope
from incident.service.verifying import rebuild, verify
from tests.builders.blocks import reheld
from tests.builders.house import Scene
from tests.builders.playing import played

__all__ = ["played"]
GROUND = "Art. 17(1)(b): consent withdrawn"


def told_person(scene: Scene):
    """Return somebody told whose name nobody shares."""
    with scene.house.store.reading() as tx:
        rows = tx.people.persons(scene.state.cohort.cohort_id)
    names = Counter(row.name for row in rows)
    return next(row for row in rows if row.name and names[row.name] == 1)


def header_of(scene: Scene) -> bytes:
    with scene.house.store.reading() as tx:
        return tx.people.cohort_document(scene.state.cohort.cohort_id)


def in_files(folder: Path, *words: str) -> list[str]:
    """Name the database's files that hold one of the words."""
    files = [path for path in folder.glob("tocsin.db*") if path.is_file()]
    assert files
    return [path.name for path in files if any(word.encode() in path.read_bytes() for word in words)]


def test_nothing_of_the_person_is_left_and_the_ledger_still_verifies(played):
    scene = played("to_report")
    person = told_person(scene)
    notice = scene.state.notice.plan.notice_id
    raw = b'{"email":"%s","event":"delivered"}' % person.email.encode()
    report = ProviderEventRow("ev-x", notice, person.position, "delivered", scene.house.clock.now(), raw)
    with scene.house.store.begin() as tx:
        tx.people.new_events([report])
    words = (person.email, person.name, person.pseudonym)
    assert in_files(scene.folder, *words)
    done = erasing.erase(scene.house, scene.incident_id, person.position, actor=scene.grace, ground=GROUND)
    assert done.event.places == {scene.state.cohort.cohort_id: (person.position,)}
    assert done.event.reports == 1
    assert erasing.BACKUPS in done.remarks
    left = in_files(scene.folder, *words)
    assert not left, f"still there in {left}"
    result = verify(scene.house)
    assert result.ok, result.problems
    assert scene.last(e.PersonErased).ground == GROUND
    assert rebuild(scene.house).before == rebuild(scene.house).after


def test_who_is_like_somebody_is_left_out_of_the_list_of_likenesses(played):
    scene = played("to_report")
    said = json.loads(header_of(scene))
    listed = {name for one in (*said["suggestions"], *said["conflicts"]) for name in one[2]}
    with scene.house.store.reading() as tx:
        rows = tx.people.persons(scene.state.cohort.cohort_id)
    person = next(row for row in rows if row.pseudonym in listed)
    erasing.erase(scene.house, scene.incident_id, person.position, actor=scene.grace, ground=GROUND)
    assert not in_files(scene.folder, person.pseudonym)
    after = json.loads(header_of(scene))
    for name in ("suggestions", "conflicts"):
        assert after[name] == [one for one in said[name] if person.pseudonym not in one[2]]
    assert after["counts"] == said["counts"]
    assert verify(scene.house).ok
    assert joinings.listing(scene.house, scene.state, actor=scene.ada) is not None


def test_a_question_that_named_the_person_is_erased_and_said(played):
    scene = played("to_report")
    person = told_person(scene)
    (first,) = scene.state.waves
    named = {
        "kind": "email",
        "value": person.email,
        "reason": "wrote to us",
        "certainty": "probable",
        "categories": [],
    }
    question = dict(saved_question(scene.house, scene.incident_id, first.question["declared"])) | {
        "include": [named]
    }
    found = scope(scene.house, scene.incident_id, document=question, actor=scene.ada)
    assert found.frozen is not None
    assert scene.house.vault.read(found.question_sha256).count(person.email.encode()) == 1
    with scene.house.store.reading() as tx:
        rows = tx.people.persons(found.frozen.cohort_id)
    (place,) = [row.position for row in rows if row.email == person.email]
    done = erasing.erase(scene.house, scene.incident_id, place, actor=scene.grace, ground=GROUND)
    assert not in_files(scene.folder, person.email)
    assert [line for line in done.remarks if found.question_sha256[:16] in line]
    with pytest.raises(TamperError):
        scene.house.vault.read(found.question_sha256)
    asked = json.loads(header_of(scene))["question"]["include"]
    assert [one["value"] for one in asked] == ["erased"]
    assert scene.house.vault.read(first.question["declared"]), "the other question named nobody erased"
    assert verify(scene.house).ok


def test_of_a_merge_only_the_persons_own_side_is_left_out():
    record = b'{"identities":[["email","eve@example.org","own","x"]],"email":"eve@example.org","phone":null}'
    known_by = forgetting.identities(record)
    merge = {"left": ["email", "eve@example.org"], "right": ["user_id", "u-7"], "reason": "said so"}
    head = json.dumps({"question": {"merges": [merge]}, "suggestions": [], "conflicts": []}).encode()
    after = json.loads(forgetting.without_person(head, "p-1", known_by))["question"]["merges"]
    assert after == [merge | {"left": ["email", "erased"]}]
    assert forgetting.without_person(head, "p-1", forgetting.identities(b"")) == head


def test_everybody_else_is_as_before(played):
    scene = played("to_report")
    cohort_id = scene.state.cohort.cohort_id
    with scene.house.store.reading() as tx:
        before = tx.people.persons(cohort_id)
    erasing.erase(scene.house, scene.incident_id, 3, actor=scene.grace, ground=GROUND)
    with scene.house.store.reading() as tx:
        after = tx.people.persons(cohort_id)
    assert [row for row in after if row.position != 3] == [row for row in before if row.position != 3]
    gone = next(row for row in after if row.position == 3)
    assert gone.commitment == before[3].commitment
    assert (gone.email, gone.name, gone.phone, gone.record, gone.key) == (None, None, None, b"", b"")


def test_nobody_of_a_batch_that_is_still_to_leave_is_erased(played):
    scene = played("to_approved")
    planning.plan(scene.house, scene.incident_id)
    scene.account_all()
    with pytest.raises(RefusedError, match="batch in which this person stands is not through"):
        erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    assert sending.send(scene.house, scene.incident_id, progress=lambda *_: None)


def test_what_entries_say_of_a_batch_cannot_be_compared_with_guesses_after(played):
    scene = played("to_report")
    notice_id = scene.state.notice.plan.notice_id
    with scene.house.store.reading() as tx:
        number = tx.batches.holders(notice_id, [0])[0]
        (before,) = tx.batches.rows(notice_id, numbers=[number])
    assert len(before.salt) == 32
    erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    with scene.house.store.reading() as tx:
        (after,) = tx.batches.rows(notice_id, numbers=[number])
        others = [row.salt for row in tx.batches.rows(notice_id) if row.number != number]
    assert (after.salt, after.people_sha256) == (b"", before.people_sha256)
    assert all(others)
    assert verify(scene.house).ok


def test_a_row_emptied_without_an_entry_is_found(played):
    scene = played("to_report")
    cohort_id = scene.state.cohort.cohort_id
    with scene.house.store.begin() as tx:
        tx.erasing.erase_people(cohort_id, [2])
    result = verify(scene.house)
    assert not result.ok
    assert any("position 2" in problem for problem in result.problems)


def test_a_row_that_came_back_after_erasure_is_found(played):
    scene = played("to_report")
    cohort_id = scene.state.cohort.cohort_id
    with scene.house.store.reading() as tx:
        kept = tx.people.person(cohort_id, 0)
    erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    reheld(0, email=kept.email)(scene)
    assert not verify(scene.house).ok


def test_who_is_still_to_be_told_is_not_erased(played):
    scene = played("to_approved")
    with pytest.raises(RefusedError, match="still to be told"):
        erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    with scene.house.store.reading() as tx:
        assert tx.people.person(scene.state.cohort.cohort_id, 0).email
    excluded = scene.state.cohort.told
    assert excluded < scene.state.cohort.people
    erasing.erase(scene.house, scene.incident_id, excluded, actor=scene.grace, ground=GROUND)


def test_a_second_wave_can_be_scoped_after_an_erasure(played):
    scene = played("to_report")
    first = scene.state.cohort
    erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    scene.scope()
    second = scene.state.cohort
    assert second.cohort_id != first.cohort_id
    result = verify(scene.house)
    assert result.ok, result.problems


def test_a_refusal_is_recorded_with_its_ground(played):
    scene = played("to_report")
    erasing.refuse(scene.house, scene.incident_id, 1, actor=scene.grace, ground="Art. 17(3)(e): legal claims")
    assert scene.last(e.ErasureRefused).ground == "Art. 17(3)(e): legal claims"
    with scene.house.store.reading() as tx:
        assert tx.people.person(scene.state.cohort.cohort_id, 1).email


def test_only_those_who_answer_for_it_erase_and_only_once_and_only_somebody(played):
    scene = played("to_report")
    before = len(history(scene.house, scene.incident_id))
    auditor = Actor("ivan", frozenset({Role.AUDITOR}))
    for who in (scene.ada, auditor):
        with pytest.raises(RefusedError, match="erase what is kept"):
            erasing.erase(scene.house, scene.incident_id, 0, actor=who, ground=GROUND)
    with pytest.raises(NotFoundError):
        erasing.erase(scene.house, scene.incident_id, 999, actor=scene.grace, ground=GROUND)
    with pytest.raises(BadInputError, match="ground"):
        erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=" ")
    assert len(history(scene.house, scene.incident_id)) == before
    erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)
    with pytest.raises(RefusedError, match="erased already"):
        erasing.erase(scene.house, scene.incident_id, 0, actor=scene.grace, ground=GROUND)


def test_a_person_is_found_by_address_whatever_its_capitals(played):
    scene = played("to_report")
    person = told_person(scene)
    found = erasing.find(scene.house, actor=scene.grace, email=f"  {person.email.upper()}\n")
    assert [(one.incident_id, one.position) for one in found] == [(scene.incident_id, person.position)]
    assert not erasing.find(scene.house, actor=scene.grace, email="nobody@example.org")


def test_evidence_is_kept_while_the_incident_is_open_and_its_hash_for_ever(played):
    scene = played("to_report")
    item = next(iter(scene.state.evidence.values()))
    with pytest.raises(RefusedError, match="while the incident is open"):
        erasing.erase_evidence(
            scene.house, scene.incident_id, item.evidence_id, actor=scene.grace, ground="over"
        )
    scene.waive_the_rest()
    scene.run()
    scene.review()
    scene.close()
    erasing.erase_evidence(
        scene.house, scene.incident_id, item.evidence_id, actor=scene.grace, ground="retention is over"
    )
    result = verify(scene.house)
    assert result.ok, result.problems
    assert scene.state.evidence[item.evidence_id].sha256 == item.sha256
    assert not [p for p in (scene.folder / "vault").rglob("*") if p.name == item.sha256[2:]]
    with pytest.raises(RefusedError, match="erased already"):
        erasing.erase_evidence(
            scene.house, scene.incident_id, item.evidence_id, actor=scene.grace, ground="again"
        )


def test_the_fake_and_the_real_agree_on_what_erasing_does(played):
    """The person's row through both implementations of the port."""
    from tests.fakes.store import FakeStore

    scene = played("to_report")
    cohort_id = scene.state.cohort.cohort_id
    with scene.house.store.reading() as tx:
        rows = tx.people.persons(cohort_id)
    fake = FakeStore()
    with fake.begin() as tx:
        tx.people.save_cohort(scene.incident_id, cohort_id, rows, b"{}")
    email = rows[0].email.lower()
    for store in (fake, scene.house.store):
        with store.begin() as tx:
            assert [one.position for one in tx.erasing.find(email)] == [0]
            assert list(tx.erasing.positions(cohort_id, rows[0].pseudonym)) == [0]
            tx.erasing.erase_people(cohort_id, [0])
            assert not tx.erasing.find(email)
    with fake.reading() as one, scene.house.store.reading() as two:
        assert one.people.person(cohort_id, 0) == two.people.person(cohort_id, 0)
        assert one.people.person(cohort_id, 0).record == b""
