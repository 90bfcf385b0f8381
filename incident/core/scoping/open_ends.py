"""What a scoping could not settle: bulk reads without names, broken evidence, a question too short."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.core.scoping.question import SystemMode
from incident.core.scoping.result import Note, Unresolved

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from incident.core.scoping.intake import BulkKey
    from incident.core.scoping.question import Question
    from incident.core.scoping.reader import ReadSummary
    from incident.core.scoping.records import EvidenceRef
    from incident.core.scoping.settling import Gathered
    from incident.core.scoping.tallies import Tally

_GATHERED_TEXTS = {
    "actor_in_unnamed_system": "the actor is seen in {system}, which the question does not name",
    "actor_administered": "the actor changed settings or credentials in {system}",
    "masked_line_resolved": "an exact log settles masked lines of {system}",
    "masked_line_of_another": "an exact log shows that masked lines of {system} are someone else's",
}


def unresolved_of(
    gathered: Gathered, question: Question, refs: Sequence[EvidenceRef], reports: Sequence[ReadSummary]
) -> tuple[Unresolved, ...]:
    """Say of each bulk read how many items it touched and whether every possible owner is known."""
    own = {refs[file].sha256 for file in gathered.own_files}
    found = []
    for key, tally in gathered.bulk.items():
        bounded, because = _bound(key, tally, gathered, question, _broken(reports, own))
        if tally.first_at is None or tally.last_at is None:
            continue
        found.append(
            Unresolved(
                system=key[0], evidence_id=refs[key[1]].evidence_id, sha256=refs[key[1]].sha256, collection=key[2],
                categories=key[3],
                items=None if tally.hidden else tally.items, rows=tally.shown(), row_count=tally.count,
                first_at=tally.first_at, last_at=tally.last_at, candidates=gathered.candidates[key],
                bounded=bounded, because=because,
            )
        )  # fmt: skip
    return tuple(sorted(found, key=lambda each: (each.system, each.sha256, each.collection, each.categories)))


def notes_of(
    question: Question,
    gathered: Gathered,
    refs: Sequence[EvidenceRef],
    reports: Sequence[ReadSummary],
    unresolved: Sequence[Unresolved],
) -> tuple[Note, ...]:
    """Collect everything a scoper must know, sorted; blocking notes stand against "all accounted for"."""
    notes = [
        *_unresolved_notes(unresolved),
        *_evidence_notes(question, gathered, refs, reports),
        *_read_notes(question, reports),
        *_unread_notes(question, refs, reports),
        *_attachment_notes(question, reports),
        *(
            Note(
                code,
                system,
                count,
                _GATHERED_TEXTS[code].format(system=system),
                code == "actor_in_unnamed_system",
            )
            for (code, system), count in gathered.notes.items()
        ),
        *(
            Note(
                "actor_outside_window",
                system,
                tally.count,
                f"the actor is active in {system} outside the window; is it too short?",
            )
            for system, tally in gathered.outside.items()
        ),
    ]
    return tuple(sorted(notes, key=lambda each: (each.code, each.system, each.text)))


def _bound(
    key: BulkKey, tally: Tally, gathered: Gathered, question: Question, broken: bool
) -> tuple[bool, str]:
    whole = {entry.system for entry in question.systems if entry.mode is SystemMode.WHOLE_STORE}
    if key[0] in whole:
        return True, "everyone in this store is told already"
    existing = gathered.existing[key]
    if not existing:
        return False, "no own record names who can be in this collection"
    if existing < tally.largest:
        return False, "fewer own records existed than items were read"
    if broken:
        return False, "own records could not all be read"
    return True, "everyone with an own record that existed at the time is told as possible"


def _broken(reports: Sequence[ReadSummary], own: set[str]) -> bool:
    return any(report.quarantined or report.incomplete for report in reports if report.ref.sha256 in own)


def _unresolved_notes(unresolved: Sequence[Unresolved]) -> Iterator[Note]:
    for entry in unresolved:
        if not entry.bounded:
            count = "an unknown number of" if entry.items is None else str(entry.items)
            where = f"{entry.collection or 'an unnamed collection'} were read in {entry.system}"
            text = f"{count} items of {where}: {entry.because}"
            yield Note("unresolved_items", entry.system, entry.row_count, text, blocking=True)


def _evidence_notes(
    question: Question, gathered: Gathered, refs: Sequence[EvidenceRef], reports: Sequence[ReadSummary]
) -> Iterator[Note]:
    stored = gathered.stored
    logged = gathered.logged | {report.ref.system for report in reports}
    stores = {refs[file].system for file in gathered.own_files}
    for entry in question.systems:
        if entry.mode is SystemMode.WHOLE_STORE and entry.system not in stored | stores:
            text = f"no export says who is in {entry.system}"
            if entry.system in gathered.logged:
                text = f"only a log says who is in {entry.system}: whom it does not name is not found"
            yield Note("no_store_export", entry.system, 0, text, blocking=True)
        if entry.mode is SystemMode.BY_ACCESS and entry.system not in logged:
            yield Note(
                "no_access_log", entry.system, 0, f"no log says who was read in {entry.system}", blocking=True
            )
    named = {entry.system for entry in question.systems}
    for system in sorted({report.ref.system for report in reports if not report.complete} & named):
        text = f"a log of {system} is not guaranteed complete: no line is no proof"
        yield Note("log_may_be_incomplete", system, 0, text)


def _read_notes(question: Question, reports: Sequence[ReadSummary]) -> Iterator[Note]:
    for report in reports:
        place = f"{report.ref.system} evidence {report.ref.sha256[:12]}"
        if report.quarantined:
            text = f"{place}: {report.quarantined} rows could not be read"
            yield Note("rows_quarantined", report.ref.system, report.quarantined, text, blocking=True)
        for reason in report.incomplete:
            yield Note("evidence_incomplete", report.ref.system, 0, f"{place}: {reason}", blocking=True)
        if report.ref.taken_at < question.window.end:
            text = f"{place} was taken before the window ends"
            yield Note("snapshot_before_window_end", report.ref.system, 0, text, blocking=True)


def _unread_notes(
    question: Question, refs: Sequence[EvidenceRef], reports: Sequence[ReadSummary]
) -> Iterator[Note]:
    """Name the evidence of the question's systems that no reader knew: whoever stands in it was not found."""
    read = {report.ref.sha256 for report in reports}
    named = {entry.system for entry in question.systems}
    for ref in refs:
        if ref.sha256 not in read and ref.system in named:
            text = f"{ref.system} evidence {ref.sha256[:12]} was not read: no reader knows its format"
            yield Note("evidence_unread", ref.system, 0, text, blocking=True)


def _attachment_notes(question: Question, reports: Sequence[ReadSummary]) -> Iterator[Note]:
    """State what was attached and not opened in the question's systems: nobody knows who is named or shown in it."""
    named = {entry.system for entry in question.systems}
    for report in reports:
        if not report.not_looked_into or report.ref.system not in named:
            continue
        count = sum(number for _, number in report.not_looked_into)
        kinds = ", ".join(f"{kind} {number}" for kind, number in report.not_looked_into)
        shown = any(kind.startswith("image/") for kind, _ in report.not_looked_into)
        text = (
            f"{report.ref.system} evidence {report.ref.sha256[:12]}: attachments not looked into: {count}, {kinds}"
            + ("; people may be depicted in the images" if shown else "")
        )
        yield Note("attachments_unread", report.ref.system, count, text, blocking=True)
