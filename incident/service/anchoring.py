"""Keep the ledger signed and its checkpoints known outside: what is due is done, what fails is loud, nothing stops.

Called by `tocsin watch`, by the flow `watch`, and by hand. No database session is held while an anchor is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.core.anchors import (
    GRACE,
    AnchorFace,
    AnchorStanding,
    Failure,
    Publication,
    Receipt,
    face,
    is_due,
)
from incident.errors import NewerKnownError, TamperError, TocsinError
from incident.ledger.checkpoint import Checkpoint, checkpoint_of
from incident.ledger.proving import consistency_proof
from incident.ledger.witness import with_cosignatures
from incident.ports import Anchor
from incident.service.house import House
from incident.service.signing import checkpoint_if_due

RING_EVERY = timedelta(hours=1)
SIGNING = "signing"
"""The name under which a signature that is missing is kept, as if it were an anchor."""
KEYS = "keys"
"""And the one for a key that cannot be read while another signs."""


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """How far the ledger is recorded, signed and known outside."""

    entries: int
    signed: int
    signed_at: datetime | None
    failure: Failure | None
    mark_is_fresh: bool
    anchors: tuple[AnchorFace, ...]
    unreadable_keys: tuple[str, ...] = ()


def tend(house: House, *, at_once: bool = False) -> tuple[str, ...]:
    """Sign what is new, give each anchor what it lacks, page about what stays undone; returns what to say.

    `at_once` gives the checkpoint to every anchor now, whether its time has come or not.
    """
    return (*_sign(house), *_look_at_keys(house), *_publish_all(house, at_once=at_once))


def standing(house: House) -> LedgerStanding:
    """Say how the ledger stands now."""
    now, origin = house.clock.now(), house.keys.origin()
    failures = {one.name: one for one in house.store.anchor_failures()}
    with house.store.reading() as tx:
        entries, last, note = tx.head().size, tx.last_checkpoint(), tx.newest_checkpoint()
    receipts = _receipts(house, origin)
    signed, signed_at = last or (0, None)
    marks = [parsed.size for _, kept in house.outside.known(origin) if (parsed := _parsed(kept))]
    faces = tuple(
        face(
            anchor.name,
            receipts.get(anchor.name),
            failures.get(anchor.name),
            size=signed,
            signed_at=signed_at,
            every=anchor.every,
            now=now,
        )
        for anchor in house.anchors
    )
    fresh = note is None or signed == 0 or (bool(marks) and max(marks) >= signed)
    return LedgerStanding(
        entries, signed, signed_at, failures.get(SIGNING), fresh, faces, tuple(house.keys.unreadable())
    )


def _sign(house: House) -> Iterator[str]:
    try:
        signed = checkpoint_if_due(house)
    except TamperError as error:
        yield _fail(house, SIGNING, str(error), now_or_never=True)
        return
    with house.store.reading() as tx:
        last, size = tx.last_checkpoint(), tx.head().size
    if size and (last is None or last[0] < size):
        yield _fail(house, SIGNING, f"no key signs: {_key_problem(house)}")
    elif any(one.name == SIGNING for one in house.store.anchor_failures()):
        with house.store.begin() as tx:
            tx.anchor_mended(SIGNING)
        yield "the ledger is signed again"
    elif signed:
        yield f"checkpoint signed at {size} entries"


def _look_at_keys(house: House) -> Iterator[str]:
    """Say which keys should sign and do not, while others do."""
    unreadable = house.keys.unreadable()
    if unreadable:
        yield _fail(house, KEYS, f"a key does not sign: {'; '.join(unreadable)}")
    elif any(one.name == KEYS for one in house.store.anchor_failures()):
        with house.store.begin() as tx:
            tx.anchor_mended(KEYS)
        yield "every key signs again"


def _key_problem(house: House) -> str:
    try:
        house.keys.signers()
    except TocsinError as error:
        return str(error)
    return "it changed while it was used"


def _publish_all(house: House, *, at_once: bool) -> Iterator[str]:
    with house.store.reading() as tx:
        note = tx.newest_checkpoint()
    checkpoint = _parsed(note)
    if note is None or checkpoint is None:
        return
    receipts = _receipts(house, checkpoint.origin)
    for anchor in house.anchors:
        last, now = receipts.get(anchor.name), house.clock.now()
        lacks = last is None or last.size < checkpoint.size
        if not (lacks if at_once else is_due(last, size=checkpoint.size, every=anchor.every, now=now)):
            continue
        request = Publication(
            checkpoint.origin,
            checkpoint.size,
            note,
            now,
            last.size if last else 0,
            _prover(house, checkpoint.size),
        )
        said, token = _publish(house, anchor, request)
        yield said
        if token is not None and anchor.name.startswith("witness:"):
            note = with_cosignatures(note, token.decode().splitlines(keepends=True))


def _publish(house: House, anchor: Anchor, request: Publication) -> tuple[str, bytes | None]:
    try:
        token = anchor.publish(request)
    except NewerKnownError as error:
        kept = error.evidence.get("note")
        if isinstance(kept, str):
            house.outside.raise_to(request.origin, kept)
        return _fail(house, anchor.name, str(error), now_or_never=True), None
    except TocsinError as error:
        return _fail(house, anchor.name, str(error)), None
    receipt = Receipt(anchor.name, request.size, house.clock.now(), request.note, token)
    with house.store.begin() as tx:
        tx.anchor_took(receipt)
    return f"{anchor.name}: checkpoint of {request.size} entries given", token


def _fail(house: House, name: str, reason: str, *, now_or_never: bool = False) -> str:
    """Keep a failure, and page the officers: at once or when the grace is over, then every hour until it is mended."""
    now = house.clock.now()
    before = {one.name: one for one in house.store.anchor_failures()}.get(name)
    with house.store.begin() as tx:
        tx.anchor_failed(name, reason, now)
    if now_or_never if before is None else _rang(now - before.since) > _rang(before.last_at - before.since):
        house.pager.page(f"ledger {name}", f"{name}: {reason}", to="officer")
    return f"{name}: FAILED, {reason}"


def _rang(lasted: timedelta) -> int:
    """Count how often a failure that lasted so long should have rung."""
    return 0 if lasted <= GRACE else 1 + lasted // RING_EVERY


def _prover(house: House, size: int) -> Callable[[int], tuple[bytes, ...]]:
    def prove(old: int) -> tuple[bytes, ...]:
        with house.store.reading() as tx:
            return consistency_proof(tx.tree(), old, size)

    return prove


def _receipts(house: House, origin: str) -> dict[str, Receipt]:
    """Return the newest receipt of each anchor under the log's present name."""
    newest = house.store.receipts(newest=True)
    return {one.name: one for one in newest if (kept := _parsed(one.note)) and kept.origin == origin}


def _parsed(note: str | None) -> Checkpoint | None:
    """Read a checkpoint of our own keeping without its signatures, which `verify` checks."""
    try:
        return checkpoint_of(note or "")
    except TocsinError:
        return None


def overdue(stands: LedgerStanding) -> tuple[str, ...]:
    """Name what is overdue."""
    late = [one.name for one in stands.anchors if one.standing is AnchorStanding.OVERDUE]
    keys = [KEYS] if stands.unreadable_keys else []
    return (
        *([SIGNING] if stands.failure else []),
        *keys,
        *([] if stands.mark_is_fresh else ["high-water"]),
        *late,
    )
