"""Decisions of the first hour: open, become aware, amend a fact, freeze evidence, decide what it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from incident.core.actors import RESPONDERS, Role
from incident.core.events import Label, Outcome
from incident.core.vocabulary import DataCategory
from incident.core.wording import status
from incident.service import assessing, evidence, opening
from incident.web.forms.question import Decision, Field, Options
from incident.web.forms.uploads import path_of
from incident.web.visit import Visit

RESPOND = frozenset(RESPONDERS)
COUNSEL_TOO = RESPOND | {Role.COUNSEL}
FACTS = (
    "what_happened",
    "what_happened_de",
    "data",
    "loss",
    "measures_taken",
    "measures_taken_de",
    "likely_consequences",
    "likely_consequences_de",
    "measures_planned",
    "cause",
    "occurred_from",
    "occurred_to",
    "people_kinds",
    "records_total",
    "encrypted",
    "malicious",
    "recipients",
)
LISTS = frozenset({"data", "loss", "measures_taken", "measures_taken_de"})
NUMBERS = frozenset({"records_total"})
TRUTHS = {"yes": True, "no": False, "ja": True, "nein": False, "true": True, "false": False}


def _open(visit: Visit, said: Mapping[str, Any]) -> str:
    state = opening.open_incident(
        visit.reception.house,
        actor=visit.actor,
        title=said["title"],
        detected_at=said["detected_at"],
        became_aware_at=said["became_aware_at"],
        aware_because=said["because"] or "",
    )
    return state.incident_id


def _aware(visit: Visit, said: Mapping[str, Any]) -> str:
    state = opening.decide_awareness(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        became_aware_at=said["became_aware_at"],
        because=said["because"],
    )
    return state.incident_id


def _amend(visit: Visit, said: Mapping[str, Any]) -> str:
    label = Label(said["label"])
    value = None if label is Label.UNKNOWN else fact_value(said["name"], said["value"])
    state = opening.amend_fact(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        name=said["name"],
        value=value,
        label=label,
        source=said["source"],
    )
    return state.incident_id


def fact_value(name: str, text: str | None) -> Any:
    """Read the value of a fact as the rules take it: lists by line or comma, truths by word, the rest as text."""
    if text is None:
        return None
    if name in LISTS:
        parts = text.split("\n") if "\n" in text or name.startswith("measures") else text.split(",")
        return [part.strip() for part in parts if part.strip()]
    if name in NUMBERS and text.replace(",", "").isdecimal():
        return int(text.replace(",", ""))
    return TRUTHS.get(text.lower(), text)


def _freeze(visit: Visit, said: Mapping[str, Any]) -> str:
    evidence.add_evidence(
        visit.reception.house,
        visit.state.incident_id,
        path_of(visit, "file"),
        actor=visit.actor,
        taken_at=said["taken_at"],
        command=said["command"],
        system=said["system"],
    )
    return visit.state.incident_id


def _decide(visit: Visit, said: Mapping[str, Any]) -> str:
    assessing.assess(
        visit.reception.house,
        visit.state.incident_id,
        actor=visit.actor,
        inputs={},
        level=said["level"],
        level_because=said["level_because"],
        outcome=Outcome(said["outcome"]),
        reason=said["reason"],
    )
    return visit.state.incident_id


def _systems(visit: Visit) -> Options:
    return tuple((key, system.name) for key, system in visit.reception.house.profile.systems.items())


def _facts(visit: Visit) -> Options:
    names = dict.fromkeys((*FACTS, *visit.state.facts))
    return tuple((name, visit.texts.code("fact", name)) for name in names)


def _labels(visit: Visit) -> Options:
    return tuple((one.value, visit.texts(f"label.{one.value}")) for one in Label)


def _outcomes(visit: Visit) -> Options:
    return tuple((one.value, visit.texts(f"outcome.{one.value}")) for one in Outcome)


def _levels(visit: Visit) -> Options:
    return tuple((one, visit.texts(f"risk.{one}")) for one in ("unlikely", "risk", "high"))


def _known(visit: Visit) -> Sequence[tuple[str, str]]:
    state = visit.state
    rows = [(visit.texts("incident.aware"), state.awareness.reason if state.awareness else "")]
    if state.severity is not None:
        rows.append(
            (
                visit.texts("incident.severity"),
                f"{state.severity.score} ({status(state.severity.band, visit.texts.language)})",
            )
        )
    if state.risk is not None:
        rows.append(
            (
                visit.texts("incident.risk"),
                f"{status(state.risk.level, visit.texts.language)}: {'; '.join(state.risk.reasons)}",
            )
        )
    return [(label, value) for label, value in rows if value]


def _codes(visit: Visit) -> Sequence[tuple[str, str]]:
    t = visit.texts
    words = ", ".join(f"{one.value} ({t.code('category', one.value)})" for one in DataCategory)
    return ((t("fact.codes"), words),)


DECISIONS = (
    Decision(
        "open",
        RESPOND,
        (
            Field("title"),
            Field("detected_at", "instant", required=False),
            Field("became_aware_at", "instant", required=False),
            Field("because", "area", required=False),
        ),
        _open,
    ),
    Decision("awareness", RESPOND, (Field("became_aware_at", "instant"), Field("because", "area")), _aware),
    Decision(
        "fact",
        COUNSEL_TOO,
        (
            Field("name", "choice", options=_facts),
            Field("label", "choice", options=_labels),
            Field("value", "area", required=False),
            Field("source"),
        ),
        _amend,
        shown=_codes,
    ),
    Decision(
        "evidence",
        RESPOND,
        (
            Field("file", "file"),
            Field("taken_at", "instant"),
            Field("command"),
            Field("system", "choice", required=False, options=_systems),
        ),
        _freeze,
    ),
    Decision(
        "decide",
        COUNSEL_TOO,
        (
            Field("outcome", "choice", options=_outcomes),
            Field("reason", "area"),
            Field("level", "choice", required=False, options=_levels),
            Field("level_because", "area", required=False),
        ),
        _decide,
        shown=_known,
    ),
)
