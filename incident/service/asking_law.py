"""Ask the law, or the rules of risk, with facts alone: one case, or many, a line each.

Needs the law and a calendar, no incident and no database. The incident's own way to the same engine is
`obligations`; questions to the catalogue itself are left to `catalogue`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any, NoReturn

from incident.core.assessment_facts import AssessmentFacts, refuse_unknown_keys
from incident.core.calendars import HolidayLookup
from incident.core.events import to_data
from incident.core.obligation import Assessment
from incident.core.obligations import assess
from incident.core.risk import propose_risk
from incident.core.risk_facts import RiskFacts
from incident.core.severity import score_severity
from incident.core.severity_proposal import not_scorable, propose_severity
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.ports import LawSource

SEVERITY = "severity"


@dataclass(frozen=True, slots=True)
class LawDesk:
    """Where the law is asked without a house: the catalogue, calendars, and the day by which things are stale."""

    law: LawSource
    holidays: HolidayLookup
    today: date


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it came in: its line (from 1), and its facts or what is wrong with them."""

    line: int
    value: Mapping[str, Any] | None
    error: BadInputError | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What one case came to."""

    line: int
    found: Any | None
    error: BadInputError | None = None

    def to_json(self) -> Any:
        """Write the answer, or an error object with line, field and reason."""
        if self.error is None:
            return self.found
        return {
            "line": self.line,
            "error": str(self.error),
            "field": self.error.field,
            "reason": self.error.reason,
        }


def assess_facts(desk: LawDesk, value: Mapping[str, Any], *, on: date | None = None) -> Assessment:
    """Assess facts; staleness is told by `on`, else by today or a later `as_of`. BadInputError names the field."""
    facts = AssessmentFacts.from_json(value)
    RiskFacts.from_json(value)
    day = on or max(desk.today, facts.as_of or desk.today)
    try:
        return assess(facts, desk.law.book(), holidays=desk.holidays, on=day)
    except OverflowError:
        raise BadInputError("lies too far away for any calendar", field="became_aware_at") from None


def propose(value: Mapping[str, Any]) -> dict[str, Any]:
    """Propose the risk to people and the severity from facts; `severity` may hold a person's ENISA inputs."""
    from incident.service.risk import INPUTS, severity_inputs

    facts = {name: part for name, part in value.items() if name != SEVERITY}
    known = RiskFacts.from_json(facts)
    given = value.get(SEVERITY)
    missing = not_scorable(known)
    if given is None and missing:
        return {
            **propose_risk(known).to_json(),
            SEVERITY: {"score": None, "band": None, "not_known": list(missing)},
        }
    if given is None:
        inputs, scored = propose_severity(known)
    else:
        refuse_unknown_keys(given, frozenset(INPUTS), f"{SEVERITY}.")
        inputs = severity_inputs(given)
        scored = score_severity(inputs)
    by = "by the rules" if given is None else "by a person"
    return {
        **propose_risk(known).to_json(),
        SEVERITY: {**scored.to_json(), "inputs": to_data(inputs), "given": by},
    }


def read_cases(lines: Iterable[str]) -> tuple[bool, Iterator[Case]]:
    """Tell whether there are several cases, one a line, and yield them as they come; else it is one document.

    The first line decides: when it holds a whole object, every line is a case. Empty lines are skipped.
    """
    numbered = ((number, line) for number, line in enumerate(lines, 1) if line.strip())
    first = next(numbered, None)
    if first is None:
        raise BadInputError("there are no facts in it")
    if _whole(first[1]):
        return True, (_case(*each) for each in chain((first,), numbered))
    rest = [first, *numbered]
    if any(_whole(line) for _, line in rest):
        return True, (_case(*each) for each in rest)
    return False, iter((_case(first[0], "".join(line for _, line in rest)),))


def answer_each(cases: Iterable[Case], ask: Callable[[Mapping[str, Any]], Any]) -> Iterator[Answer]:
    """Answer case after case, in order; what is wrong with one does not stop the others."""
    for case in cases:
        if case.value is None:
            yield Answer(case.line, None, case.error)
            continue
        try:
            yield Answer(case.line, ask(case.value))
        except BadInputError as error:
            yield Answer(case.line, None, error)


def _case(number: int, text: str) -> Case:
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        return Case(
            number, None, BadInputError(f"is not JSON: {error.msg}, column {error.colno}", row=number)
        )
    except RecursionError:
        return Case(number, None, BadInputError("is nested too deeply", row=number))
    except BadInputError as error:
        return Case(number, None, error)
    if not isinstance(value, dict):
        reason = "must be one object of facts; write several cases one a line"
        return Case(number, None, BadInputError(reason, row=number))
    return Case(number, value)


def _whole(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise BadInputError("stands there twice", field=next(name for name in names if names.count(name) > 1))
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise BadInputError(f"{name} is no number of JSON")
