"""The post-mortem: made from the ledger, kept by its hash, reviewed by a second person."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from incident.core.actors import TOCSIN
from incident.core.decide import closing
from incident.core.postmortem import Report, post_mortem
from incident.core.postmortem_parts import SHOWN_KINDS
from incident.core.state import Incident
from incident.service.filing import ledger_line
from incident.service.house import House, history, record, recorded, view


@dataclass(frozen=True, slots=True)
class Written:
    """A report as written: Markdown, HTML, PDF; `sha256` is over the Markdown."""

    sha256: str
    markdown: str = field(repr=False)
    html: str = field(repr=False)
    pdf: bytes = field(repr=False)


def draft(house: House, incident_id: str) -> str:
    """Write the report from the ledger so far and keep it, to be reviewed by a second person."""
    written = report(house, incident_id)
    for content in (written.markdown.encode(), written.html.encode(), written.pdf):
        house.vault.put_bytes(content)
    record(
        house,
        incident_id,
        actor=TOCSIN,
        decide=lambda state, _now: closing.draft_post_mortem(state, report_sha256=written.sha256),
    )
    return f"the report {written.sha256[:16]} waits for review"


def report(house: House, incident_id: str) -> Written:
    """Write the report from the ledger as it is now."""
    content = contents(house, incident_id)
    values = content.values()
    markdown = house.renderer.text("postmortem/report.md", values)
    return Written(
        sha256=house.vault.put_bytes(markdown.encode()).sha256,
        markdown=markdown,
        html=house.renderer.html("postmortem/report.html", values),
        pdf=house.pdf.pdf({**content.document(), "at": house.clock.now()}),
    )


def contents(house: House, incident_id: str) -> Report:
    """Build what the report says."""
    state = view(house, incident_id)
    return post_mortem(state, history(house, incident_id), drill=state.drill, ledger_head=ledger_line(house))


def overview(house: House, state: Incident) -> Report:
    """Build what the report says but for its timeline, which is as long as the incident."""
    with house.store.reading() as tx:
        entries = tuple(recorded(tx.entries(state.incident_id, kinds=SHOWN_KINDS)))
    head = ledger_line(house)
    return post_mortem(state, entries, drill=state.drill, ledger_head=head, timeline=False)


def write_out(written: Written, folder: Path) -> tuple[Path, ...]:
    """Write the report into a folder, in all its forms."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = (folder / "post-mortem.md", folder / "post-mortem.html", folder / "post-mortem.pdf")
    paths[0].write_text(written.markdown, encoding="utf-8")
    paths[1].write_text(written.html, encoding="utf-8")
    paths[2].write_bytes(written.pdf)
    return paths
