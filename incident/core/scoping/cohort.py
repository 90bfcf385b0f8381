"""The cohort as a document to freeze and hash, and the answer to "why this person".

The document holds personal data. Evidence is named by its sha256, so the same files give the same bytes
anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from incident.core.documents import canonical
from incident.core.scoping.question_documents import instant_text, question_document

if TYPE_CHECKING:
    from datetime import datetime

    from incident.core.scoping.reader import ReadSummary
    from incident.core.scoping.result import Exclusion, Exposure, Finding, Person, ScopeResult, Unresolved

COHORT_FORMAT = "tocsin-cohort/2"


def cohort_document(result: ScopeResult) -> bytes:
    """Return canonical JSON lines: a header with question, evidence and counts, then one line per person."""
    lines = [header(result), *(person_record(person) for person in result.people)]
    return b"\n".join(lines) + b"\n"


def person_document(person: Person) -> dict[str, Any]:
    """Return everything the scoping says of one person as plain values; also their own extract."""
    return {
        "person": person.pseudonym,
        "identities": [[each.kind, each.value, each.strength, each.source] for each in person.identities],
        "email": person.email, "name": person.name, "phone": person.phone, "language": person.language,
        "residence": {
            "jurisdiction": person.residence.jurisdiction, "source": person.residence.source,
            "confidence": person.residence.confidence,
            "note": person.residence.note,
        },
        "certainty": person.certainty,
        "exposures": [_exposure_document(each) for each in person.exposures],
        "exclusions": [_exclusion_document(each) for each in person.exclusions],
        "records": [[place.system, place.sha256, place.row] for place in person.places],
        "joined_by": list(person.joined_by),
        "staff": person.staff, "disabled": person.disabled,
    } | (_earlier_document(person) if person.earlier else {}) | (_cards(person) if person.cards else {})  # fmt: skip


def person_record(person: Person) -> bytes:
    """Return the canonical bytes of a person's document; written quickly, and the same as `canonical` writes."""
    return orjson.dumps(person_document(person), option=orjson.OPT_SORT_KEYS)


def why(person: Person) -> tuple[str, ...]:
    """Say in lines why a person is in or out, with evidence and rows; holds no name and no address."""
    lines = [f"{person.pseudonym} is {person.certainty.value}"]
    for each in person.exposures:
        level, held = each.certainty.value, ", ".join(each.categories) or "categories not known"
        where = f"{_where(each)}{_after(each.note)}"
        lines.append(f"{level}: {each.system or 'by hand'}, {each.reason.value}: {held}{where}")
        if each.unseen:
            lines.append(f"  cannot be ruled out from this export: {', '.join(each.unseen)}")
    lines.extend(
        f"not counted: {out.system or 'by hand'}, {out.reason.value}{_where(out)}{_after(out.note)}"
        for out in person.exclusions
    )
    lines.extend(f"joined because {reason}" for reason in person.joined_by)
    return tuple(lines)


def header(result: Finding) -> bytes:
    """Return the first line of the document."""
    counts = result.counts
    return canonical({
        "format": COHORT_FORMAT,
        "question": question_document(result.question),
        "evidence": [_report_document(each) for each in result.reports],
        "unresolved": [_unresolved_document(each) for each in result.unresolved],
        "conflicts": [[each.kind.value, each.detail, list(each.people)] for each in result.conflicts],
        "suggestions": [[each.kind, each.reason, list(each.people)] for each in result.suggestions],
        "notes": [[each.code, each.system, each.count, each.text, each.blocking] for each in result.notes],
        "counts": {
            "people": counts.people, "told": counts.told, "without_email": counts.without_email,
            "staff": counts.staff, "by_certainty": dict(counts.by_certainty),
            "by_jurisdiction": dict(counts.by_jurisdiction), "by_category": dict(counts.by_category),
            "by_change": dict(counts.by_change), "conflicts": counts.conflicts,
            "suggestions": counts.suggestions,
        },
    })  # fmt: skip


def _report_document(report: ReadSummary) -> dict[str, Any]:
    """Leave out rows passed over: the interest is a matter of speed, not of the answer."""
    return {
        "sha256": report.ref.sha256, "system": report.ref.system,
        "taken_at": instant_text(report.ref.taken_at),
        "reader": report.reader, "reader_version": report.reader_version, "format": report.format,
        "rows": report.rows, "quarantined": report.quarantined,
        "quarantine": [[each.row, each.reason] for each in report.quarantine],
        "incomplete": list(report.incomplete),
    } | ({"not_looked_into": dict(report.not_looked_into)} if report.not_looked_into else {})  # fmt: skip


def _unresolved_document(entry: Unresolved) -> dict[str, Any]:
    return {
        "system": entry.system, "sha256": entry.sha256, "collection": entry.collection,
        "categories": list(entry.categories), "items": entry.items, "rows": list(entry.rows),
        "row_count": entry.row_count, "first_at": instant_text(entry.first_at),
        "last_at": instant_text(entry.last_at),
        "candidates": entry.candidates, "bounded": entry.bounded, "because": entry.because,
    }  # fmt: skip


def _exposure_document(each: Exposure) -> dict[str, Any]:
    return {
        "system": each.system, "categories": list(each.categories), "unseen": list(each.unseen),
        "certainty": each.certainty, "reason": each.reason, "sha256": each.sha256,
        "rows": list(each.rows), "row_count": each.row_count, "first_at": _text(each.first_at),
        "last_at": _text(each.last_at), "note": each.note,
    }  # fmt: skip


def _exclusion_document(each: Exclusion) -> dict[str, Any]:
    return {
        "system": each.system, "reason": each.reason, "sha256": each.sha256, "rows": list(each.rows),
        "row_count": each.row_count, "note": each.note,
    }  # fmt: skip


def _cards(person: Person) -> dict[str, Any]:
    return {"cards": [
        {"brand": card.brand, "last4": card.last4, "expires": card.expires, "country": card.country,
         "expired": card.expires < person.expired_before if card.expires else None}
        for card in person.cards
    ]}  # fmt: skip


def _earlier_document(person: Person) -> dict[str, Any]:
    return {
        "change": person.change.value,
        "told_before": [
            {"cohort": each.cohort_id, "position": each.position, "levels": dict(each.levels)}
            for each in person.earlier
        ],
    }


def _text(at: datetime | None) -> str | None:
    return instant_text(at) if at else None


def _where(each: Exposure | Exclusion) -> str:
    if not each.rows:
        return ""
    more = f" and {each.row_count - len(each.rows)} more" if each.row_count > len(each.rows) else ""
    return f"; evidence {each.sha256[:12]}, row {', '.join(map(str, each.rows))}{more}"


def _after(note: str) -> str:
    return f"; {note}" if note else ""
