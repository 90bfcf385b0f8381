"""Make the proof for one person: the entries about their place, their inclusion, and their opened commitment."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor, Role
from incident.core.people import PersonRow
from incident.errors import BadInputError, NotFoundError, TamperError
from incident.ledger.checkpoint import Checkpoint, parse_checkpoint
from incident.ledger.cosignature import parse_vkey
from incident.ledger.proving import LeafHashes, inclusion_proof
from incident.ledger.tlog_proof import TlogProof
from incident.ports import Transaction
from incident.service import person_proof
from incident.service.house import House, history, record, view
from incident.service.signing import checkpoint_if_due, newest_checkpoint

PAGE = 1000


def prove(house: House, incident_id: str, position: int, *, actor: Actor) -> dict[str, Any]:
    """Return a proof for the person at a position of the newest cohort; that it was made is recorded.

    It holds that person's record and nobody else's. NotFoundError when there is nobody at the position.
    """
    actor.must_be(*RESPONDERS, Role.COUNSEL, to="make a proof about somebody")
    cohort = view(house, incident_id).cohort
    if cohort is None or not 0 <= position < cohort.people:
        raise NotFoundError(f"the cohort has nobody at position {position}")
    read = e.EvidenceRead((), f"a proof for the person at position {position}")
    record(house, incident_id, actor=actor, decide=lambda _s, _now: (read,))
    checkpoint_if_due(house)
    note = newest_checkpoint(house)
    head = parse_checkpoint(note.rpartition("\n\n")[0] + "\n")
    cited = person_proof.about(history(house, incident_id), cohort, position)
    cited = [one for one in cited if one.seq < head.size]
    state, letter_id = person_proof.outcome(cited, cohort, position)
    with house.store.reading() as tx:
        person, hashes = tx.people.person(cohort.cohort_id, position), _hashes(tx, cohort, position)
        entries = _entries(tx, incident_id, {one.seq for one in cited}, head, note)
    return {
        "format": person_proof.FORMAT,
        "incident": incident_id,
        "cohort": cohort.cohort_id,
        "position": position,
        "state": state,
        "letter_id": letter_id,
        "keys": [verifier.vkey for verifier in house.keys.verifiers()],
        "person": _person(person, hashes),
        "entries": entries,
    }


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


def _hashes(tx: Transaction, cohort: e.CohortFrozen, position: int) -> Sequence[bytes]:
    """Return the proof of a position in the cohort's root; reads every commitment, and nothing else is kept."""
    leaves: list[bytes] = []
    while rows := tx.people.persons(cohort.cohort_id, after=len(leaves) - 1, limit=PAGE):
        leaves += [row.commitment for row in rows]
    tree = LeafHashes(leaves)
    if tree.size != cohort.people or tree.span(0, tree.size).hex() != cohort.commitment:
        raise TamperError("the rows do not add up to the commitment in the ledger; see `tocsin verify`")
    return inclusion_proof(tree, position, cohort.people)


def _entries(
    tx: Transaction, incident_id: str, wanted: set[int], head: Checkpoint, note: str
) -> list[dict[str, str]]:
    from incident.ledger.entry import encode

    tree = tx.tree()
    return [
        {
            "entry": encode(entry).decode(),
            "proof": TlogProof(entry.seq, inclusion_proof(tree, entry.seq, head.size), note).text(),
        }
        for entry in tx.entries(incident_id)
        if entry.seq in wanted
    ]
