"""What may be shown anywhere, the orchestrator's pages included: clocks and timeline without personal data."""

from __future__ import annotations

from incident.core.events import instant_text
from incident.core.send_plan import SafeSend
from incident.core.standing import clocks, span
from incident.service import ahead
from incident.service.house import House, view


def clocks_view(house: House, incident_id: str) -> list[dict[str, str]]:
    """Return every clock that runs or ran, the tightest first."""
    now = house.clock.now()
    return [
        {
            "duty": face.obligation_id,
            "who": face.authority or face.recipient,
            "due": instant_text(face.due_at) if face.due_at else "no number in law",
            "stands": face.standing.value.replace("_", " "),
            "left": str(span(face.left)) if face.left is not None else "",
        }
        for face in clocks(view(house, incident_id), now)
    ]


def timeline_view(house: House, incident_id: str) -> list[dict[str, str]]:
    """Return every entry as a sentence, in order."""
    rows = []
    after = -1
    while page := house.store.timeline(incident_id, after=after):
        rows += [
            {"happened": instant_text(r.occurred_at), "who": r.actor, "what": r.sentence, "entry": str(r.seq)}
            for r in page
        ]
        after = page[-1].seq
    return rows


def plan_view(house: House, incident_id: str) -> str:
    """Return the latest safe send with its whole sum, in one line."""
    plan = ahead.plan_of(house, view(house, incident_id))
    if plan.latest_safe_at is None or plan.left is None:
        return plan.working
    stands = "PAST SAFE SEND: " if plan.standing is SafeSend.PAST else ""
    return f"{stands}{span(plan.left)}; {plan.working}"
