"""Compare what the vault holds with what the ledger names: evidence, letters, filing packs, receipts, reports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from incident.core import events as e
from incident.errors import BadInputError, TamperError

if TYPE_CHECKING:
    from incident.service.house import House
    from incident.service.reading_through import ReadThrough
    from incident.service.verifying import Count

Named = tuple[str, str]
"""What a file is, and its sha256."""
NAMING = frozenset(
    one.KIND
    for one in (e.EvidenceFrozen, e.LetterDrafted, e.FilingPrepared, e.FilingSubmitted, e.PostMortemDrafted)
)
"""Kinds of entries that name files."""


def check_files(house: House, read: ReadThrough, evidence: Count, files: Count) -> None:
    """Check every file that an entry of the incident names, each once; what an entry says is erased is left out."""
    state = read.state
    seen = {state.evidence[one].sha256 for one in state.evidence_erased if one in state.evidence}
    for what, sha256 in read.files:
        if sha256 in seen:
            continue
        seen.add(sha256)
        count = evidence if what.startswith("evidence") else files
        try:
            house.vault.check(sha256)
        except (TamperError, BadInputError) as error:
            count.wrong.append(f"{state.incident_id}: {what}: {error}")
        else:
            count.checked += 1


def named(kind: str, data: Any) -> Iterator[Named]:
    """Yield (what it is, sha256) of each file that an entry names."""
    if kind == e.EvidenceFrozen.KIND:
        yield f"evidence {data['evidence_id']}", data["sha256"]
    elif kind == e.LetterDrafted.KIND:
        yield f"letter {data['letter_id']}", data["sha256"]
    elif kind == e.FilingPrepared.KIND:
        yield f"pack of filing {data['filing_id']}", data["pack_sha256"]
        yield f"PDF of filing {data['filing_id']}", data["pdf_sha256"]
    elif kind == e.FilingSubmitted.KIND and data["receipt_sha256"]:
        yield f"receipt of filing {data['filing_id']}", data["receipt_sha256"]
    elif kind == e.PostMortemDrafted.KIND:
        yield "report", data["report_sha256"]
