"""Settings of the plan and the watch: leads, limits, who is woken up and how, the contracts with business customers."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from incident.core.alarms import Limits
from incident.core.canary import CanaryTerms
from incident.core.contracts import ContractTerms
from incident.core.events.going import LEAD_MINUTES, PlanInputs
from incident.core.paging import Policy
from incident.core.uncertainty import UncertainPolicy, Unresolved

Minutes = Annotated[int, Field(ge=0, le=60 * 24 * 31)]
Waiting = Annotated[int, Field(ge=1, le=60 * 24 * 31)]
ChannelName = Literal["second_address", "sms", "phone", "letter", "substitute"]


class Section(BaseModel):
    """A table of tocsin.toml: unknown keys are refused, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Plan(Section):
    """What the latest safe send is worked out with, until the provider's own rate is measured."""

    people_per_second: float = Field(default=10.0, gt=0)
    approval_minutes: Minutes = 120
    settle_minutes: Minutes = 240


class ChannelLead(Section):
    """One rung of the ladder: how long before the deadline it must start, or that we do not use it."""

    lead_minutes: Minutes
    used: bool = True


class Contract(Section):
    """What a contract with a business customer promises: whom to tell, within how many hours of what."""

    with_whom: str = Field(min_length=1)
    hours: int = Field(gt=0)
    clock: Literal["became_aware_at", "detected_at"] = "became_aware_at"
    tell: Literal["business_customer", "people"] = "business_customer"
    where: str = ""
    clause: str = ""


class PageMail(Section):
    """The relay for pages; better not the one that letters go through."""

    host: str
    port: int = 587
    from_address: str
    user: str = ""
    password_file: Path | None = None
    start_tls: bool = True


class Pager(Section):
    """Who is woken up, how, and how often; URLs of services come from TOCSIN_PAGER_URLS or `urls_file`."""

    file: Path | None = None
    urls_file: Path | None = None
    email: PageMail | None = None
    escalate_minutes: Waiting = 15
    repeat_minutes: Waiting = 30
    acknowledged_minutes: Waiting = 240

    def policy(self) -> Policy:
        """Return how often a page is repeated."""
        return Policy(
            escalate=timedelta(minutes=self.escalate_minutes),
            repeat=timedelta(minutes=self.repeat_minutes),
            acknowledged=timedelta(minutes=self.acknowledged_minutes),
        )


class Watch(Section):
    """How long something may stand still, and where the sign of life is left."""

    uncertain_minutes: Waiting = 60
    webhook_silence_minutes: Waiting = 60
    stalled_minutes: Waiting = 15
    heartbeat: Path = Path("heartbeat.json")
    stale_seconds: int = Field(default=300, ge=1)


class Canary(Section):
    """A two-stage go: our own mailboxes, then a first slice, each watched before the rest."""

    seeds: tuple[str, ...] = ()
    first_slice: int = Field(default=0, ge=0)
    watch_minutes: Waiting = 15
    most_bad_percent: int = Field(default=10, ge=0, le=100)
    hosts: tuple[str, ...] = ()

    def terms(self) -> CanaryTerms:
        """Return the terms as the core reads them."""
        hosts = frozenset(host.casefold() for host in self.hosts)
        return CanaryTerms(self.seeds, self.first_slice, self.watch_minutes, self.most_bad_percent, hosts)


class UncertainSection(Section):
    """Who ends a doubt that nothing resolves, and when."""

    policy: Unresolved = Unresolved.PERSON
    horizon_minutes: Waiting = 60

    def terms(self) -> UncertainPolicy:
        """Return the policy as the core reads it."""
        return UncertainPolicy(self.policy, timedelta(minutes=self.horizon_minutes))


def plan_inputs(
    plan: Plan,
    channels: dict[ChannelName, ChannelLead],
    *,
    paced: float | None = None,
    canary_minutes: int = 0,
    hold_minutes: int = 0,
) -> PlanInputs:
    """Return what the plan is made with; a channel that the settings do not name keeps its shipped lead.

    `paced` is the most people a second that we let ourselves hand over, if that is set; `hold_minutes` how long the
    provider holds each letter before it sends it, which settling waits for.
    """
    per_second = plan.people_per_second if paced is None else min(plan.people_per_second, paced)
    used: dict[str, int] = {
        name: channels[name].lead_minutes if name in channels else lead
        for name, lead in _shipped()
        if name not in channels or channels[name].used
    }
    return PlanInputs(
        people_per_hour=max(1, round(per_second * 3600)),
        approval_minutes=plan.approval_minutes,
        settle_minutes=plan.settle_minutes + hold_minutes,
        canary_minutes=canary_minutes,
        channels=used,
    )


def contract_of(key: str, section: Contract) -> ContractTerms:
    """Return a contract as the core reads it."""
    return ContractTerms(
        key, section.with_whom, section.hours, section.clock, section.tell, section.where, section.clause
    )


def limits(watch: Watch, plan: Plan) -> Limits:
    """Return how long something may stand still."""
    return Limits(
        uncertain=timedelta(minutes=watch.uncertain_minutes),
        silence=timedelta(minutes=watch.webhook_silence_minutes),
        stalled=timedelta(minutes=watch.stalled_minutes),
        approval=timedelta(minutes=plan.approval_minutes),
    )


def _shipped() -> list[tuple[ChannelName, int]]:
    names: tuple[ChannelName, ...] = ("second_address", "sms", "phone", "letter", "substitute")
    return [(name, LEAD_MINUTES[name]) for name in names]
