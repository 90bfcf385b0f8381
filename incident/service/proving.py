"""Make the proof for one person: the entries about their place, their inclusion, and their opened commitment."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import takewhile
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.people import PersonRow
from incident.core.state import Recorded
from incident.errors import BadInputError, NotFoundError
from incident.ledger.checkpoint import Checkpoint, checkpoint_of
from incident.ledger.cosignature import parse_vkey
from incident.ledger.entry import Entry, encode
from incident.ledger.proving import inclusion_proof
from incident.ledger.tlog_proof import TlogProof
from incident.ports import Transaction
from incident.service import person_proof
from incident.service.commitments import batch_hashes, person_hashes
from incident.service.house import House, recorded
from incident.service.noting import note
from incident.service.signing import checkpoint_if_due, newest_checkpoint


def prove(
    house: House, incident_id: str, position: int, *, actor: Actor, cohort_id: str | None = None
) -> dict[str, Any]:
    """Return a proof for the person at a position of a cohort, the newest unless named; that it was made is recorded.

    It holds that person's record and nobody else's. NotFoundError when there is nobody at the position.
    """
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="make a proof about somebody")
    with house.store.reading() as tx:
        cohort = _cohort(tx, incident_id, cohort_id)
    if not 0 <= position < cohort.people:
        raise NotFoundError(f"the cohort has nobody at position {position}")
    read = e.EvidenceRead((), f"a proof for the person at position {position} of {cohort.cohort_id}")
    note(house, incident_id, read, actor=actor)
    checkpoint_if_due(house)
    return {
        "format": person_proof.FORMAT,
        "incident": incident_id,
        "cohort": cohort.cohort_id,
        "position": position,
        "keys": [verifier.vkey for verifier in house.keys.verifiers()],
        **_found(house, incident_id, cohort, position),
    }


def _found(house: House, incident_id: str, cohort: e.CohortFrozen, position: int) -> dict[str, Any]:
    """Look up what the ledger holds of a person, with its proofs."""
    signed = newest_checkpoint(house)
    head = checkpoint_of(signed)
    with house.store.reading() as tx:
        plans = [one.event for one in _said(tx, incident_id, head.size, (e.NoticePlanned.KIND,))]
        batches = _batches(tx, [plan for plan in plans if plan.cohort_id == cohort.cohort_id], position)
        laid_out = {notice_id: laid for notice_id, (laid, _) in batches.items()}
        said = _said(tx, incident_id, head.size, tuple(sorted(person_proof.kinds())))
        cited = person_proof.about(said, cohort, position, laid_out)
        state, letter_id = person_proof.outcome(cited, cohort, position, laid_out)
        person = tx.people.person(cohort.cohort_id, position)
        hashes = person_hashes(tx.people, cohort, position)
        entries = [next(iter(tx.entries(incident_id, after=one.seq - 1))) for one in cited]
        proven = _entries(tx, entries, head, signed)
    return {
        "state": state,
        "letter_id": letter_id,
        "person": _person(person, hashes),
        "batches": {
            notice_id: {**asdict(laid), "proof": [one.hex() for one in proof]}
            for notice_id, (laid, proof) in batches.items()
        },
        "entries": proven,
    }


def _said(tx: Transaction, incident_id: str, size: int, kinds: Sequence[str]) -> Iterator[Recorded]:
    """Stream what entries of some kinds say, of those that a tree of this size holds."""
    return takewhile(lambda one: one.seq < size, recorded(tx.entries(incident_id, kinds=kinds)))


def _cohort(tx: Transaction, incident_id: str, cohort_id: str | None) -> e.CohortFrozen:
    frozen: list[e.CohortFrozen] = [
        one.event for one in recorded(tx.entries(incident_id, kinds=(e.CohortFrozen.KIND,)))
    ]
    named = {cohort_id, f"{incident_id}-{cohort_id}"}
    wanted = [one for one in frozen if cohort_id is None or one.cohort_id in named]
    found = wanted[-1] if wanted else None
    if found is None and not frozen and not tx.entry_count(incident_id):
        raise NotFoundError(f"there is no incident {incident_id}")
    if found is None:
        raise NotFoundError("there is no such cohort" if cohort_id else "the incident has no cohort")
    return found


def check_proof(content: bytes, *, keys: Sequence[str] = ()) -> tuple[person_proof.Proven, bool]:
    """Check a proof file offline; also returns whether the keys came from the reader and not from the file itself."""
    try:
        proof = json.loads(content)
    except ValueError as error:
        raise BadInputError("a proof about a person is JSON") from error
    if not isinstance(proof, dict):
        raise BadInputError("a proof about a person is an object")
    named = list(keys) or proof.get("keys")
    if not isinstance(named, list) or not named:
        raise BadInputError("the proof names no key", field="keys")
    return person_proof.check(proof, [parse_vkey(str(one)) for one in named]), bool(keys)


def _person(row: PersonRow, hashes: Sequence[bytes]) -> Mapping[str, Any]:
    erased = not row.record or not row.key
    return {
        "commitment": row.commitment.hex(),
        "record": None if erased else row.record.decode(),
        "key": None if erased else row.key.hex(),
        "proof": [one.hex() for one in hashes],
    }


def _batches(
    tx: Transaction, plans: Sequence[e.NoticePlanned], position: int
) -> dict[str, tuple[person_proof.LaidOut, Sequence[bytes]]]:
    """Return by notice the batch in which the person was laid out first, with its proof in the plan."""
    found: dict[str, tuple[person_proof.LaidOut, Sequence[bytes]]] = {}
    for plan in plans:
        number = tx.batches.holders(plan.notice_id, [position]).get(position)
        while number is not None:
            (row,) = tx.batches.rows(plan.notice_id, numbers=[number])
            number = row.parent
            if number is None:
                laid = person_proof.LaidOut(row.number, row.letter_id, row.positions, row.people_sha256)
                found[plan.notice_id] = laid, batch_hashes(tx.people, plan, row.number)
    return found


def _entries(tx: Transaction, cited: Sequence[Entry], head: Checkpoint, note: str) -> list[dict[str, str]]:
    tree = tx.tree()
    return [
        {
            "entry": encode(entry).decode(),
            "proof": TlogProof(entry.seq, inclusion_proof(tree, entry.seq, head.size), note).text(),
        }
        for entry in cited
    ]
