"""Questions to the law catalogue: list, show, explain, search, differences, staleness, counts.

Answers are plain values, ready for JSON, with the words for people in them. No database is needed; what
today's catalogue means for open incidents is left to `law_effects`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass
from datetime import date, time
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from incident.core.assessment_facts import AssessmentFacts
from incident.core.law_index import Change, Entry, changes, count, present, search, select, stale
from incident.core.law_vocabulary import vocabulary as all_codes
from incident.core.law_words import Validity, due_words, validity_of, version_words
from incident.core.rules import LawBook, Regime, Rule, Version
from incident.core.scope_of_law import applicable_regimes
from incident.core.vocabulary import Recipient, Sector
from incident.errors import BadInputError, NotFoundError
from incident.service.asking_law import LawDesk, assess_facts

Code = TypeVar("Code", bound=StrEnum)
NO_DUTY = "no_duty"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to, as codes; None is everything."""

    jurisdiction: str | None = None
    recipient: str | None = None
    sector: str | None = None
    status: str | None = None


def vocabulary() -> dict[str, list[dict[str, str]]]:
    """Return every closed vocabulary, each code with its meaning."""
    return {
        name: [{"code": code, "meaning": meaning} for code, meaning in codes.items()]
        for name, codes in all_codes().items()
    }


def listed(desk: LawDesk, wanted: Wanted) -> list[dict[str, Any]]:
    """List duties, one row each; BadInputError names a filter that is no code."""
    no_duty = wanted.status == NO_DUTY
    found = select(
        desk.law.book(),
        day=desk.today,
        jurisdiction=wanted.jurisdiction,
        recipient=_code(Recipient, wanted.recipient, "recipient"),
        sector=_code(Sector, wanted.sector, "sector"),
        validity=None if no_duty else _code(Validity, wanted.status, "status"),
        no_duty=no_duty,
    )
    return [row(entry, desk.today) for entry in found]


def row(entry: Entry, day: date) -> dict[str, Any]:
    """Write one duty, in one of its versions, as a row."""
    regime, rule, version = entry.regime, entry.rule, entry.version
    return {
        "rule": rule.id,
        "title": rule.title,
        "regime": regime.id,
        "law": regime.name,
        "jurisdictions": list(regime.jurisdictions),
        "recipient": rule.recipient.value,
        "stage": rule.stage,
        "authorities": [regime.authorities[code].name for code in rule.authorities],
        "sectors": sorted(sector.value for sector in version.condition.sectors),
        "no_duty": version.no_duty,
        "status": validity_of(version, day).value,
        "in_force_from": version.in_force_from.isoformat(),
        "in_force_to": version.in_force_to.isoformat() if version.in_force_to else None,
        "deadline": next(iter(due_words(version)), "no duty"),
        "citation": version.sources[0].citation,
        "checked_on": version.checked_on.isoformat(),
        "review_by": version.review_by.isoformat(),
        "stale": version.review_by < day,
    }


def shown(desk: LawDesk, name: str) -> dict[str, Any]:
    """Show one duty, or a whole law with all its duties, with every version; NotFoundError names what is near."""
    book = desk.law.book()
    regime = book.regime(name)
    if regime is not None:
        return {**_law(regime), "rules": [_rule(regime, rule, desk.today) for rule in regime.rules]}
    regime, rule = _find(book, name)
    return {**_law(regime), "rules": [_rule(regime, rule, desk.today)]}


def explain(desk: LawDesk, name: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """Say why one duty arises from the facts or does not, with what it asks for and the derivation."""
    regime, rule = _find(desk.law.book(), name)
    found = [one for one in assess_facts(desk, value).obligations if one.rule == rule.id]
    facts = AssessmentFacts.from_json(value)
    starts = {one.version_from for one in found}
    versions = [version for version in rule.versions if version.in_force_from in starts]
    version = versions[0] if versions else present(rule, facts.as_of or facts.became_aware_at.date())
    return {
        "rule": rule.id,
        "title": rule.title,
        "law": regime.name,
        "version_from": version.in_force_from.isoformat(),
        "asks_for": list(version_words(version)),
        "due": list(due_words(version)),
        "considered": bool(found),
        "required": any(one.required for one in found),
        "because": "; ".join(dict.fromkeys(one.because for one in found))
        or _not_considered(desk, regime, version, facts),
        "obligations": [one.to_json() for one in found],
    }


def _not_considered(desk: LawDesk, regime: Regime, version: Version, facts: AssessmentFacts) -> str:
    if regime.id not in {one.id for one in applicable_regimes(desk.law.book(), facts)}:
        places = ", ".join(regime.jurisdictions)
        return f"not considered: nobody affected lives in {places}, and nothing else brings us under this law"
    sectors = version.condition.sectors
    if sectors and not sectors & facts.sectors:
        ours = ", ".join(sorted(facts.sectors)) or "none"
        return f"not considered: it is for {' or '.join(sorted(sectors))}; our sectors: {ours}"
    return "not considered for these facts"


def found_by(desk: LawDesk, words: tuple[str, ...]) -> list[dict[str, Any]]:
    """Find duties by words in their law, title, offices, sources and notes; all words must be there."""
    if not any(word.strip() for word in words):
        raise BadInputError("say at least one word", field="words")
    parts = tuple(part for word in words for part in word.split())
    return [row(entry, desk.today) for entry in search(desk.law.book(), parts)]


def differences(desk: LawDesk, first: date, last: date) -> list[dict[str, Any]]:
    """List the versions that start or end being in force after one day and up to another."""
    if last < first:
        raise BadInputError("lies before the first day", field="day2")
    return [_change(change, desk.today) for change in changes(desk.law.book(), first, last)]


def _change(change: Change, day: date) -> dict[str, Any]:
    other = change.other
    return {
        "day": change.day.isoformat(),
        "change": change.kind,
        **row(change.entry, day),
        "words": [*version_words(change.entry.version), *due_words(change.entry.version)],
        "replaces" if change.kind == "starts" else "replaced_by": None
        if other is None
        else {
            "in_force_from": other.in_force_from.isoformat(),
            "words": [*version_words(other), *due_words(other)],
        },
    }


def overdue(desk: LawDesk, on: date | None = None) -> list[dict[str, Any]]:
    """List the versions whose review was due before a day (today), longest overdue first."""
    day = on or desk.today
    return [
        {**row(entry, day), "days_over": (day - entry.version.review_by).days}
        for entry in stale(desk.law.book(), day)
    ]


def counted(desk: LawDesk) -> dict[str, Any]:
    """Count what the catalogue holds."""
    return {**asdict(count(desk.law.book(), day=desk.today)), "digest": desk.law.digest()}


def _find(book: LawBook, name: str) -> tuple[Regime, Rule]:
    for regime in book.regimes:
        for rule in regime.rules:
            if rule.id == name:
                return regime, rule
    known = [rule.id for regime in book.regimes for rule in regime.rules] + [one.id for one in book.regimes]
    near = get_close_matches(name, known, n=3)
    hint = f"; near it: {', '.join(near)}" if near else "; `tocsin law list` names them"
    raise NotFoundError(f"the catalogue has no rule {name!r}{hint}")


def _code(kind: type[Code], value: str | None, field: str) -> Code | None:
    if value is None:
        return None
    for member in kind:
        if member.value == value:
            return member
    known = [str(member.value) for member in kind] + ([NO_DUTY] if field == "status" else [])
    raise BadInputError(f"is not one of: {', '.join(known)}", field=field)


def _law(regime: Regime) -> dict[str, Any]:
    return {
        "regime": regime.id,
        "law": regime.name,
        "citation": regime.citation,
        "jurisdictions": list(regime.jurisdictions),
        "file": regime.file,
        "notes": list(regime.notes),
        "displaced_in": sorted(regime.displaced_in),
        "local": [written(local) for local in regime.local],
    }


def _rule(regime: Regime, rule: Rule, day: date) -> dict[str, Any]:
    offices = [regime.authorities[code] for code in rule.authorities]
    return {
        "rule": rule.id,
        "title": rule.title,
        "recipient": rule.recipient.value,
        "stage": rule.stage,
        "resolution": rule.resolution.value,
        "authorities": [written(office) for office in offices],
        "versions": [_version(version, day) for version in rule.versions],
    }


def _version(version: Version, day: date) -> dict[str, Any]:
    return {
        **written(version),
        "validity": validity_of(version, day).value,
        "when": list(version_words(version)),
        "due": list(due_words(version)),
        "checked_on": version.checked_on.isoformat(),
        "stale": version.review_by < day,
    }


def written(value: Any) -> Any:
    """Write any part of a law record as plain JSON values; days and times as ISO 8601."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: written(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, frozenset):
        return [written(part) for part in sorted(value)]
    if isinstance(value, tuple):
        return [written(part) for part in value]
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, StrEnum) else value
