"""Records as one line of bytes and back, for the spill; and the lines that sorting works on.

JSON: no line holds a raw tab or newline, whatever a log wrote; what is not Unicode is refused as a TypeError. A
handle is the rank of its kind and its value; the ranks are the order in which identities join.
"""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import TYPE_CHECKING, Any

import orjson

from incident.core.scoping.records import (
    AccountRecord,
    Attributes,
    Card,
    Confidence,
    Identity,
    IdentityKind,
    ResidenceHint,
    Strength,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Handle = tuple[IdentityKind, str]
JOIN_ORDER = (
    IdentityKind.UID,
    IdentityKind.CUSTOMER_ID,
    IdentityKind.PREDICTION_ID,
    IdentityKind.EMAIL,
    IdentityKind.EMAIL_SHA256,
    IdentityKind.EMAIL_MD5,
    IdentityKind.PHONE,
    IdentityKind.PROVIDER_EMAIL,
)
RANK_OF = {kind: str(rank) for rank, kind in enumerate(JOIN_ORDER)}
LAST_JOINING = JOIN_ORDER.index(IdentityKind.EMAIL_MD5)
TOLD, TOLD_IF_UNNAMED = "w", "v"
"""Behind a handle: its holder was told before; or so only where no user id says that it is somebody else."""
_LABELS = 4096
_HINTS = 65_536

quoted = encode_basestring_ascii
dumps = orjson.dumps
loads = orjson.loads


def key_text(kind: IdentityKind, value: str) -> str:
    """Write a handle as the beginning of a line, up to its second tab."""
    return f"{RANK_OF[kind]}\t{quoted(value)}\t"


def key_of(rank: bytes, value: bytes) -> Handle:
    """Read a handle from the first two fields of a line."""
    return JOIN_ORDER[int(rank)], loads(value)


@lru_cache(maxsize=_LABELS)
def label(system: str, source: str) -> str:
    """Name the field that an identity came from."""
    return quoted(f"{system}.{source}") if source else '""'


def pack_account(record: AccountRecord) -> bytes:
    """Write an account; its file is known from where it is kept."""
    held = record.attributes
    return dumps(
        (
            record.system,
            record.row,
            [(each.kind, each.value, each.strength, each.source) for each in record.identities],
            held.display_name,
            held.phone,
            held.email,
            held.email_verified,
            [(h.source, h.country, h.region, h.confidence, h.note) for h in held.residence],
            held.language,
            _iso(held.created_at),
            _iso(held.gone_at),
            held.disabled,
            held.staff,
            held.categories,
            held.unseen,
            [(card.brand, card.last4, card.expires, card.country) for card in held.cards],
        )
    )


def unpack_account(packed: bytes, evidence_id: str) -> AccountRecord:
    """Read an account."""
    (system, row, identities, name, phone, email, verified, hints, language, created, gone, disabled, staff,
     held, unseen, cards) = loads(packed)  # fmt: skip
    return AccountRecord(
        system, evidence_id, row, unpack_identities(identities),
        Attributes(
            name, phone, email, verified, tuple([_hint(*each) for each in hints]), language, at_of(created),
            at_of(gone), disabled, staff, tuple(held), tuple(unseen), tuple([Card(*each) for each in cards]),
        ),
    )  # fmt: skip


def pack_identities(identities: Iterable[Identity]) -> bytes:
    """Write the identities of a handle that only logs name."""
    return dumps([(each.kind, each.value, each.strength, each.source) for each in identities])


def unpack_identities(packed: Sequence[Sequence[Any]]) -> tuple[Identity, ...]:
    """Read identities from plain values."""
    return tuple(
        [Identity(_KINDS[kind], value, _STRENGTHS[level], source) for kind, value, level, source in packed]
    )


def at_of(text: str | None) -> datetime | None:
    """Read an instant."""
    return None if text is None else datetime.fromisoformat(text)


@lru_cache(maxsize=_HINTS)
def _hint(source: str, country: str, region: str | None, confidence: str, note: str) -> ResidenceHint:
    return ResidenceHint(source, country, region, Confidence(confidence), note)


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


_KINDS = {kind.value: kind for kind in IdentityKind}
_STRENGTHS = {level.value: level for level in Strength}
