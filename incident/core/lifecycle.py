"""Where an incident stands: its stage, and what keeps it from being closed. Derived, never stored."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core import events as e
from incident.core.deliveries import IN_DOUBT, NEEDS_OTHER_CHANNEL, UNSENT, settled_states
from incident.core.further import waiting
from incident.core.said import Said, number, people, say
from incident.core.state import Incident, Notice


class Stage(StrEnum):
    """The way of an incident, in order."""

    OPENED = "opened"
    ASSESSING = "assessing"
    SCOPING = "scoping"
    APPROVING = "approving"
    TELLING = "telling"
    FOLLOWING_UP = "following_up"
    REVIEWING = "reviewing"
    CLOSED = "closed"


def promise_due_at(state: Incident) -> datetime | None:
    """When the promise to customers falls due: hours after awareness, elapsed."""
    if state.became_aware_at is None:
        return None
    return state.became_aware_at + timedelta(hours=state.promise_hours)


def stage(state: Incident) -> Stage:
    """Return the first stage with something left to do."""
    if state.closed_at is not None:
        return Stage.CLOSED
    if state.awareness is None:
        return Stage.OPENED
    if state.decision is None:
        return Stage.ASSESSING
    if state.must_notify():
        if state.cohort is None:
            return Stage.SCOPING
        if not noticed(state):
            return Stage.APPROVING
        if any(any(state.owed(notice).values()) for notice in state.notices.values()):
            return Stage.TELLING
    if any(True for _ in _unfinished_duties(state)):
        return Stage.FOLLOWING_UP
    return Stage.REVIEWING


def count(notice: Notice, states: frozenset[str]) -> int:
    """Count the people of a notice who are in one of these delivery states."""
    return sum(n for state, n in notice.tally.items() if state in states)


def told(notice: Notice) -> bool:
    """Whether everyone was told, or accounted for by a named person. Accepted is not delivered."""
    settled = settled_states(notice.plan.settles_on)
    return all(n == 0 or state in settled for state, n in notice.tally.items())


def noticed(state: Incident) -> bool:
    """Whether a notice to the people of the present cohort is laid out; a wave that adds nobody needs none."""
    if state.cohort is None:
        return False
    if state.cohort.follows and not state.cohort.told:
        return True
    return any(notice.plan.cohort_id == state.cohort.cohort_id for notice in state.notices.values())


def everyone_told(state: Incident) -> bool:
    """Whether "everyone was told" is true: of every wave, nobody pending, in doubt or unaccounted for, no gap open."""
    if not state.notices or not noticed(state) or open_gaps(state):
        return False
    return not any(any(state.owed(notice).values()) for notice in state.notices.values())


def without_next_step(state: Incident) -> int:
    """Count the people told, in any wave, with whom no next step is recorded."""
    missing = 0
    told_cohorts = {notice.plan.cohort_id for notice in state.notices.values()}
    for cohort in state.waves:
        if cohort is state.cohort or cohort.cohort_id in told_cohorts:
            steps = (s for s in state.next_steps.values() if s.cohort_id == cohort.cohort_id)
            missing += cohort.told - len({position for step in steps for position in step.positions})
    return missing


def open_items(state: Incident) -> tuple[Said, ...]:
    """Say, one sentence each, what keeps the incident from being closed."""
    items = [*_undecided(state), *_unfinished_duties(state)]
    if not items:
        items = [*_unreviewed(state)]
    return tuple(items)


def duties_done(state: Incident) -> bool:
    """Whether all but the report and its review is finished."""
    return not [*_undecided(state), *_unfinished_duties(state)]


def _undecided(state: Incident) -> Iterator[Said]:
    if state.awareness is None:
        yield say("open.aware", "nobody has decided when the team became aware")
    if state.decision is None:
        yield say("open.breach", "nobody has decided whether this is a breach")
    if not state.evidence and not (state.decision and state.decision.outcome is e.Outcome.NOT_A_BREACH):
        yield say("open.evidence", "no evidence is frozen")
    if state.law_stale and state.awareness is not None and state.decision is not None:
        yield say("open.law", "obligations are not determined for the facts as they are")


def _unfinished_duties(state: Incident) -> Iterator[Said]:
    if state.must_notify():
        yield from _cohort_items(state)
        yield from _notice_items(state)
        yield from _next_step_items(state)
    for obligation_id, obligation in state.obligations.items():
        if obligation.open:
            yield say("open.duty", "obligation {duty} is open", duty=obligation_id)


def _cohort_items(state: Incident) -> Iterator[Said]:
    if state.cohort is None:
        yield say("open.cohort", "no cohort is frozen")
    else:
        yield from (say("open.gap", "scoping left a gap: {gap}", gap=text) for text in open_gaps(state))


def _notice_items(state: Incident) -> Iterator[Said]:
    if not state.notices:
        yield say("open.notice", "nobody was told")
    elif state.cohort is not None and not noticed(state):
        told, wave = people(state.cohort.told), str(state.cohort.wave)
        yield say("open.wave", "{people} of wave {wave} not told yet", people=told, wave=wave)
    for _approval_id, one in waiting(state):
        yield say(
            "open.further",
            "further letters to {people} are proposed, and not sent",
            people=people(one.people),
        )
    for notice in state.notices.values():
        yield from _owed_items(state.owed(notice))


def _owed_items(owing: dict[str, int]) -> Iterator[Said]:
    named: set[str] = set()
    for states, sentence in (
        (UNSENT, _unsent),
        (IN_DOUBT, _in_doubt),
        (NEEDS_OTHER_CHANNEL, _not_reached),
    ):
        named |= {each.value for each in states}
        number = sum(n for state, n in owing.items() if state in states)
        if number:
            yield sentence(number)
    waiting = sum(n for state, n in owing.items() if state not in named)
    if waiting:
        yield say(
            "open.waiting",
            "a letter was sent, and its arrival is not known: {people}",
            people=people(waiting),
        )


def _unsent(number: int) -> Said:
    return say("open.unsent", "not sent to yet: {people}", people=people(number))


def _in_doubt(number: int) -> Said:
    return say("open.doubt", "perhaps sent to, perhaps not: {people}", people=people(number))


def _not_reached(number: int) -> Said:
    return say(
        "open.not_reached",
        "not reached by mail, and nobody accounted for them: {people}",
        people=people(number),
    )


def open_gaps(state: Incident) -> tuple[str, ...]:
    """Return what scoping could not settle and nobody has accepted with a reason."""
    if state.cohort is None:
        return ()
    return tuple(text for text in state.cohort.blocks if text not in state.accepted_gaps)


def _next_step_items(state: Incident) -> Iterator[Said]:
    if state.cohort is None:
        return
    missing = without_next_step(state)
    if missing:
        customers = number(missing, "affected customer")
        yield say("open.next_step", "no next step is recorded with {customers}", customers=customers)


def _unreviewed(state: Incident) -> Iterator[Said]:
    if state.post_mortem is None:
        yield say("open.report", "there is no post-mortem")
    elif state.reviewed_by is None:
        yield say("open.review", "nobody reviewed the post-mortem")
