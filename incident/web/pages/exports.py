"""The timeline as a file: CSV, Markdown, JSON, PDF. Cells that a spreadsheet would run are made harmless."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from incident.core.events import instant_text
from incident.core.projections import TimelineRow
from incident.core.spreadsheet import neutral
from incident.service.filing import ledger_line
from incident.web.visit import Visit

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "pdf": "application/pdf",
}
COLUMNS = ("seq", "occurred_at", "recorded_at", "actor", "kind", "sentence", "corrects")


def written(visit: Visit, form: str, rows: Sequence[TimelineRow]) -> bytes:
    """Write the rows in one of the formats."""
    match form:
        case "csv":
            return _csv(rows)
        case "md":
            return _markdown(visit, rows)
        case "json":
            return _json(visit, rows)
        case _:
            return _pdf(visit, rows)


def _cells(row: TimelineRow) -> list[str]:
    values = asdict(row)
    return [_text(values[name]) for name in COLUMNS]


def _text(value: object) -> str:
    if isinstance(value, datetime):
        return instant_text(value)
    return "" if value is None else str(value)


def _csv(rows: Sequence[TimelineRow]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    writer.writerows([neutral(cell) for cell in _cells(row)] for row in rows)
    return out.getvalue().encode("utf-8")


def _markdown(visit: Visit, rows: Sequence[TimelineRow]) -> bytes:
    state = visit.state
    lines = [f"# {_plain(state.title)} ({state.incident_id})", ""]
    lines += ["**DRILL**", ""] if state.drill else []
    lines += ["| entry | observed | recorded | who | what |", "|---|---|---|---|---|"]
    for row in rows:
        seen, put = instant_text(row.occurred_at), instant_text(row.recorded_at)
        again = f" (corrects entry {row.corrects})" if row.corrects is not None else ""
        lines.append(f"| {row.seq} | {seen} | {put} | {row.actor} | {_plain(row.sentence)}{again} |")
    return ("\n".join([*lines, "", ledger_line(visit.reception.house), ""])).encode("utf-8")


def _plain(text: str) -> str:
    for sign in "\\|*_[]<>`":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def _json(visit: Visit, rows: Sequence[TimelineRow]) -> bytes:
    entries = [dict(zip(COLUMNS, _cells(row), strict=True)) for row in rows]
    for entry, row in zip(entries, rows, strict=True):
        entry["seq"], entry["corrects"] = row.seq, row.corrects  # type: ignore[assignment]
    content = {
        "incident": visit.state.incident_id,
        "title": visit.state.title,
        "drill": visit.state.drill,
        "ledger": ledger_line(visit.reception.house),
        "entries": entries,
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8")


def _pdf(visit: Visit, rows: Sequence[TimelineRow]) -> bytes:
    state = visit.state
    cells = [
        [
            str(row.seq),
            instant_text(row.occurred_at)[:16].replace("T", " "),
            row.actor,
            row.sentence + (f" (corrects entry {row.corrects})" if row.corrects is not None else ""),
        ]
        for row in rows
    ]
    document = {
        "title": f"Timeline of {state.incident_id}",
        "subtitle": state.title,
        "drill": state.drill,
        "at": state.last_recorded_at,
        "blocks": [{"kind": "table", "columns": ["Entry", "Observed (UTC)", "Who", "What"], "rows": cells}],
        "footer": [f"ledger {ledger_line(visit.reception.house)}"],
    }
    return visit.reception.house.pdf.pdf(document)
