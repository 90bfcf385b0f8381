"""Events of what leaves the house and what is destroyed: packs handed out, people erased, erasures refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event


@event("pack:announced")
@dataclass(frozen=True, slots=True)
class PackAnnounced:
    """An evidence pack is about to be made of all that is recorded so far; its log ends with this entry.

    `before` counts the incident's entries before this one, so that none of them can be left off at the end.
    """

    KIND: ClassVar[str]
    tier: str
    before: int


@event("pack:exported")
@dataclass(frozen=True, slots=True)
class PackExported:
    """An evidence pack was made to be handed out: for what, how much of the log it shows and why the rest not.

    `manifest_sha256` is over the pack's manifest, which lists every file with its hash; `entries` is the size of the
    log in it, `withheld` counts the incident's own entries by the rule that withholds them.
    """

    KIND: ClassVar[str]
    tier: str
    purpose: str
    manifest_sha256: str
    files: int
    entries: int
    shown: int
    withheld: Mapping[str, int]


@event("person:erased")
@dataclass(frozen=True, slots=True)
class PersonErased:
    """Everything kept about one person was destroyed, on a legal ground: rows, key, the provider's reports.

    `places` are the positions by cohort. Commitments and proofs stay; without row and key they say nothing.
    """

    KIND: ClassVar[str]
    places: Mapping[str, tuple[int, ...]]
    ground: str
    reports: int


@event("erasure:refused")
@dataclass(frozen=True, slots=True)
class ErasureRefused:
    """A request for erasure was answered with no, on a legal ground, by a named person."""

    KIND: ClassVar[str]
    places: Mapping[str, tuple[int, ...]]
    ground: str


@event("evidence:erased")
@dataclass(frozen=True, slots=True)
class EvidenceErased:
    """The bytes of a snapshot were destroyed, on a legal ground; its hash and custody stay."""

    KIND: ClassVar[str]
    evidence_id: str
    sha256: str
    ground: str
