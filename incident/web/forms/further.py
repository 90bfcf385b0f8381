"""The decision to prepare a supplementary or final report to an authority that has the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from incident.core.actors import RESPONDERS, Role
from incident.core.filing_stages import LATER, Stage
from incident.service import filing_stages
from incident.web.forms.question import Decision, Field, Options
from incident.web.visit import Visit


def _prepare(visit: Visit, said: Mapping[str, Any]) -> str:
    filing_stages.prepare_later(
        visit.reception.house,
        visit.state.incident_id,
        said["filing"],
        stage=said["stage"],
        because=said["because"],
        actor=visit.actor,
    )
    return visit.state.incident_id


def _filed(visit: Visit) -> Options:
    return tuple(
        (i, f"{i}: {f.prepared.authority}")
        for i, f in visit.state.filings.items()
        if f.submitted is not None and f.prepared.stage == Stage.INITIAL.value
    )


def _stages(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"form_further-report.{one}")) for one in LATER)


DECISIONS = (
    Decision(
        "further-report",
        frozenset({*RESPONDERS, Role.COUNSEL}),
        (
            Field("filing", "choice", options=_filed),
            Field("stage", "choice", options=_stages),
            Field("because", "area"),
        ),
        _prepare,
    ),
)
