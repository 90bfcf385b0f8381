"""What can be proven to one person about themselves, and to nobody about anyone else: from entries, checked offline.

A proof holds the entries that name the person's place, each with its inclusion in a signed checkpoint, opens the
commitment to their record, and shows the batch in which they were laid out under the root in the entry of the plan, so
that also those whose letter was held back or never left are proven. Others appear in it as numbers only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, partial
from typing import Any, Final

from incident.core import events as e
from incident.core.batches import batch_line
from incident.core.people import KEY_BYTES, commit
from incident.core.replaying import Replay, holds, touches
from incident.core.state import Recorded
from incident.errors import BadInputError, TamperError
from incident.ledger.entry import Entry, decode
from incident.ledger.keys import Verifier
from incident.ledger.merkle import leaf_hash, verify_inclusion
from incident.ledger.tlog_proof import parse_tlog_proof, verify_tlog_proof

FORMAT: Final = "tocsin-person-proof/1"


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof shows, once it is checked."""

    incident_id: str
    position: int
    entries: int
    checkpoint_size: int
    state: str | None
    letter_id: str | None
    erased: bool


@dataclass(frozen=True, slots=True)
class LaidOut:
    """The batch of a first layout in which a person stands."""

    number: int
    letter_id: str
    positions: str
    people_sha256: str


Batches = Mapping[str, LaidOut]
"""By notice, the batch in which the person was laid out."""


@cache
def kinds() -> frozenset[str]:
    """Return the kinds of entries among which those about a person are found: all others need not be read."""
    of_notices = {kind for kind, cls in e.REGISTRY.items() if any(f.name == "notice_id" for f in fields(cls))}
    return frozenset(
        {*of_notices, e.LetterDrafted.KIND, e.FurtherProposed.KIND, e.CohortFrozen.KIND, e.NoticePlanned.KIND}
    )


def about(
    history: Iterable[Recorded], cohort: e.CohortFrozen, position: int, laid_out: Batches
) -> list[Recorded]:
    """Return the entries that a proof about one position of a cohort needs, in order."""
    kept: list[Recorded] = []
    batches: set[tuple[str, int]] = set()
    notices: set[str] = set()
    letters: dict[str, Recorded] = {}
    proposed: dict[str, list[Recorded]] = {}
    for one in history:
        event = one.event
        if isinstance(event, e.LetterDrafted):
            letters[event.letter_id] = one
        elif isinstance(event, e.FurtherProposed):
            proposed[event.approval_id] = [one]
        elif isinstance(event, e.CohortFrozen) and event.cohort_id == cohort.cohort_id:
            kept.append(one)
        elif isinstance(event, e.NoticePlanned):
            mine = laid_out.get(event.notice_id)
            if event.cohort_id == cohort.cohort_id and (mine is not None or holds(event.apart, position)):
                notices.add(event.notice_id)
                kept += [one, *proposed.pop(event.approval_id, ())]
                if mine is not None:
                    batches.add((event.notice_id, mine.number))
                    kept += [letters.pop(mine.letter_id)] if mine.letter_id in letters else []
        elif getattr(event, "notice_id", None) in notices and _concerns(event, position, batches):
            kept.append(one)
            if isinstance(event, e.BatchIntended) and event.letter_id in letters:
                kept.append(letters.pop(event.letter_id))
    return sorted(kept, key=lambda one: one.seq)


def _concerns(event: Any, position: int, batches: set[tuple[str, int]]) -> bool:
    """Say whether an event about sending concerns a person, and remember which batches hold them."""
    match event:
        case e.BatchIntended():
            if holds(event.positions, position):
                batches.add((event.notice_id, event.batch))
            return holds(event.positions, position)
        case e.BatchAnswered():
            known = (event.notice_id, event.batch) in batches
            for child in event.children:
                if holds(child.positions, position):
                    batches.add((event.notice_id, child.number))
            return known or touches(event, position)
        case e.BatchResolved():
            return (event.notice_id, event.batch) in batches
        case e.BatchesMoved():
            return any(of == event.notice_id and holds(event.batches, number) for of, number in batches)
        case _:
            return touches(event, position)


def check(proof: Mapping[str, Any], logs: Sequence[Verifier]) -> Proven:
    """Check a proof with nothing but the keys of the log; TamperError or BadInputError says what does not stand."""
    if proof.get("format") != FORMAT:
        raise BadInputError(f"a proof about a person says {FORMAT}", field="format")
    try:
        return _check(proof, logs)
    except (KeyError, TypeError, ValueError, IndexError, StopIteration) as error:
        raise BadInputError(f"a proof about a person lacks something: {type(error).__name__}") from error


def _check(proof: Mapping[str, Any], logs: Sequence[Verifier]) -> Proven:
    position = int(proof["position"])
    entries = [_entry(one, logs) for one in proof["entries"]]
    if [entry.seq for entry, _ in entries] != sorted({entry.seq for entry, _ in entries}):
        raise TamperError("the entries of the proof are not in order, each once")
    if {entry.incident for entry, _ in entries} != {proof["incident"]}:
        raise TamperError("an entry of the proof is of another incident")
    events = [e.from_data(entry.kind, entry.data) for entry, _ in entries]
    cohort, plans = _cohort_and_plans(events)
    if proof["cohort"] != cohort.cohort_id:
        raise TamperError("the proof names another cohort than its entries")
    laid_out = _laid_out(proof["batches"], plans, position, cohort.told)
    commitment = bytes.fromhex(proof["person"]["commitment"])
    hashes = [bytes.fromhex(one) for one in proof["person"]["proof"]]
    root = bytes.fromhex(cohort.commitment)
    verify_inclusion(commitment, position, cohort.people, hashes, root)
    record, key = proof["person"]["record"], proof["person"]["key"]
    if record is not None and not _opens(commitment, bytes.fromhex(key), record.encode()):
        raise TamperError("the record of the person is not the one that was committed to")
    state, letter_id = _outcome(events, cohort, position, laid_out)
    if proof["state"] != state or proof["letter_id"] != letter_id:
        raise TamperError("the proof says another outcome than its entries")
    size = max(size for _, size in entries)
    return Proven(proof["incident"], position, len(entries), size, state, letter_id, record is None)


def _opens(commitment: bytes, key: bytes, record: bytes) -> bool:
    return len(key) == KEY_BYTES and commit(key, record) == commitment


def _cohort_and_plans(events: Sequence[Any]) -> tuple[e.CohortFrozen, list[e.NoticePlanned]]:
    """Return the one cohort of a proof and the notices to it; a position means somebody else in any other."""
    (cohort,) = [one for one in events if isinstance(one, e.CohortFrozen)]
    plans = [one for one in events if isinstance(one, e.NoticePlanned)]
    if any(plan.cohort_id != cohort.cohort_id for plan in plans):
        raise TamperError(
            "the proof holds a notice to another cohort, in which the position is somebody else's"
        )
    return cohort, plans


def _laid_out(
    given: Mapping[str, Any], plans: Sequence[e.NoticePlanned], position: int, told: int
) -> Batches:
    """Check in which batch of each notice the person was laid out, under the root in the entry of its plan."""
    wanted = {p.notice_id: p for p in plans if position < told and not holds(p.apart, position)}
    if set(given) != set(wanted):
        raise TamperError("the proof does not show the batch of each notice in which the person was laid out")
    found: dict[str, LaidOut] = {}
    for notice_id, plan in wanted.items():
        said = given[notice_id]
        batch = LaidOut(
            int(said["number"]), str(said["letter_id"]), str(said["positions"]), str(said["people_sha256"])
        )
        line = batch_line(batch.number, batch.letter_id, batch.positions, batch.people_sha256)
        hashes = [bytes.fromhex(one) for one in said["proof"]]
        verify_inclusion(
            leaf_hash(line), batch.number, plan.batches, hashes, bytes.fromhex(plan.batches_sha256)
        )
        if not holds(batch.positions, position):
            raise TamperError("the proof shows a batch in which this person is not")
        found[notice_id] = batch
    return found


def _entry(one: Mapping[str, str], logs: Sequence[Verifier]) -> tuple[Entry, int]:
    body = one["entry"].encode()
    stated = parse_tlog_proof(one["proof"])
    checkpoint = verify_tlog_proof(stated, leaf_hash(body), logs)
    entry = decode(body)
    if entry.seq != stated.index:
        raise TamperError("an entry stands at another place than it says", evidence={"seq": entry.seq})
    return entry, checkpoint.size


def outcome(
    history: Iterable[Recorded], cohort: e.CohortFrozen, position: int, laid_out: Batches
) -> tuple[str | None, str | None]:
    """Return the state of the newest notice to a person and the letter they were given, by these entries alone."""
    return _outcome([one.event for one in history], cohort, position, laid_out)


def _outcome(
    events: Sequence[Any], cohort: e.CohortFrozen, position: int, laid_out: Batches
) -> tuple[str | None, str | None]:
    replay: Replay | None = None
    letter_id = None
    for event in events:
        if isinstance(event, e.NoticePlanned):
            mine = laid_out.get(event.notice_id)
            replay = Replay(event, cohort.told, partial(_positions, mine))
            letter_id = mine.letter_id if mine is not None else letter_id
        elif replay is not None and getattr(event, "notice_id", None) == replay.plan.notice_id:
            replay.take(event)
            if isinstance(event, e.BatchIntended) and holds(event.positions, position):
                letter_id = event.letter_id
    if replay is None or position >= cohort.told:
        return None, None
    return replay.state(position), letter_id


def _positions(mine: LaidOut | None, number: int) -> str:
    """Return who is in a batch of the plan, as far as a proof knows: the person's own, and nobody else's."""
    return mine.positions if mine is not None and mine.number == number else ""
