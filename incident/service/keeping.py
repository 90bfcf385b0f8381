"""Keep the ledger's keys and its name: rotate, retire, begin anew after a loss; each is an entry of the ledger's own.

A log may never sign what contradicts what it signed before. So when keys or entries are lost, it takes a new name,
and the first entry under that name says where the old one ended.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from incident.core.actors import Actor, Role
from incident.core.privacy import refuse_people
from incident.errors import BadInputError, RefusedError, SettingsError, TamperError
from incident.ledger.checkpoint import Checkpoint, open_note, parse_checkpoint
from incident.ledger.entry import JSON, Draft, Entry
from incident.ledger.keys import NoteVerifier
from incident.ledger.relation import Relation, relation
from incident.ports import Transaction
from incident.service.house import SALT_DIGITS, House
from incident.service.signing import refuse_unless_ours, sign_checkpoint

OWN: Final = ""
"""The incident of entries that are about the ledger itself."""
KEY_ADDED, KEY_RETIRED, ORIGIN_STARTED = "key:added", "key:retired", "origin:started"
KEEPERS: Final = (Role.ON_CALL, Role.OFFICER, Role.COUNSEL, Role.ADMIN)

_NUMBERED = re.compile(r"(.+)-([0-9]{1,6})")


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key that ever signed: since which entry it is known, until which it signed, whether its secret is here."""

    verifier: NoteVerifier
    signs: bool
    since: int | None
    retired: int | None


def rotate(house: House, *, actor: Actor, reason: str) -> NoteVerifier:
    """Make the next key; both sign from now on, until the old one is retired."""
    actor.must_be(*KEEPERS, to="rotate keys")
    _said(reason)
    present = [signer.verifier() for signer in house.keys.signers()]
    with house.store.begin() as tx:
        refuse_unless_ours(house, tx)
        unnoted = [one for one in present[1:] if one.vkey not in _noted(tx)]
        fresh = unnoted[-1] if unnoted else house.keys.add()
        data: dict[str, JSON] = {
            "key": fresh.vkey,
            "beside": [one.vkey for one in present if one != fresh],
            "reason": reason,
        }
        _append(house, tx, KEY_ADDED, data, actor)
    return fresh


def retire(house: House, key_id: str, *, actor: Actor, reason: str) -> NoteVerifier:
    """End the overlap: a last checkpoint is signed by both, then the secret of the old key is destroyed."""
    actor.must_be(*KEEPERS, to="retire a key")
    _said(reason)
    signers = [signer.verifier() for signer in house.keys.signers()]
    named = next((one for one in signers if one.key_id.hex() == key_id), None)
    if named is None or len(signers) == 1:
        return house.keys.retire(key_id)  # which says what stands in the way
    with house.store.begin() as tx:
        refuse_unless_ours(house, tx)
        _append(house, tx, KEY_RETIRED, {"key": named.vkey, "reason": reason}, actor)
    return house.keys.retire(key_id)


def begin_anew_without_keys(house: House, *, actor: Actor, reason: str) -> str:
    """After the loss of every key: a new name and a new key; returns the name."""
    actor.must_be(*KEEPERS, to="begin anew")
    _said(reason)
    try:
        house.keys.signers()
    except SettingsError:
        pass
    else:
        raise RefusedError("a key is here and signs; `tocsin keys rotate` replaces it")
    return _begin_anew(house, actor, reason, because="keys_lost", lost=None)


def recover(house: House, *, actor: Actor, reason: str) -> str:
    """After the loss of entries: record the gap and go on under a new name; returns the name."""
    actor.must_be(*KEEPERS, to="record a gap in the ledger")
    _said(reason)
    lost = [(place, checkpoint) for place, checkpoint in gaps(house)]
    if not lost:
        raise RefusedError("nothing known outside contradicts this database; there is no gap to record")
    worst = max(lost, key=lambda one: one[1].size)
    return _begin_anew(house, actor, reason, because="entries_lost", lost=worst)


def gaps(house: House) -> Iterator[tuple[str, Checkpoint]]:
    """Yield (place, checkpoint) of what is known outside, is not in this database, and is not recorded as lost."""
    verifiers = house.keys.verifiers()
    with house.store.reading() as tx:
        tree = tx.tree()
        explained = set(recorded_gaps(tx))
        for place, note in house.outside.everything(house.keys.origin()):
            try:
                checkpoint = parse_checkpoint(open_note(note, verifiers).text)
            except (TamperError, BadInputError):
                continue
            known = (checkpoint.origin, checkpoint.size, checkpoint.root)
            if known not in explained and relation(tree, checkpoint) is not Relation.HELD:
                yield place, checkpoint


def recorded_gaps(tx: Transaction) -> Iterator[tuple[str, int, bytes]]:
    """Yield (name, size, root) of each checkpoint whose entries are recorded as lost."""
    for entry in _own(tx, ORIGIN_STARTED):
        lost = entry.data.get("lost")
        if isinstance(lost, dict):
            yield str(lost["origin"]), int(str(lost["size"])), bytes.fromhex(str(lost["root"]))


def keys(house: House) -> tuple[KeyLine, ...]:
    """List every key that ever signed, oldest first."""
    try:
        signing = {signer.verifier() for signer in house.keys.signers()}
    except SettingsError:
        signing = set()
    with house.store.reading() as tx:
        added = {str(entry.data["key"]): entry.seq for entry in _own(tx, KEY_ADDED)}
        retired = {str(entry.data["key"]): entry.seq for entry in _own(tx, KEY_RETIRED)}
    return tuple(
        KeyLine(one, one in signing, added.get(one.vkey), retired.get(one.vkey))
        for one in house.keys.verifiers()
    )


def retirements(tx: Transaction) -> Mapping[bytes, int]:
    """Return the entry that retired each key, by key id."""
    return {NoteVerifier.parse(str(one.data["key"])).key_id: one.seq for one in _own(tx, KEY_RETIRED)}


def _begin_anew(
    house: House, actor: Actor, reason: str, *, because: str, lost: tuple[str, Checkpoint] | None
) -> str:
    old = house.keys.origin()
    origin = _next(old)
    with house.store.begin() as tx:
        head = tx.head()
        data: dict[str, JSON] = {
            "origin": origin,
            "because": because,
            "reason": reason,
            "last": {"origin": old, "size": head.size, "root": head.root().hex()},
            "lost": None,
        }
        if lost is not None:
            place, checkpoint = lost
            data["lost"] = {
                "origin": checkpoint.origin,
                "size": checkpoint.size,
                "root": checkpoint.root.hex(),
                "known_from": place,
            }
        house.keys.begin_anew(origin)
        data["keys"] = [signer.verifier().vkey for signer in house.keys.signers()]
        _append(house, tx, ORIGIN_STARTED, data, actor)
    return origin


def _append(house: House, tx: Transaction, kind: str, data: Mapping[str, Any], actor: Actor) -> None:
    now: datetime = house.clock.now()
    refuse_people(kind, {"reason": data["reason"]}, allowed=house.profile.public_texts())
    salt = house.ids.key().hex()[:SALT_DIGITS]
    draft = Draft(OWN, kind, now, actor.handle, house.profile.drill, data, salt, tx.entry_count(OWN))
    tx.append([draft], recorded_at=now)
    sign_checkpoint(house, tx, now)


def _own(tx: Transaction, kind: str) -> Iterator[Entry]:
    return (entry for entry in tx.entries(OWN) if entry.kind == kind)


def _noted(tx: Transaction) -> set[str]:
    return {str(entry.data["key"]) for entry in _own(tx, KEY_ADDED)}


def _next(origin: str) -> str:
    found = _NUMBERED.fullmatch(origin)
    return f"{found[1]}-{int(found[2]) + 1}" if found else f"{origin}-2"


def _said(reason: str) -> None:
    if not reason.strip():
        raise BadInputError("say why", field="reason")
