"""What an evidence pack says about an incident: one document that machines read, and the report for people.

Both are made from the state and the entries, and cite entries by their place in the log. Which parts a tier shows is
in `tiers.py`; files, proofs and the log itself are put beside them by `incident.service.exporting`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from incident.core import events as e
from incident.core.events import to_data
from incident.core.lifecycle import stage
from incident.core.postmortem_parts import promise_due_at
from incident.core.sentences import sentence
from incident.core.standing import PROMISE, clocks
from incident.core.tiers import SECTIONS, Tier, may_see, withheld_by

if TYPE_CHECKING:
    from datetime import datetime

    from incident.core.state import Incident, Recorded

FORMAT = "tocsin-incident-1"


def document(
    state: Incident, entries: Sequence[Recorded], *, tier: Tier, made_at: datetime
) -> dict[str, Any]:
    """Return the machine-readable document: plain values, instants as text; its schema is `incident.schema.json`."""
    parts: dict[str, Callable[[], Any]] = {
        "summary": lambda: _summary(state, tier, made_at),
        "letters": lambda: [_letter(name, letter, used) for name, letter, used in letters(state, entries)],
        "deliveries": lambda: [_notice(notice) for notice in state.notices.values()],
        "timeline": lambda: [
            _line(entry) for entry in entries if withheld_by(tier, entry.event.KIND) is None
        ],
        "facts": lambda: [{"name": name, **to_data(fact)} for name, fact in sorted(state.facts.items())],
        "evidence": lambda: _evidence(state, entries),
        "people": lambda: [to_data(cohort) for cohort in state.waves],
        "obligations": lambda: [_duty(state, face, made_at) for face in clocks(state, made_at)],
        "approvals": lambda: [_approval(state, approval_id) for approval_id in state.approvals],
        "filings": lambda: [_filing(state, filing_id) for filing_id in sorted(state.filings)],
        "next_steps": lambda: [to_data(step) for step in state.next_steps.values()],
        "action_items": lambda: [to_data(item) for item in state.action_items.values()],
    }
    shown = {name: part() for name, part in parts.items() if may_see(tier, SECTIONS[name])}
    return {"format": FORMAT, "tier": tier.value, "made_at": to_data(made_at), **shown}


def _summary(state: Incident, tier: Tier, now: datetime) -> dict[str, Any]:
    due = promise_due_at(state)
    promise = state.obligations.get(PROMISE)
    told = promise.met_at if promise else None
    summary = {
        "incident": state.incident_id,
        "drill": state.drill,
        "stage": stage(state).value,
        "became_aware_at": state.became_aware_at,
        "promise_due_at": due,
        "everyone_told_at": told,
        "promise_kept": _kept(due, told, now),
        "people_to_tell": state.cohort.told if state.cohort else None,
        "closed_at": state.closed_at,
    }
    if may_see(tier, Tier.REGULATOR):
        summary |= {
            "title": state.title,
            "detected_at": state.detected_at,
            "outcome": state.decision.outcome.value if state.decision else None,
            "risk": state.risk.level if state.risk else None,
            "severity": state.severity.band if state.severity else None,
        }
    known: dict[str, Any] = to_data(summary)
    return known


def _kept(due: datetime | None, told: datetime | None, now: datetime) -> bool | None:
    """Return whether the promise was kept; None while that is still open."""
    if due is None or (told is None and now <= due):
        return None
    return told is not None and told <= due


def _line(entry: Recorded) -> dict[str, Any]:
    return {
        "entry": entry.seq,
        "kind": entry.event.KIND,
        "happened_at": to_data(entry.occurred_at),
        "recorded_at": to_data(entry.recorded_at),
        "by": entry.actor,
        "sentence": sentence(entry.event),
        "proof": f"proofs/{entry.seq}.tlog-proof",
    }


def letters(state: Incident, entries: Sequence[Recorded]) -> list[tuple[str, e.LetterDrafted, bool]]:
    """Return the letters that stand or were sent, each version under its own name, and whether it was sent."""
    sent = {str(getattr(entry.event, "body_sha256", None)) for entry in entries}
    current = {letter.sha256 for letter in state.letters.values()}
    found = {}
    for entry in entries:
        drafted = entry.event.letters if isinstance(entry.event, e.FurtherProposed) else (entry.event,)
        for letter in drafted:
            if isinstance(letter, e.LetterDrafted) and letter.sha256 in sent | current:
                found[f"{letter.letter_id}-{letter.sha256[:8]}"] = letter
    return [(name, letter, letter.sha256 in sent) for name, letter in sorted(found.items())]


def _letter(name: str, letter: e.LetterDrafted, used: bool) -> dict[str, Any]:
    return {
        "letter": letter.letter_id,
        "regime": letter.regime,
        "language": letter.language,
        "people": letter.people,
        "sha256": letter.sha256,
        "sent": used,
        "files": [f"letters/{name}.{ending}" for ending in ("json", "txt", "html")],
    }


def _notice(notice: Any) -> dict[str, Any]:
    return {
        "notice": notice.plan.notice_id,
        "settles_on": notice.plan.settles_on,
        "first_accepted_at": to_data(notice.first_accepted_at),
        "last_accepted_at": to_data(notice.last_accepted_at),
        "by_state": {name: count for name, count in sorted(notice.tally.items()) if count},
    }


def _evidence(state: Incident, entries: Sequence[Recorded]) -> list[dict[str, Any]]:
    """Name each snapshot with its chain of custody: every entry that tells of it."""
    custody: dict[str, list[dict[str, Any]]] = {evidence_id: [] for evidence_id in state.evidence}
    for entry in entries:
        named = getattr(entry.event, "evidence_ids", None) or (getattr(entry.event, "evidence_id", None),)
        for evidence_id in named:
            if evidence_id in custody:
                line = {"entry": entry.seq, "at": to_data(entry.recorded_at), "by": entry.actor}
                what = getattr(entry.event, "purpose", None) or sentence(entry.event)
                custody[evidence_id].append({**line, "what": what})
    return [{**to_data(item), "custody": custody[key]} for key, item in sorted(state.evidence.items())]


def _duty(state: Incident, face: Any, now: datetime) -> dict[str, Any]:
    duty = state.obligations.get(face.obligation_id)
    known: dict[str, Any] = to_data(duty.arose) if duty else {"obligation_id": face.obligation_id}
    known["stands"] = face.standing.value
    known["as_of"] = to_data(now)
    for name in ("met_at", "how", "waived_because", "lapsed_because", "missed_at"):
        known[name] = to_data(getattr(duty, name)) if duty else None
    return known


def _approval(state: Incident, approval_id: str) -> dict[str, Any]:
    one = state.approvals[approval_id]
    return {
        **to_data(one.request),
        "requested_by": one.requested_by,
        "approved_by": one.approved_by,
        "approved_at": to_data(one.approved_at),
        "voided_because": one.voided_because,
    }


def _filing(state: Incident, filing_id: str) -> dict[str, Any]:
    one = state.filings[filing_id]
    files = {"pack": f"filings/{filing_id}.json", "pdf": f"filings/{filing_id}.pdf", "receipt": None}
    if one.submitted and one.submitted.receipt_sha256:
        files["receipt"] = f"filings/{filing_id}-receipt"
    return {
        **to_data(one.prepared),
        "submitted": to_data(one.submitted),
        "submitted_by": one.submitted_by,
        "files": files,
    }
