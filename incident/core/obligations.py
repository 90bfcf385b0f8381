"""The duties that follow from the facts: to whom, by when, why, and how sure.

`assess` is the whole engine: pure, without files and without a clock. Duties that were considered and do
not arise are listed with the reason; duties of sectors we are not in are not considered. Uncovered
jurisdictions, missing facts and questions stand beside the duties. What is done about them is left to the
flow.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from incident.core.assessment_facts import UNKNOWN_RESIDENCE
from incident.core.conditions import judge
from incident.core.deadlines import Due, Place, compute_due, start_of
from incident.core.ground import ground_of, people_by_place, total
from incident.core.moments import day_text, local_day
from incident.core.obligation import Assessment, Obligation
from incident.core.ordering import apply_order
from incident.core.rule_local import local_laws
from incident.core.rules import Status
from incident.core.scope_of_law import applicable_regimes, not_covered, targets
from incident.core.verdict import weaker
from incident.core.vocabulary import Confidence, Role

if TYPE_CHECKING:
    from datetime import date

    from incident.core.assessment_facts import AssessmentFacts
    from incident.core.calendars import HolidayLookup
    from incident.core.ground import Target
    from incident.core.rules import LawBook, Regime, Rule, Version
    from incident.core.verdict import Verdict

_NOTHING_DUE = Due(None, None, "")
_TWO_DAYS = timedelta(days=2)
_BINDING = frozenset({Status.IN_FORCE, Status.PENDING})


@dataclass(slots=True)
class _Notes:
    """What comes up while the duties are determined; a dict keeps order and drops repetition."""

    missing: dict[str, None] = field(default_factory=dict)
    questions: dict[str, None] = field(default_factory=dict)

    def ask(self, verdict: Verdict) -> None:
        """Keep what would have to be known for the duty to arise."""
        self.missing.update(dict.fromkeys(verdict.missing))
        self.questions.update(dict.fromkeys(verdict.questions))

    def take(self, verdict: Verdict, target: Target, due: Due) -> None:
        """Keep the questions of a duty that arises."""
        self.missing.update(dict.fromkeys(verdict.missing))
        self.questions.update(dict.fromkeys((*verdict.questions, *target.questions)))
        if due.missing:
            self.missing[f"clocks.{due.missing.value}"] = None


@dataclass(frozen=True, slots=True)
class _Frame:
    """What stays the same through one assessment."""

    facts: AssessmentFacts
    holidays: HolidayLookup
    on: date
    notes: _Notes
    index: dict[str, dict[str, int | None]]
    people: int | None
    span: tuple[date, date]
    dues: dict[tuple[str, date, str, str], Due] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Duty:
    """One version of one rule at one place."""

    regime: Regime
    rule: Rule
    version: Version
    in_force: bool
    target: Target


def assess(
    facts: AssessmentFacts, book: LawBook, *, holidays: HolidayLookup, on: date | None = None
) -> Assessment:
    """Determine all duties; `on` is the day by which staleness is told (default: as_of, else awareness)."""
    day = on or facts.as_of or facts.became_aware_at.date()
    people = total(facts.people.values())
    frame = _Frame(facts, holidays, day, _Notes(), people_by_place(facts), people, _span(facts))
    found: list[Obligation] = []
    for regime in applicable_regimes(book, facts):
        found.extend(apply_order(_of_regime(regime, frame), facts.clocks))
    uncovered = not_covered(book, facts)
    questions = dict.fromkeys((*_general_questions(facts, book, uncovered), *frame.notes.questions))
    missing = dict.fromkeys((*_missing_places(facts), *frame.notes.missing))
    return Assessment(tuple(found), uncovered, tuple(missing), tuple(questions))


def _span(facts: AssessmentFacts) -> tuple[date, date]:
    """Return days that surely lie around every reference day, in whatever zone."""
    if facts.as_of is not None:
        return facts.as_of, facts.as_of
    known = sorted(facts.clocks.values())
    return known[0].date() - _TWO_DAYS, known[-1].date() + _TWO_DAYS


def version_for(
    rule: Rule, regime: Regime, facts: AssessmentFacts, *, span: tuple[date, date] | None = None
) -> tuple[Version, bool]:
    """Return the version in force on the day of the event that starts its clock, and whether it is in force.

    `as_of` overrides the day. An enacted version is in force from its day on, whether or not its file was
    touched since. When none was in force, the nearest one is returned with False. A version that covers the
    whole `span` needs no look at its clock.
    """
    for version in rule.versions:
        if (span and version.covers(span[0]) and version.covers(span[1])) or version.covers(
            _reference_day(version, regime, facts)
        ):
            return version, version.status in _BINDING
    earlier = [each for each in rule.versions if each.in_force_from <= _reference_day(each, regime, facts)]
    return (earlier or rule.versions)[-1 if earlier else 0], False


def _reference_day(version: Version, regime: Regime, facts: AssessmentFacts) -> date:
    if facts.as_of is not None:
        return facts.as_of
    deadline = version.deadline
    start = start_of(deadline.period.clock if deadline.period else deadline.clock, facts.clocks)
    return local_day(start.at or facts.became_aware_at, regime.zone)


def _of_regime(regime: Regime, frame: _Frame) -> list[Obligation]:
    facts = frame.facts
    ground = ground_of(regime, facts, frame.index, frame.people)
    found: list[Obligation] = []
    for rule in regime.rules:
        version, in_force = version_for(rule, regime, facts, span=frame.span)
        sectors = version.condition.sectors
        if sectors and not sectors & facts.sectors:
            continue
        found += [
            _obligation(_Duty(regime, rule, version, in_force, place), frame)
            for place in targets(rule, ground)
        ]
    return found


def _obligation(duty: _Duty, frame: _Frame) -> Obligation:
    rule, version, target = duty.rule, duty.version, duty.target
    verdict, due, confidence = _decided(duty, frame)
    source, office, deadline = version.sources[0], target.authority, version.deadline
    return Obligation(
        rule=rule.id,
        regime=duty.regime.id,
        jurisdiction=target.jurisdiction,
        recipient=rule.recipient,
        stage=rule.stage,
        title=rule.title,
        authority=office.name if office else None,
        authority_code=office.code if office else None,
        channel=office.channel if office else None,
        url=office.url if office else None,
        required=verdict.required,
        due_at=due.at,
        due_on=due.on,
        number_in_law=deadline.period is not None,
        qualifier=deadline.qualifier,
        clock=deadline.period.clock if deadline.period else deadline.clock,
        waiting_for=due.waiting_for,
        relation=deadline.relation,
        derivation=due.derivation,
        extended_reading=due.extended_reading,
        because="; ".join((target.why, *verdict.because) if verdict.required else verdict.because),
        citation=source.citation,
        citation_url=source.url,
        confidence=confidence,
        checked_on=version.checked_on,
        stale=version.review_by < frame.on,
        version_from=version.in_force_from,
        record=verdict.record,
    )


def _decided(duty: _Duty, frame: _Frame) -> tuple[Verdict, Due, Confidence]:
    version, target = duty.version, duty.target
    verdict = judge(version, frame.facts, count=target.count, established=target.established)
    if not duty.in_force:
        verdict.refuse(_not_in_force(version))
        if _before_all_that_is_held(duty, frame.facts):
            verdict.lower(Confidence.LOW)
    _weigh_local_law(duty, frame, verdict)
    if not verdict.required:
        if verdict.asks_anyway:
            frame.notes.ask(verdict)
        return verdict, _NOTHING_DUE, verdict.confidence
    due = _due(duty, frame)
    frame.notes.take(verdict, target, due)
    confidence = verdict.confidence
    if due.fell_back or target.questions:
        confidence = weaker(confidence, Confidence.LOW if target.questions else Confidence.MEDIUM)
    return verdict, due, confidence


def _before_all_that_is_held(duty: _Duty, facts: AssessmentFacts) -> bool:
    """Tell whether the day lies before the oldest text held: an earlier one may have asked for the same."""
    first = duty.rule.versions[0]
    before = _reference_day(first, duty.regime, facts) < first.in_force_from
    return before and first.status is Status.IN_FORCE


def _weigh_local_law(duty: _Duty, frame: _Frame, verdict: Verdict) -> None:
    """Refuse what national law has not begun to ask for yet; lower what it may take away."""
    regime, facts = duty.regime, frame.facts
    if not (verdict.required and regime.local):
        return
    day, places = _reference_day(duty.version, regime, facts), duty.target.places
    for local in local_laws(regime, duty.rule.id, places=places, sectors=facts.sectors):
        if local.in_force_from and day < local.in_force_from:
            verdict.refuse(
                f"{local.law}, through which it binds, is in force only from {day_text(local.in_force_from)}"
            )
            return
        if local.question:
            verdict.questions.append(local.question)
            verdict.lower(Confidence.LOW)


def _due(duty: _Duty, frame: _Frame) -> Due:
    regime, rule, version, target = duty.regime, duty.rule, duty.version, duty.target
    zone = regime.zone_of(target.jurisdiction)
    calendar = regime.calendar or target.jurisdiction
    key = (rule.id, version.in_force_from, zone, calendar)
    if key not in frame.dues:
        frame.dues[key] = compute_due(
            version.deadline,
            frame.facts.clocks,
            place=Place(zone, calendar),
            rule=f"{rule.id} (version from {version.in_force_from.isoformat()})",
            holidays=frame.holidays,
            sectors=frame.facts.sectors,
        )
    return frame.dues[key]


def _not_in_force(version: Version) -> str:
    match version.status:
        case Status.PENDING:
            return f"enacted, but in force only from {day_text(version.in_force_from)}"
        case Status.PROPOSED:
            return "a bill, not law"
        case Status.VOLUNTARY:
            return "voluntary, not a duty"
        case Status.REPEALED | Status.IN_FORCE:
            until = f" to {day_text(version.in_force_to)}" if version.in_force_to else ""
            since = f"in force from {day_text(version.in_force_from)}{until}"
            return f"the text held here is not in force on that day ({since})"


def _missing_places(facts: AssessmentFacts) -> list[str]:
    missing = ["people.unknown"] if facts.people.get(UNKNOWN_RESIDENCE, 0) != 0 else []
    return missing + [f"people.{code}" for code, number in facts.people.items() if number is None]


def _general_questions(facts: AssessmentFacts, book: LawBook, uncovered: tuple[str, ...]) -> list[str]:
    questions = []
    number = facts.people.get(UNKNOWN_RESIDENCE, 0)
    if number != 0:
        how_many = "an unknown number of" if number is None else str(number)
        questions.append(
            f"Where do {how_many} people live whose residence is not known? Duties depend on it."
        )
    for code in uncovered:
        if "-" not in code and any(known.startswith(f"{code}-") for known in book.by_jurisdiction):
            questions.append(
                f"In which states or provinces do the people in {code} live? The duties there differ."
            )
        else:
            questions.append(f"What does the law of {code} ask for? It is not covered here; ask counsel.")
    if facts.role is Role.PROCESSOR:
        questions.append(
            "Who is the controller or owner of the data, and what does the contract say about notice?"
        )
    return questions
