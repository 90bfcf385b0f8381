"""What an authority is told: one base of facts for every filing, and the pack in the authority's own order.

A field that nobody knows stays unknown and is named so. Layout, storage and the filing
itself are others' work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from incident.core import spoken_times, wording
from incident.core.documents import canonical
from incident.core.filing_orders import ASKED_AS
from incident.core.letter_values import fact_instant
from incident.core.places import place

if TYPE_CHECKING:
    from datetime import datetime

    from incident.core.filing_orders import Order
    from incident.core.state import Incident

UNKNOWN = "unknown at this time"
PEOPLE_BY_PLACE = "people_by_place"


@dataclass(frozen=True, slots=True)
class PackField:
    """One field as the authority asks it; None is unknown."""

    code: str
    label: str
    value: str | None


@dataclass(frozen=True, slots=True)
class Pack:
    """Everything one authority is told at one stage."""

    incident_id: str
    authority: str
    jurisdiction: str
    stage: str
    drill: bool
    fields: tuple[PackField, ...]

    @property
    def unknown(self) -> tuple[str, ...]:
        """Return the codes of the fields that nobody knows."""
        return tuple(f.code for f in self.fields if f.value is None)

    def canonical(self) -> bytes:
        """Return the pack as canonical JSON: sorted keys, UTF-8, no blanks, unknown as null."""
        content = {
            "authority": self.authority,
            "drill": self.drill,
            "fields": [{"code": f.code, "label": f.label, "value": f.value} for f in self.fields],
            "incident_id": self.incident_id,
            "jurisdiction": self.jurisdiction,
            "stage": self.stage,
        }
        return canonical(content)

    @property
    def sha256(self) -> str:
        """Return sha256 (hex) over the canonical JSON."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def document(self, *, at: datetime, ledger_head: str) -> dict[str, Any]:
        """Return what is laid out on paper; `at` dates the document, `ledger_head` is one line of text."""
        rows = [[f.label, f.value if f.value is not None else UNKNOWN] for f in self.fields]
        stage = wording.status(self.stage)
        return {
            "title": f"Personal data breach, {stage}: {self.authority}",
            "subtitle": f"{place(self.jurisdiction)} · incident {self.incident_id}",
            "drill": self.drill,
            "at": at,
            "blocks": [
                {"kind": "table", "columns": ["Field", "Answer"], "rows": rows},
                {"kind": "paragraph", "text": self._remark()},
            ],
            "footer": [f"pack sha256 {self.sha256}", f"ledger {ledger_head}"],
        }

    def _remark(self) -> str:
        if not self.unknown:
            return "Every field is answered."
        return f"{len(self.unknown)} fields are unknown at this time; they follow in an additional report."


def pack(
    base: Mapping[str, Any], order: Order, *, state: Incident, authority: str, jurisdiction: str, stage: str
) -> Pack:
    """Put the facts into the authority's order; a code that the base does not have is unknown."""
    here = _said_otherwise({**base, "people_here": _people_here(base, jurisdiction)})
    fields = tuple(PackField(code, label, _text(here.get(code))) for code, label in order)
    return Pack(state.incident_id, authority, jurisdiction, stage, state.drill, fields)


def fact_base(state: Incident, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return every fact a filing may ask for, by field code; None is unknown.

    `settings` has the names of the profile. Facts of the incident with the name of a field are taken as they
    are; those labelled unknown stay unknown. One base serves every authority, so no two filings disagree.
    """
    return {**_stated(state), **_company(settings), **_times(state), **_scope(state), **_telling(state)}


def _stated(state: Incident) -> dict[str, Any]:
    names = {
        "nature": "what_happened",
        "consequences": "likely_consequences",
        **{
            name: name
            for name in (
                "cause", "people_kinds", "records_total", "measures_taken", "measures_planned",
                "measures_before", "recovery", "training", "delay_reason", "law_enforcement",
            )
        },
    }  # fmt: skip
    base: dict[str, Any] = {"delay_reason": "none given"}
    base |= {code: fact.value for code, name in names.items() if (fact := state.facts.get(name))}
    loss = state.facts.get("loss")
    if loss is not None and loss.value:
        codes = loss.value if isinstance(loss.value, list | tuple) else [loss.value]
        base["loss"] = [wording.LOSSES[c].en if c in wording.LOSSES else str(c) for c in codes]
    return base


def _company(settings: Mapping[str, Any]) -> dict[str, Any]:
    controller = [settings.get("name"), settings.get("postal_address")]
    contact = [settings.get("dpo"), settings.get("privacy_contact"), settings.get("phone")]
    return {
        "controller": ", ".join(str(part) for part in controller if part) or None,
        "contact": ", ".join(str(part) for part in contact if part) or None,
    }


def _times(state: Incident) -> dict[str, Any]:
    return {
        "incident": state.incident_id,
        "occurred_from": _when(fact_instant(state, "occurred_from")),
        "occurred_to": _when(fact_instant(state, "occurred_to")),
        "detected_at": _when(state.detected_at),
        "became_aware_at": _when(state.became_aware_at),
        "awareness_reason": state.awareness.reason if state.awareness else None,
    }


def _scope(state: Incident) -> dict[str, Any]:
    cohort = state.cohort
    risk = wording.status(state.risk.level) if state.risk else None
    if cohort is None:
        return {"risk": risk}
    return {
        "risk": risk,
        "people_total": cohort.affected,
        PEOPLE_BY_PLACE: dict(cohort.by_jurisdiction),
        "data_categories": [wording.neutral(c) for c in sorted(cohort.by_category)],
    }


def _telling(state: Incident) -> dict[str, Any]:
    filed = [f for f in state.filings.values() if f.submitted is not None]
    others = [f"{f.prepared.authority} ({place(f.prepared.jurisdiction)})" for f in filed]
    told_at = max((n.last_accepted_at for n in state.notices.values() if n.last_accepted_at), default=None)
    by_mail = f"yes, by e-mail, the last letter handed over on {_when(told_at)}"
    base: dict[str, Any] = {
        "people_told_at": _when(told_at),
        "people_told": by_mail if told_at else "not yet",
        "others_told": sorted(others) or "none yet",
        "sample_letter": [d.sha256 for d in state.letters.values() if d.regime == "us_ca"] or None,
    }
    if state.decision is not None and not state.must_notify():
        base["people_told"] = f"no: {state.decision.reason}"
    return base


def _said_otherwise(base: Mapping[str, Any]) -> dict[str, Any]:
    """Add the names under which law files ask for the same facts."""
    period = [base.get("occurred_from"), base.get("occurred_to")]
    measures = [base.get("measures_taken"), base.get("measures_planned")]
    letters = base.get("sample_letter")
    return {
        **{asked: base.get(known) for asked, known in ASKED_AS.items()},
        "occurred_at": " to ".join(str(part) for part in period if part) or None,
        "time_and_duration": " to ".join(str(part) for part in period if part) or None,
        "measures": [part for part in measures if part] or None,
        "sample_notice": f"attached, sha256 {_text(letters)}" if letters else None,
        **base,
    }


def _people_here(base: Mapping[str, Any], jurisdiction: str) -> int | None:
    counts = base.get(PEOPLE_BY_PLACE)
    return None if counts is None else counts.get(jurisdiction, 0)


def _when(at: datetime | None) -> str | None:
    return None if at is None else spoken_times.when(at)


def _text(value: Any) -> str | None:
    if value is None or value in ("", [], ()):
        return None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Mapping):
        return "; ".join(f"{place(str(k))}: {_text(v) or UNKNOWN}" for k, v in sorted(value.items()))
    if isinstance(value, list | tuple):
        return "; ".join((_text(item) or UNKNOWN).rstrip(".") for item in value)
    return str(value)
