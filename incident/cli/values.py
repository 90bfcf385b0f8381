"""Read values from the command line and from files; write clocks as JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date
from pathlib import Path
from typing import Any

from incident.core.moments import instant_text
from incident.core.send_plan import SafeSend, SendPlan
from incident.core.standing import ClockFace, span
from incident.errors import BadInputError


def read_value(text: str | None) -> Any:
    """Read JSON where it is JSON, else the text itself; floats are refused, the ledger has none."""
    if text is None:
        return None
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return text
    if isinstance(value, float):
        return text
    return value


def read_day(text: str, field: str) -> date:
    """Read an ISO 8601 day; anything else is a BadInputError that names the field."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadInputError(f"{text!r} is not a day like 2026-03-20", field=field) from error


def read_toml_values(path: Path | None) -> dict[str, Any]:
    """Read a TOML file of inputs; no file is no input."""
    if path is None:
        return {}
    if not path.is_file():
        raise BadInputError("is not a file", source=path.name)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInputError(f"is not TOML: {error}", source=path.name) from error


def faces_json(faces: Iterable[ClockFace]) -> list[dict[str, Any]]:
    """Return clocks as JSON values, time left in whole seconds."""
    return [
        {
            "obligation": face.obligation_id,
            "jurisdiction": face.jurisdiction,
            "recipient": face.recipient,
            "authority": face.authority,
            "due_at": face.due_at,
            "standing": face.standing.value,
            "left_seconds": int(face.left.total_seconds()) if face.left is not None else None,
            "derivation": face.derivation,
            "because": face.because,
            "citation": face.citation,
        }
        for face in faces
    ]


def plan_json(plan: SendPlan) -> dict[str, Any]:
    """Return the plan of the latest safe send as JSON values, lengths in whole seconds."""
    return {
        "standing": plan.standing.value,
        "latest_safe_at": plan.latest_safe_at,
        "left_seconds": int(plan.left.total_seconds()) if plan.left is not None else None,
        "deadline_at": plan.deadline_at,
        "deadline_of": plan.deadline_of or None,
        "people": plan.people,
        "people_per_hour": plan.rate.people_per_hour,
        "rate_measured": plan.rate.measured,
        "terms": [
            {"name": t.name, "seconds": int(t.length.total_seconds()), "working": t.working}
            for t in plan.terms
        ],
        "working": plan.working,
    }


def plan_line(plan: SendPlan) -> str:
    """Say the latest safe send in one line: when, how long is left, and the whole sum."""
    if plan.latest_safe_at is None or plan.left is None:
        return f"- ({plan.working})"
    left = f"PAST, {span(plan.left)}" if plan.standing is SafeSend.PAST else span(plan.left)
    return f"{instant_text(plan.latest_safe_at)}, {left}\n  = {plan.working}"
