"""The post-mortem: what happened, from the ledger and not from memory, against the promise that was made.

Builds the report's content from state and entries; templates and the PDF only lay it out. People appear as
counts and positions, never otherwise. The sections are `incident.core.postmortem_parts`'.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from incident.core import postmortem_parts as parts
from incident.core.postmortem_unknowns import unknowns
from incident.core.said import Joined, Said, say
from incident.core.spoken_times import span, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from incident.core.postmortem_parts import Section
    from incident.core.state import Incident, Recorded

UNKNOWN = "unknown"
NOBODY_YET = "nobody yet"


@dataclass(frozen=True, slots=True)
class Report:
    """The post-mortem of one incident, ready to be laid out; every cell is text."""

    incident_id: str
    title: str
    drill: bool
    verdict: str
    summary: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    ledger_head: str
    as_of: datetime | None
    heading: str = "Post-mortem"

    def values(self) -> dict[str, Any]:
        """Return what the templates need."""
        return {
            "heading": self.heading,
            "incident_id": self.incident_id,
            "title": self.title,
            "drill": self.drill,
            "verdict": self.verdict,
            "summary": [{"label": label, "value": value} for label, value in self.summary],
            "sections": [
                {
                    "key": s.key,
                    "heading": s.heading,
                    "intro": s.intro,
                    "columns": list(s.columns),
                    "rows": [list(row) for row in s.rows],
                    "empty": s.empty,
                }
                for s in self.sections
            ],
            "ledger_head": self.ledger_head,
            "as_of": when(self.as_of) if self.as_of else UNKNOWN,
        }

    def document(self) -> dict[str, Any]:
        """Return what is laid out on paper."""
        blocks: list[dict[str, Any]] = [
            {"kind": "paragraph", "text": self.verdict},
            {"kind": "table", "columns": ["", ""], "rows": [list(pair) for pair in self.summary]},
        ]
        for s in self.sections:
            blocks.append({"kind": "heading", "text": s.heading})
            if s.intro:
                blocks.append({"kind": "paragraph", "text": s.intro})
            if s.rows:
                rows = [list(row) for row in s.rows]
                blocks.append({"kind": "table", "columns": list(s.columns), "rows": rows})
            else:
                blocks.append({"kind": "paragraph", "text": s.empty})
        return {
            "title": f"{self.heading} of {self.incident_id}",
            "subtitle": self.title,
            "drill": self.drill,
            "at": self.as_of,
            "blocks": blocks,
            "footer": [f"ledger {self.ledger_head}"],
        }


def post_mortem(
    state: Incident, entries: Sequence[Recorded], *, drill: bool, ledger_head: str, timeline: bool = True
) -> Report:
    """Build the report from the incident's state and its entries in order.

    `ledger_head` is one line of text that names the tree head the report was made from. Without its timeline the
    report needs the entries of `postmortem_parts.SHOWN_KINDS` only.
    """
    sections = (
        parts.intervals(state, entries),
        *((parts.timeline(entries),) if timeline else ()),
        parts.waits(state, entries),
        parts.not_reached(state, entries),
        parts.refusals(entries),
        parts.obligations(state),
        parts.filings(state),
        unknowns(state),
        parts.action_items(state),
    )
    return Report(
        incident_id=state.incident_id,
        title=state.title,
        drill=drill,
        verdict=verdict(state),
        summary=_summary(state),
        sections=sections,
        ledger_head=ledger_head,
        as_of=state.last_recorded_at,
    )


def verdict(state: Incident) -> Said:
    """Say in one sentence whether the promise to customers was kept."""
    due, done = parts.promise_due_at(state), parts.told_by_at(state)
    if state.decision is not None and not state.must_notify():
        why = state.decision.reason
        return say("verdict.nobody", "It was decided that nobody has to be told: {why}", why=why)
    if due is None:
        return say(
            "verdict.unaware", "Nobody decided when the team became aware, so the promise cannot be judged."
        )
    waiting = parts.still_to_tell(state)
    if done is None or waiting:
        return say(
            "verdict.unsettled",
            "The promise is not settled: {n} people were not told and not accounted for.",
            n=str(waiting) if waiting else say("some", "some"),
        )
    left = due - done
    if left < timedelta():
        return say("verdict.missed", "The promise was missed by {length}.", length=span(-left))
    return say(
        "verdict.kept",
        "The promise was kept, with {length} of {hours} hours left.{gaps}",
        length=span(left),
        hours=str(state.promise_hours),
        gaps=_gaps(state),
    )


def _gaps(state: Incident) -> Joined:
    unreachable, unsure = parts.tally(state).get("not_reachable", 0), parts.only_accepted(state)
    gaps = []
    if unreachable:
        gaps.append(say("verdict.gap", " {n} people could not be reached on any channel.", n=unreachable))
    if unsure:
        gaps.append(
            say(
                "verdict.unsure",
                " Of {n} letters it is known only that the mail provider accepted them.",
                n=unsure,
            )
        )
    return Joined(gaps, "")


def _summary(state: Incident) -> tuple[tuple[str, str], ...]:
    due, cohort, counts = parts.promise_due_at(state), state.cohort, parts.tally(state)
    first = min((n.first_accepted_at for n in state.notices.values() if n.first_accepted_at), default=None)
    last = max((n.last_accepted_at for n in state.notices.values() if n.last_accepted_at), default=None)
    done = parts.told_by_at(state)
    mailed = sum(counts.get(s, 0) for s in parts.BY_MAIL)
    left = span(due - done) if due and done else UNKNOWN
    return (
        ("Detected", _at(state.detected_at)),
        ("Became aware", _at(state.became_aware_at)),
        ("Promise due", _at(due)),
        ("Latest safe send, as last worked out before the end of sending", _safe_send(state)),
        ("First letter accepted by the mail provider", _at(first, NOBODY_YET)),
        ("Last letter accepted by the mail provider", _at(last, NOBODY_YET)),
        ("Last person told on another channel", _at(parts.told_otherwise_at(state), "nobody")),
        (f"Left of the {state.promise_hours} hours", left),
        (
            "People told by e-mail",
            f"{mailed:,}, of these {counts.get('delivered', 0):,} reported as delivered",
        ),
        ("People told on another channel", f"{counts.get('told_otherwise', 0):,}"),
        ("People who could not be reached", f"{counts.get('not_reachable', 0):,}"),
        ("People excluded, with a reason each", f"{cohort.people - cohort.told:,}" if cohort else UNKNOWN),
        ("Transport", state.notice.plan.transport if state.notice else "none"),
    )


def _safe_send(state: Incident) -> str:
    """Say the last latest safe send that there was something to send for."""
    plan = state.last_safe_send
    if plan is None or plan.latest_safe_at is None:
        return UNKNOWN
    return f"{when(plan.latest_safe_at)}: {plan.working}"


def _at(at: datetime | None, otherwise: str = UNKNOWN) -> str:
    return otherwise if at is None else when(at)
