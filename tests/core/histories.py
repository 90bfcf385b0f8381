"""Builders of events, one of every kind, and of states folded from short histories."""

from __future__ import annotations

from dataclasses import MISSING, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any

from incident.core import events as e
from incident.core import spans
from incident.core.actors import Actor, Role
from incident.core.folding import fold
from incident.core.state import Incident, Recorded

AWARE = datetime(2026, 3, 10, 5, tzinfo=UTC)
ADA = Actor("ada", frozenset({Role.ON_CALL}))
GRACE = Actor("grace", frozenset({Role.OFFICER, Role.APPROVER}))
AUDITOR = Actor("ivan", frozenset({Role.AUDITOR}))

PLAIN: dict[str, Any] = {
    "str": "text", "int": 1, "bool": True, "datetime": AWARE, "date": date(2026, 4, 1), "Any": "value",
    "ChildBatch": e.ChildBatch(2, "accepted", "0", "hash"),
    "Label": e.Label.FACT, "PlanInputs": e.PlanInputs(), "Outcome": e.Outcome.NOTIFY,
}  # fmt: skip


def hours(number: float) -> datetime:
    return AWARE + timedelta(hours=number)


def made(kind: type[Any], /, **given: Any) -> Any:
    """Build an event; what is not given is a plain value of its type, and None where that is allowed."""
    values = {}
    for field in fields(kind):
        hint = str(field.type)
        if field.name in given:
            values[field.name] = given[field.name]
        elif field.default is MISSING:
            values[field.name] = _plain(hint)
    return kind(**values)


def _plain(hint: str) -> Any:
    if "None" in hint:
        return None
    if hint.startswith("tuple"):
        return ()
    return {} if hint.startswith("Mapping") else PLAIN[hint]


def state_of(*steps: Any, drill: bool = False) -> Incident:
    """Fold events; a pair is (who, event), else ada did it; each an hour after the one before."""
    entries = []
    for seq, step in enumerate(steps):
        who, event = step if isinstance(step, tuple) else ("ada", step)
        entries.append(Recorded(seq, who, hours(seq), hours(seq), event))
    return fold("INC-1", entries, drill=drill)


def duty(obligation_id: str = "promise", **given: Any) -> Any:
    values = {"obligation_id": obligation_id, "recipient": "customer", "required": True, "due_at": hours(48)}
    return made(e.ObligationArose, **(values | given))


OPENED = made(e.IncidentOpened, title="a leak", detected_at=AWARE, promise_hours=48)
BECAME = made(e.AwarenessDecided, became_aware_at=AWARE, reason="seen", decided_by="ada")
EVIDENCE = made(
    e.EvidenceFrozen, evidence_id="ev-1", system="crm", file_name="a.csv", sha256="aa", taken_at=AWARE
)
RISK = made(e.RiskAssessed, proposed="high", level="high")
NOTIFY = made(e.BreachDecided, outcome=e.Outcome.NOTIFY, reason="read by a stranger")
COHORT = made(e.CohortFrozen, cohort_id="C1", evidence_ids=("ev-1",), commitment="cc", people=5, told=4)
DETERMINED = made(e.ObligationsDetermined, basis="b1")
PROMISE = duty()
AUTHORITY = duty("gdpr", recipient="authority", authority="BfDI", due_at=hours(72))
LETTER = made(e.LetterDrafted, letter_id="L1", cohort_id="C1", sha256="l1", people=4)
LETTERS = made(e.LettersDetermined, cohort_id="C1", letters=1, letters_sha256="ll")
REQUESTED = made(e.ApprovalRequested, approval_id="A1", cohort_id="C1", triple="ab" * 32, send_sha256="s1")
APPROVED = ("grace", made(e.NoticeApproved, approval_id="A1", triple="ab" * 32))
PLANNED = made(
    e.NoticePlanned, notice_id="N1", cohort_id="C1", approval_id="A1", settles_on="delivered", batches=2,
    tally={"planned": 3, "no_address": 1},
)  # fmt: skip
PACK = made(
    e.FilingPrepared,
    filing_id="F1",
    obligation_id="gdpr",
    authority="BfDI",
    stage="initial",
    pack_sha256="p1",
)
STEP = made(e.NextStepRecorded, step_id="S1", cohort_id="C1", positions=(0, 1, 2, 3), step="patch")
REPORT = ("tocsin", made(e.PostMortemDrafted, report_sha256="r1"))


def intended(batch: int, positions: tuple[int, ...], attempt: int = 1) -> Any:
    return made(
        e.BatchIntended, notice_id="N1", batch=batch, attempt=attempt, letter_id="L1",
        positions=spans.written(positions), people=len(positions),
        tally={"planned>intent": len(positions)},
    )  # fmt: skip


def answered(batch: int, positions: tuple[int, ...], answer: str, to: str, attempt: int = 1) -> Any:
    return made(
        e.BatchAnswered, notice_id="N1", batch=batch, attempt=attempt, answer=answer, reason=f"because {answer}",
        state=to, tally={f"intent>{to}": len(positions)},
    )  # fmt: skip


TO_COHORT = (OPENED, BECAME, EVIDENCE, RISK, NOTIFY, COHORT, DETERMINED, PROMISE, AUTHORITY)
TO_LETTERS = (*TO_COHORT, ("tocsin", LETTER), ("tocsin", LETTERS))
TO_APPROVED = (*TO_LETTERS, ("tocsin", REQUESTED), APPROVED)
TO_PLANNED = (*TO_APPROVED, PLANNED)
TO_SENT = (*TO_PLANNED, intended(0, (0, 1, 2)), answered(0, (0, 1, 2), "accepted", "accepted"))
DELIVERED = made(
    e.DeliveriesAdvanced,
    notice_id="N1",
    events=3,
    advanced={"delivered": "0-2"},
    tally={"accepted>delivered": 3},
)
ACCOUNTED = made(
    e.DeliveriesAccounted, notice_id="N1", positions=(3,), channel="phone", told=True, happened_at=hours(9),
    tally={"no_address>told_otherwise": 1},
)  # fmt: skip
TO_TOLD = (*TO_SENT, DELIVERED, ACCOUNTED)
MET = (made(e.ObligationMet, obligation_id="promise", met_at=hours(9), how="all told"),
       PACK, made(e.FilingSubmitted, filing_id="F1", reference="R", submitted_at=hours(20)),
       made(e.ObligationMet, obligation_id="gdpr", met_at=hours(20), how="filed"), STEP)  # fmt: skip
TO_DONE = (*TO_TOLD, *MET)
TO_REVIEWED = (*TO_DONE, REPORT, ("grace", made(e.PostMortemReviewed, report_sha256="r1")))
TO_CLOSED = (*TO_REVIEWED, made(e.IncidentClosed, reason="nothing is open"))
STAGES = {
    "opened": (OPENED,), "aware": (OPENED, BECAME), "cohort": TO_COHORT, "letters": TO_LETTERS,
    "approved": TO_APPROVED, "planned": TO_PLANNED, "sent": TO_SENT, "told": TO_TOLD, "done": TO_DONE,
    "reviewed": TO_REVIEWED, "closed": TO_CLOSED,
}  # fmt: skip
