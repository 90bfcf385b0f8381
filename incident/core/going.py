"""Whether letters may go now: pause, stop, canary and first slice, as one question to the state.

The stages of a two-stage go: the seeds get every letter first, then a first slice of the people, and each is looked at
before the rest. All that is not let go yet lies in batches that are held. Levels, not edges: asked again at any time,
the answer is the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from incident.core.deliveries import NEEDS_OTHER_CHANNEL
from incident.core.lifecycle import count
from incident.core.state import Incident, Notice

_BAD = frozenset(state.value for state in NEEDS_OTHER_CHANNEL) - {"no_address", "cancelled"}
_OPEN = frozenset({"planned", "intent", "uncertain"})
_SILENT = frozenset({"accepted", "processed", "deferred"})


class GoStage(StrEnum):
    """Where a two-stage go stands."""

    SEND_SEEDS = "send_seeds"
    WATCH_SEEDS = "watch_seeds"
    RELEASE_SLICE = "release_slice"
    SEND_SLICE = "send_slice"
    WATCH_SLICE = "watch_slice"
    RELEASE_REST = "release_rest"
    FAILED = "failed"
    ALL_GO = "all_go"


@dataclass(frozen=True, slots=True)
class Look:
    """What the seeds or the slice show: whether that is enough, and what was found wrong."""

    ready: bool
    findings: tuple[str, ...]


def why_held_up(state: Incident, notice_id: str) -> str | None:
    """Return why nothing more of a notice may be handed over now, or None."""
    notice = state.notices[notice_id]
    if state.closed_at is not None:
        return "the incident is closed"
    if not state.approvals[notice.plan.approval_id].granted:
        return "the approval became void; nothing more is sent under it"
    if notice.halted_because is not None:
        return f"sending was stopped for good: {notice.halted_because}"
    if notice.paused_because is not None:
        return f"sending is paused: {notice.paused_because}; `tocsin send --resume` goes on"
    if notice.stopped_because is not None:
        return f"sending is stopped: {notice.stopped_because}; mend it and resume"
    return None


def breached_transport(state: Incident, transport: str) -> str | None:
    """Return why letters may not go by this transport: it is itself among the systems that the breach is about.

    The transport is known by its name (`sendgrid`), the system by its key in the scope's question. A drill's is marked.
    """
    name = transport.removeprefix("drill:")
    systems = {str(entry.get("system", "")) for c in state.waves for entry in c.question.get("systems", ())}
    hit = sorted(system for system in systems if system and name in {system, system.partition("_")[0]})
    if not hit:
        return None
    return (
        f"letters would go through {hit[0]}, which this breach is about: choose another transport in [mail], "
        "let a second person approve it anew, or stop the sending and tell people on the ladder"
    )


def go_stage(notice: Notice) -> GoStage:
    """Return the stage of a notice; one without a canary is all go."""
    terms, passed = notice.canary, notice.canary_passed
    if terms is None:
        return GoStage.ALL_GO
    if notice.canary_failed is not None:
        return GoStage.FAILED
    if terms.seeds and "seeds" not in passed:
        return GoStage.SEND_SEEDS if notice.seeds_sent_at is None else GoStage.WATCH_SEEDS
    if terms.slice_people and "slice" not in passed:
        if not notice.slice_released:
            return GoStage.RELEASE_SLICE
        return GoStage.SEND_SLICE if count(notice, _OPEN) else GoStage.WATCH_SLICE
    return GoStage.RELEASE_REST if notice.tally["held"] > 0 else GoStage.ALL_GO


def look_at_seeds(notice: Notice, now: datetime) -> Look:
    """Judge the seeds: taken, links right, and - where the provider reports it - delivered within the time to watch."""
    terms, sent = notice.canary, notice.seeds
    if terms is None or sent is None or notice.seeds_sent_at is None:
        return Look(ready=False, findings=())
    findings = list(sent.findings)
    if sent.taken < sent.letters:
        findings.append(f"{sent.letters - sent.taken} of {sent.letters} letters to the seeds were not taken")
    if findings:
        return Look(ready=True, findings=tuple(findings))
    if not terms.reports or notice.seeds_arrived:
        return Look(ready=True, findings=())
    if now - notice.seeds_sent_at >= timedelta(minutes=terms.watch_minutes):
        return Look(ready=True, findings=("nobody has seen the letters arrive at the seeds in time",))
    return Look(ready=False, findings=())


def look_at_slice(notice: Notice, now: datetime) -> Look:
    """Judge the first slice: how many came back or were marked as spam, after the time to watch."""
    terms = notice.canary
    if terms is None:
        return Look(ready=False, findings=())
    bad, spam = count(notice, _BAD), notice.tally["spam_reported"]
    most = terms.slice_people * terms.most_bad_percent // 100
    if bad > most:
        return Look(ready=True, findings=(f"{bad} of the first slice were not reached, {most} were allowed",))
    if spam:
        return Look(ready=True, findings=(f"{spam} of the first slice marked the letter as spam",))
    if not terms.reports or not count(notice, _SILENT):
        return Look(ready=True, findings=())
    last = notice.last_accepted_at
    if last is None or now - last < timedelta(minutes=terms.watch_minutes):
        return Look(ready=False, findings=())
    if not notice.tally["delivered"]:
        return Look(ready=True, findings=("no delivery was reported for anybody of the first slice",))
    return Look(ready=True, findings=())
