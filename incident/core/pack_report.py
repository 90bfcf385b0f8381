"""The report of an evidence pack for people to read, made from the same document that machines read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from incident.core.events import instant
from incident.core.postmortem import Report
from incident.core.postmortem_parts import Section
from incident.core.spoken_times import when
from incident.core.tiers import Tier
from incident.core.wording import status

if TYPE_CHECKING:
    from collections.abc import Callable

    from incident.core.state import Incident

Rows = Iterable[tuple[str, ...]]
UNKNOWN = "unknown"
RULES = {
    "other_incident": "it belongs to another incident in the same log",
    "internal_review": "it is part of the internal review",
    "not_public": "it is shown to authorities and counsel only",
}


def report(
    said: Mapping[str, Any],
    state: Incident,
    *,
    withheld: Mapping[str, int],
    ledger_head: str,
    made_at: datetime,
) -> Report:
    """Return the report; `withheld` counts entries by the rule that withholds them."""
    sections = [_section(name, said[name]) for name in LAYOUT if name in said]
    sections.append(_withheld(withheld))
    return Report(
        incident_id=state.incident_id,
        title=state.title if said["tier"] != Tier.PUBLIC else "what was done, and when",
        drill=state.drill,
        verdict=_verdict(said["summary"]),
        summary=tuple(_summary(said["summary"])),
        sections=tuple(sections),
        ledger_head=ledger_head,
        as_of=made_at,
        heading="Record",
    )


def _verdict(summary: Mapping[str, Any]) -> str:
    due = _when(summary["promise_due_at"])
    if summary["promise_kept"] is None:
        return "Whether the promise to tell people in time is kept is not settled yet."
    if summary["promise_kept"]:
        return f"Everyone was told or accounted for by {_when(summary['everyone_told_at'])}, before {due} as promised."
    told = summary["everyone_told_at"]
    end = f"it was done on {_when(told)}" if told else "it is not done yet"
    return f"People were to be told by {due}; {end}."


def _summary(summary: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    yield "Incident", summary["incident"]
    yield "Became aware", _when(summary["became_aware_at"])
    yield "Promised to tell people by", _when(summary["promise_due_at"])
    yield "Everyone told or accounted for", _when(summary["everyone_told_at"])
    people = summary["people_to_tell"]
    yield "People to tell", UNKNOWN if people is None else f"{people:,}"
    yield "Stage", summary["stage"].replace("_", " ")
    for name in ("outcome", "risk", "severity"):
        if name in summary:
            yield name.capitalize(), (summary[name] or UNKNOWN).replace("_", " ")


def _section(name: str, part: Any) -> Section:
    heading, columns, empty, rows = LAYOUT[name]
    return Section(name, heading, columns, tuple(rows(part)), empty)


def _withheld(counts: Mapping[str, int]) -> Section:
    rows = tuple((f"{count:,}", RULES[rule]) for rule, count in sorted(counts.items()))
    intro = "Each keeps its place in the log by its hash, so that nothing can be dropped or put in unseen."
    return Section("withheld", "What is withheld", ("entries", "why"), rows, "Nothing is withheld.", intro)


def _letters(part: Any) -> Rows:
    for one in part:
        sent = "sent" if one["sent"] else "not sent"
        yield one["letter"], one["language"], f"{one['people']:,}", sent, one["sha256"]


def _deliveries(part: Any) -> Rows:
    for one in part:
        for state, count in one["by_state"].items():
            yield one["notice"], status(state), f"{count:,}"


def _timeline(part: Any) -> Rows:
    for one in part:
        yield (
            str(one["entry"]),
            _when(one["happened_at"]),
            _when(one["recorded_at"]),
            one["by"],
            one["sentence"],
        )


def _facts(part: Any) -> Rows:
    for one in part:
        yield one["name"].replace("_", " "), _value(one["value"]), one["label"], one["source"]


def _value(value: Any) -> str:
    """Say what a fact is as a person would, and not as a program."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return "; ".join(f"{str(name).replace('_', ' ')}: {_value(one)}" for name, one in value.items())
    if isinstance(value, list):
        said = [_value(one) for one in value]
        return (" " if any(one.endswith(".") for one in said) else ", ").join(said) or "none"
    return f"{value:,}" if isinstance(value, int) else _text(str(value))


def _text(text: str) -> str:
    """Return a text as it is, and an instant as a person reads it."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return text if at.tzinfo is None else when(at)


def _evidence(part: Any) -> Rows:
    for one in part:
        yield one["system"], one["file_name"], _when(one["taken_at"]), str(len(one["custody"])), one["sha256"]


def _people(part: Any) -> Rows:
    for one in part:
        certain = ", ".join(f"{name} {count:,}" for name, count in one["by_certainty"].items())
        yield str(one["wave"]), f"{one['people']:,}", f"{one['told']:,}", certain, one["commitment"]


def _duties(part: Any) -> Rows:
    for one in part:
        stands = one["stands"].replace("_", " ")
        who = one.get("authority") or one.get("recipient") or "customers"
        yield one["obligation_id"], who, _when(one.get("due_at")), stands, one.get("citation") or ""


def _approvals(part: Any) -> Rows:
    for one in part:
        answer = (
            f"void: {one['voided_because']}"
            if one["voided_because"]
            else one["approved_by"] or "not answered"
        )
        yield one["approval_id"], one["requested_by"], answer, _when(one["approved_at"]), one["triple"]


def _filings(part: Any) -> Rows:
    for one in part:
        done = one["submitted"]
        yield (
            one["filing_id"],
            one["authority"],
            status(one["stage"]),
            _when(done["submitted_at"]) if done else "not filed",
            done["reference"] if done else "-",
        )


def _steps(part: Any) -> Rows:
    for one in part:
        yield (
            one["step"].replace("_", " "),
            one["text"],
            f"{len(one['positions']):,}",
            one["due_on"] or "no day",
        )


def _items(part: Any) -> Rows:
    for one in part:
        yield one["item_id"], one["text"], one["owner"], one["due_on"]


def _when(text: str | None) -> str:
    return when(instant(text)) if text else "-"


LAYOUT: dict[str, tuple[str, tuple[str, ...], str, Callable[[Any], Rows]]] = {
    "obligations": (
        "Duties and deadlines", ("duty", "to", "due", "stands", "law"), "No duty was determined.", _duties
    ),
    "people": (
        "Affected people", ("wave", "listed", "to tell", "certainty", "commitment"), "Nobody was listed.", _people
    ),
    "letters": ("Letters", ("letter", "language", "people", "sent", "sha256"), "No letter was written.", _letters),
    "deliveries": ("Deliveries", ("notice", "state", "people"), "Nothing was sent.", _deliveries),
    "approvals": (
        "Approvals", ("approval", "asked by", "approved by", "when", "of (sha256)"), "Nothing was approved.", _approvals
    ),
    "filings": (
        "Filings", ("filing", "authority", "stage", "filed", "reference"), "Nothing was prepared for an authority.",
        _filings,
    ),
    "facts": ("Facts", ("fact", "value", "worth", "source"), "No fact was recorded.", _facts),
    "evidence": (
        "Evidence", ("system", "file", "taken", "custody lines", "sha256"), "No evidence was frozen.", _evidence
    ),
    "next_steps": ("Next steps with customers", ("step", "what", "customers", "by"), "None was recorded.", _steps),
    "action_items": ("Action items", ("item", "what", "owner", "by"), "None was promised.", _items),
    "timeline": ("Timeline", ("entry", "happened", "recorded", "who", "what"), "No entry is shown.", _timeline),
}  # fmt: skip
