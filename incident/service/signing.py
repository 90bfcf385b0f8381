"""Sign tree heads, and refuse to write on top of a database that is older than what was signed before.

A missing key does not stop recording: entries go on, and the overdue checkpoint is loud in `status` and `watch`.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from incident.errors import BadInputError, NotFoundError, SettingsError, TamperError
from incident.ledger.checkpoint import Checkpoint, checkpoint_of, open_note, parse_checkpoint, sign_note
from incident.ledger.relation import Relation, relation

if TYPE_CHECKING:
    from incident.ports import Transaction
    from incident.service.house import House

CHECKPOINT_EVERY: Final = timedelta(seconds=60)
WAY_OUT: Final = (
    "nothing is recorded or sent until that is put right: put the newer database back, or, if it is lost, record "
    "the gap with `tocsin ledger recover --reason`"
)


def sign_checkpoint(house: House, tx: Transaction, now: datetime) -> bool:
    """Sign the present tree head; False when no key can."""
    head, origin = tx.head(), house.keys.origin()
    try:
        note = sign_note(Checkpoint(origin, head.size, head.root()).text(), house.keys.signers())
    except SettingsError:
        return False
    tx.add_checkpoint(note, size=head.size, at=now)
    tx.when_committed(lambda: _raised(house, origin, note))
    return True


def sign_if_due(house: House, tx: Transaction, now: datetime, *, milestone: bool) -> None:
    """Sign after a milestone, and when the last checkpoint is a minute old, or later than now: that time is wrong."""
    last = tx.last_checkpoint()
    if milestone or last is None or not timedelta() <= now - last[1] < CHECKPOINT_EVERY:
        sign_checkpoint(house, tx, now)


def checkpoint_if_due(house: House) -> bool:
    """Sign the tree head when entries are newer than the last checkpoint; returns whether it signed.

    What stands in the way is kept, and shown as overdue, until a key signs again. TamperError when the database is
    older than what was signed before.
    """
    now = house.clock.now()
    with house.store.begin() as tx:
        last = tx.last_checkpoint()
        if tx.head().size == 0 or (last is not None and last[0] == tx.head().size):
            return False
        refuse_unless_ours(house, tx)
        return sign_checkpoint(house, tx, now)


def refuse_unless_ours(house: House, tx: Transaction) -> None:
    """Refuse to go on when a checkpoint known outside says that this database is older, or another history.

    The mark beside the keys is looked at each time, the other places once while the house is open.
    """
    origin = house.keys.origin()
    for place, note in house.outside.known(origin):
        if note in house.outside.agreed and _stated_size(note) <= tx.head().size:
            continue
        checkpoint = _believed(house, note, origin)
        if checkpoint is None:
            continue
        found = relation(tx.tree(), checkpoint)
        if found is not Relation.HELD:
            raise TamperError(_why(found, checkpoint, tx.head().size, place), evidence={"outside": note})
        house.outside.agreed.add(note)


def refuse_unless_still_ours(house: House) -> None:
    """Ask every place outside anew, take nothing from an earlier look for granted, and refuse as above.

    No database session is held while they are asked.
    """
    house.outside.ask_again()
    house.outside.agreed.clear()
    house.outside.known(house.keys.origin())
    with house.store.reading() as tx:
        refuse_unless_ours(house, tx)


def _believed(house: House, note: str, origin: str) -> Checkpoint | None:
    """Return a checkpoint if one of our keys has signed it for this log; a stranger's copy binds nobody."""
    try:
        checkpoint = parse_checkpoint(open_note(note, house.keys.verifiers()).text)
    except (TamperError, BadInputError, SettingsError):
        return None
    return checkpoint if checkpoint.origin == origin else None


def _why(found: Relation, checkpoint: Checkpoint, size: int, place: str) -> str:
    if found is Relation.BEHIND:
        what = (
            f"the database holds {size} entries, but a checkpoint of {checkpoint.size} kept in {place} shows that more "
            "were recorded: an older copy is in place"
        )
    else:
        what = (
            f"the database holds another history than the checkpoint of {checkpoint.size} entries kept in {place} was "
            "signed over"
        )
    return f"{what}; {WAY_OUT}"


def _raised(house: House, origin: str, note: str) -> None:
    if house.outside.raise_to(origin, note):
        house.outside.agreed.add(note)


def _stated_size(note: str) -> int:
    return checkpoint_of(note).size


def newest_checkpoint(house: House) -> str:
    """Return the newest signed checkpoint; NotFoundError when nothing was signed yet."""
    with house.store.reading() as tx:
        note = tx.newest_checkpoint()
    if note is None:
        raise NotFoundError("nothing is signed yet")
    return note
