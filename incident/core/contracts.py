"""Contracts with business customers as obligations: whom to tell, within how many hours of what.

A contract is the company's own promise, so it comes from its settings and not from the law; it stands among the
obligations like every other clock, with `because` and its sum.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from incident.core import events as e
from incident.core.moments import instant_text
from incident.core.state import Incident

CLOCK_WORDS = {"became_aware_at": "became aware", "detected_at": "detected"}


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """What one contract says; `tell` is business_customer, or people where we write to those affected."""

    key: str
    with_whom: str
    hours: int
    clock: str
    tell: str
    where: str
    clause: str


def arising(contract: ContractTerms, state: Incident) -> e.ObligationArose:
    """Return the obligation of a contract; without the moment that its clock starts at, it waits."""
    start = state.became_aware_at if contract.clock == "became_aware_at" else _detected(state)
    due = start + timedelta(hours=contract.hours) if start is not None else None
    breach = state.decision is None or state.decision.outcome is not e.Outcome.NOT_A_BREACH
    people = contract.tell == "people"
    whom = "the people affected" if people else contract.with_whom
    return e.ObligationArose(
        obligation_id=f"contract:{contract.key}",
        rule=f"contract:{contract.key}",
        regime="contract",
        jurisdiction="everyone",
        recipient="customer" if people else "business_customer",
        authority=None if people else contract.with_whom,
        required=breach,
        due_at=due,
        due_on=None,
        number_in_law=True,
        clock=contract.clock,
        relation=None,
        derivation=_sum(contract, start, due),
        extended_reading=None,
        because=f"the contract with {contract.with_whom} promises that {whom} will be told",
        citation=contract.clause or f"contract with {contract.with_whom}",
        confidence="high",
        checked_on=None,
        stale=False,
        channel=contract.where or None,
    )


def _detected(state: Incident) -> datetime | None:
    """Take awareness where nothing was noticed earlier: the strict reading is the earlier moment."""
    moments = [at for at in (state.detected_at, state.became_aware_at) if at is not None]
    return min(moments, default=None)


def _sum(contract: ContractTerms, start: datetime | None, due: datetime | None) -> str:
    if start is None or due is None:
        return f"waits until somebody says when it was {CLOCK_WORDS[contract.clock]}"
    began = f"{CLOCK_WORDS[contract.clock]} {instant_text(start)}"
    return f"{began} + {contract.hours} elapsed hours = {instant_text(due)}"
