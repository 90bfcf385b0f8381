"""What the services know of the company: settings as plain values, without secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from incident.core.alarms import Limits
from incident.core.canary import CanaryTerms
from incident.core.contracts import ContractTerms
from incident.core.events.going import PlanInputs
from incident.core.lookup import LookupTerms
from incident.core.pacing import Limits as PaceLimits
from incident.core.paging import Policy
from incident.core.sharing import SharingTerms
from incident.core.uncertainty import UncertainPolicy


@dataclass(frozen=True, slots=True)
class SnapshotProfile:
    """One export or log of a system: in which formats it comes, how long it lives, how it is taken."""

    what: str
    formats: tuple[str, ...]
    evidence_hours: int | None
    commands: tuple[str, ...]
    lost_otherwise: str


@dataclass(frozen=True, slots=True)
class SystemProfile:
    """One system that holds the data."""

    name: str
    vendor: str
    breach_contact: str
    snapshots: tuple[SnapshotProfile, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """The company, its promise, its senders and its systems."""

    name: str
    registered: str
    service: str
    privacy_contact: str
    phone: str
    postal_address: str
    website: str
    dpo: str
    role: str
    establishments: tuple[str, ...]
    lead_authority: str | None
    sectors: tuple[str, ...]
    markets: tuple[str, ...]
    complaint_route: str
    time_zone: str
    promise_hours: int
    from_address: str
    from_name: str
    reply_to: str
    batch_people: int
    lease_seconds: int
    origin: str
    drill: bool
    staff_addresses: frozenset[str] = field(repr=False)
    systems: Mapping[str, SystemProfile]
    languages: Mapping[str, str]
    send_options: Mapping[str, str]
    pace: PaceLimits = field(default_factory=PaceLimits)
    planning: PlanInputs = field(default_factory=PlanInputs)
    watching: Limits = field(default_factory=Limits)
    paging: Policy = field(default_factory=Policy)
    contracts: tuple[ContractTerms, ...] = ()
    canary: CanaryTerms = field(default_factory=CanaryTerms)
    uncertain: UncertainPolicy = field(default_factory=UncertainPolicy)
    lookup: LookupTerms | None = None
    sharing: SharingTerms = field(default_factory=SharingTerms)
    genuine_url: str = ""

    def public_texts(self) -> frozenset[str]:
        """Return the contacts that are the company's own and may stand in the ledger."""
        return frozenset({self.privacy_contact, self.from_address, self.reply_to, self.phone})
