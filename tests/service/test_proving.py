"""A proof for one person: it shows what became of them and nobody else's data, and every change of it is refused."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable

import pytest

from incident.core.actors import Actor, Role
from incident.errors import BadInputError, NotFoundError, RefusedError, TamperError
from incident.service.proving import check_proof, prove
from tests.builders.house import Scene


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
