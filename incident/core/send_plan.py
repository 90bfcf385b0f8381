"""Plan backwards: the last moment at which sending must start for everyone to be reached before the deadline.

Latest safe send = deadline - people / provider's rate - approval lead - retry and settle window - lead of the
other channels. Every term carries its working. All arithmetic is on instants in UTC, in elapsed time. How
people are reached on other channels is `incident.core.ladder`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from incident.core.events.going import PlanInputs, SendPlanDetermined
from incident.core.further import waiting
from incident.core.going import GoStage, go_stage
from incident.core.lifecycle import count, everyone_told, noticed, promise_due_at
from incident.core.moments import instant_text
from incident.core.send_rate import Rate, rate
from incident.core.state import Incident

PROMISE = "promise"
TO_PEOPLE = frozenset({"customer", "individuals"})
UNSENT = frozenset({"planned", "held", "intent", "uncertain"})
MATERIAL = timedelta(minutes=15)


class SafeSend(StrEnum):
    """How the latest safe send stands against a given now."""

    NOT_NEEDED = "not_needed"
    NO_CLOCK = "no_clock"
    AHEAD = "ahead"
    PAST = "past_safe_send"
    HANDED_OVER = "handed_over"


@dataclass(frozen=True, slots=True)
class Term:
    """One subtraction: what it is for, how long it takes, and how that was worked out."""

    name: str
    length: timedelta
    working: str


@dataclass(frozen=True, slots=True)
class SendPlan:
    """The plan as of now; `latest_safe_at` is None where nothing has to be sent or no clock runs."""

    standing: SafeSend
    deadline_at: datetime | None
    deadline_of: str
    people: int | None
    rate: Rate
    terms: tuple[Term, ...]
    latest_safe_at: datetime | None
    left: timedelta | None
    working: str


def send_plan(state: Incident, now: datetime, inputs: PlanInputs | None = None) -> SendPlan:
    """Work the plan out; `inputs` default to those that the ledger holds, else to the shipped ones."""
    given = inputs or plan_inputs(state)
    pace = rate(state.notice if _current(state) else None, given.people_per_hour)
    deadline_of, deadline_at = deadline(state)
    people = people_left(state)
    if not _needed(state):
        return _without(SafeSend.NOT_NEEDED, deadline_at, deadline_of, people, pace, "nobody has to be told")
    if deadline_at is None:
        words = "no clock runs: nobody has decided when the team became aware"
        return _without(SafeSend.NO_CLOCK, None, "", people, pace, words)
    if people == 0 and noticed(state):
        words = "every letter that mail can carry is handed over"
        return _without(SafeSend.HANDED_OVER, deadline_at, deadline_of, people, pace, words)
    terms = (
        _sending(people, pace),
        _approval(state, given),
        Term("retries and settling", timedelta(minutes=given.settle_minutes), "as set"),
        *_canary(state, given),
        _other_channels(given),
    )
    latest = latest_safe(deadline_at, terms)
    past = latest < now
    line = working(deadline_of, deadline_at, terms, latest)
    where = SafeSend.PAST if past else SafeSend.AHEAD
    return SendPlan(where, deadline_at, deadline_of, people, pace, terms, latest, latest - now, line)


def latest_safe(deadline_at: datetime, terms: tuple[Term, ...]) -> datetime:
    """Subtract every term from the deadline, in elapsed time."""
    return deadline_at.astimezone(UTC) - sum((term.length for term in terms), timedelta())


def deadline(state: Incident) -> tuple[str, datetime | None]:
    """Return the earliest clock of a duty towards people: the promise, a law, or a contract."""
    found = [
        (o.arose.due_at, i)
        for i, o in state.obligations.items()
        if o.open and o.arose.recipient in TO_PEOPLE and o.arose.due_at is not None
    ]
    promised = promise_due_at(state)
    if PROMISE not in state.obligations and promised is not None:
        found.append((promised, PROMISE))
    if not found:
        return "", None
    at, which = min(found)
    return which, at


def people_left(state: Incident) -> int | None:
    """Return how many people's letters are not known to be with the provider, over every notice that is to be sent.

    Further letters that wait for approval count too. None before anybody counted.
    """
    if state.cohort is None:
        return None
    unsent = sum(count(n, UNSENT) for n in state.notices.values() if n.halted_because is None)
    coming = 0 if noticed(state) else max(0, state.cohort.told - state.cohort.without_email)
    return unsent + coming + sum(one.people for _approval_id, one in waiting(state))


def plan_inputs(state: Incident) -> PlanInputs:
    """Return what the ledger says the plan is made with."""
    return state.send_plan.inputs if state.send_plan is not None else PlanInputs()


def working(deadline_of: str, deadline_at: datetime, terms: tuple[Term, ...], latest: datetime) -> str:
    """Write the whole sum in one line."""
    minus = "".join(f" - {span(term.length)} {term.name} ({term.working})" for term in terms)
    return f"{deadline_of} due {instant_text(deadline_at)}{minus} = {instant_text(latest)}"


def span(length: timedelta) -> str:
    """Write a length of time, to the minute, or to the second when it is shorter; sums are made of it."""
    seconds = int(length.total_seconds())
    if seconds < 60:  # noqa: PLR2004 - a minute
        return f"{seconds} s"
    hours, rest = divmod(seconds, 3600)
    return f"{hours} h {rest // 60:02d} min" if hours else f"{rest // 60} min"


def determined(plan: SendPlan, inputs: PlanInputs) -> SendPlanDetermined:
    """Return the plan as the ledger keeps it."""
    return SendPlanDetermined(
        inputs,
        plan.standing.value,
        plan.deadline_at,
        plan.deadline_of,
        plan.people,
        plan.rate.people_per_hour,
        plan.rate.measured,
        plan.latest_safe_at,
        plan.working,
    )


def differs(recorded: SendPlanDetermined | None, fresh: SendPlanDetermined) -> bool:
    """Whether a fresh plan says something materially else than the one in the ledger."""
    if recorded is None:
        return True
    same = ("inputs", "standing", "deadline_at", "deadline_of")
    if any(getattr(recorded, name) != getattr(fresh, name) for name in same):
        return True
    if recorded.latest_safe_at is None or fresh.latest_safe_at is None:
        return recorded.latest_safe_at != fresh.latest_safe_at
    counted = (recorded.people is None) != (fresh.people is None)
    return counted or abs(recorded.latest_safe_at - fresh.latest_safe_at) >= MATERIAL


def _needed(state: Incident) -> bool:
    if state.closed_at is not None or (state.decision is not None and not state.must_notify()):
        return False
    return not everyone_told(state)


def _current(state: Incident) -> bool:
    """Whether the newest notice is the one to the present cohort."""
    notice, cohort = state.notice, state.cohort
    return notice is not None and cohort is not None and notice.plan.cohort_id == cohort.cohort_id


def _without(
    standing: SafeSend, at: datetime | None, which: str, people: int | None, pace: Rate, words: str
) -> SendPlan:
    return SendPlan(standing, at, which, people, pace, (), None, None, words)


def _sending(people: int | None, pace: Rate) -> Term:
    if people is None:
        return Term("sending", timedelta(), "people are not counted yet, so this can only become earlier")
    seconds = -(-people * 3600 // pace.people_per_hour)
    return Term("sending", timedelta(seconds=seconds), f"{people:,} people at {pace.words}")


def _approval(state: Incident, inputs: PlanInputs) -> Term:
    approval, cohort = state.approval, state.cohort
    asked = [state.approvals[i] for i, _one in waiting(state)]
    granted = approval is not None and approval.granted and all(one.granted for one in asked)
    if granted and approval is not None and cohort and approval.request.cohort_id == cohort.cohort_id:
        return Term("approval", timedelta(), "granted")
    return Term("approval", timedelta(minutes=inputs.approval_minutes), "as set")


def _canary(state: Incident, inputs: PlanInputs) -> tuple[Term, ...]:
    notice = state.notice if _current(state) else None
    over = notice is not None and go_stage(notice) in {GoStage.RELEASE_REST, GoStage.ALL_GO}
    if not inputs.canary_minutes or over:
        return ()
    return (Term("seeds and first slice watched", timedelta(minutes=inputs.canary_minutes), "as set"),)


def _other_channels(inputs: PlanInputs) -> Term:
    if not inputs.channels:
        return Term("other channels", timedelta(), "none is set")
    slowest = max(sorted(inputs.channels), key=lambda name: inputs.channels[name])
    words = f"the slowest, {slowest.replace('_', ' ')}"
    return Term("other channels", timedelta(minutes=inputs.channels[slowest]), words)
