"""Filings with their packs and receipts; next steps with customers; the post-mortem."""

from __future__ import annotations

from starlette.responses import Response

from incident.core.events import FilingSubmitted
from incident.errors import NotFoundError
from incident.service.postmortem import overview, report
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.visit import Visit

PARTS = ("pdf", "json", "receipt")
KINDS = {"pdf": "application/pdf", "json": "application/json", "receipt": "application/octet-stream"}


def filings(visit: Visit) -> Response:
    """Show every filing: its pack, its deadline, its reference and receipt."""
    state = visit.state
    rows = [(one, state.obligations[one.prepared.obligation_id]) for one in state.filings.values()]
    return tab(visit, "filings", "filings.html", filings=rows)


def pack(visit: Visit) -> Response:
    """Send a filing's pack or receipt, its bytes checked against the hash in the ledger."""
    filing_id, part = visit.request.path_params["filing_id"], visit.request.path_params["part"]
    filing = visit.state.filings.get(filing_id)
    if filing is None or part not in PARTS:
        raise NotFoundError("there is no such file")
    hashes = {
        "pdf": filing.prepared.pdf_sha256,
        "json": filing.prepared.pack_sha256,
        "receipt": _receipt(filing.submitted),
    }
    sha256 = hashes[part]
    if sha256 is None:
        raise NotFoundError("there is no receipt")
    ending = "bin" if part == "receipt" else part
    return download(visit.reception.house.vault.read(sha256), f"{filing_id}-{part}.{ending}", KINDS[part])


def next_steps(visit: Visit) -> Response:
    """Show what was agreed with customers."""
    steps = list(visit.state.next_steps.values())
    return tab(visit, "next-steps", "next_steps.html", steps=steps)


def review(visit: Visit) -> Response:
    """Show the post-mortem as the ledger tells it now, its action items, and its review."""
    found = overview(visit.reception.house, visit.state)
    items = list(visit.state.action_items.values())
    return tab(visit, "review", "review.html", report=found.values(), items=items)


def report_pdf(visit: Visit) -> Response:
    """Send the post-mortem as PDF: the one under review, or one made now."""
    written = report(visit.reception.house, visit.state.incident_id)
    return download(written.pdf, f"{visit.state.incident_id}-post-mortem.pdf", KINDS["pdf"])


def download(content: bytes, name: str, kind: str) -> Response:
    """Send bytes as a file that is saved and never shown inside the console."""
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=kind, headers=headers)


def _receipt(submitted: FilingSubmitted | None) -> str | None:
    return submitted.receipt_sha256 if submitted is not None else None


ROUTES = (
    Page("GET", "/incidents/{incident_id}/filings", filings),
    Page("GET", "/incidents/{incident_id}/filings/{filing_id}/{part}", pack),
    Page("GET", "/incidents/{incident_id}/next-steps", next_steps),
    Page("GET", "/incidents/{incident_id}/review", review),
    Page("GET", "/incidents/{incident_id}/report.pdf", report_pdf),
)
