"""Make an evidence pack: everything an outsider needs to check an incident without us, in one folder.

That it is begun is an entry, signed at once, and the log is cut behind it: every entry in the pack is under a
signature, and the last one counts those of the incident, so none can be left off at the end. What the tier withholds
keeps its place by its hash. The folder appears whole or not at all, and handing it out is an entry.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from incident.core import events as e
from incident.core.actors import Actor, Role
from incident.core.folding import fold
from incident.core.letters import letter_from
from incident.core.pack import document, letters
from incident.core.pack_report import report
from incident.core.state import Incident, Recorded
from incident.core.tiers import OTHER_INCIDENT, SECTIONS, Tier, may_see, withheld_by
from incident.errors import NotFoundError, RefusedError
from incident.ledger.checkpoint import Checkpoint, checkpoint_of, sign_note
from incident.ledger.entry import Entry, canonical, encode
from incident.ledger.note import open_note
from incident.ledger.proving import Tree, inclusion_proof
from incident.ledger.tiles import ENTRIES, WIDTH, TileName, tiles_of
from incident.ledger.tlog_proof import TlogProof
from incident.ports import Transaction
from incident.service.house import House, record, recorded
from incident.service.pack_folder import PackFolder
from incident.service.signing import sign_checkpoint

FORMAT = "tocsin-pack-1"
HANDS_OUT = (Role.OFFICER, Role.COUNSEL, Role.AUDITOR, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Cut:
    """The log at the checkpoint at which it is cut, and one incident's entries up to there."""

    checkpoint: Checkpoint
    note: str
    entries: tuple[Entry, ...] = field(repr=False)
    incident: tuple[Recorded, ...] = field(repr=False)
    state: Incident = field(repr=False)

    @property
    def size(self) -> int:
        """Return how many entries are under the checkpoint."""
        return self.checkpoint.size


@dataclass(frozen=True, slots=True)
class Exported:
    """What was made: where, the hash of its manifest, and what it shows and withholds."""

    folder: Path
    event: e.PackExported
    verifier_keys: tuple[str, ...]


def export(house: House, incident_id: str, *, actor: Actor, tier: Tier, out: Path, purpose: str) -> Exported:
    """Make the pack in a new folder and record that it was made.

    Raises RefusedError when the folder is there already or the actor may not hand packs out.
    """
    actor.must_be(*HANDS_OUT, to="hand out an evidence pack")
    if not purpose.strip():
        raise RefusedError("say what the pack is for; it is recorded")
    house.keys.signers()  # SettingsError before anything is recorded
    with PackFolder(out) as folder:
        cut = _cut(house, incident_id, _begin(house, incident_id, actor, tier))
        withheld = _write_log(house, folder, cut, tier)
        made_at = house.clock.now()
        said = document(cut.state, cut.incident, tier=tier, made_at=made_at)
        _write_report(house, folder, cut, said, withheld)
        _write_files(house, folder, cut, tier)
        _write_explanation(house, folder)
        manifest = {
            "format": FORMAT,
            "incident": incident_id,
            "drill": cut.state.drill,
            "tier": tier.value,
            "made_at": said["made_at"],
            "purpose": purpose,
            "log": {"origin": house.keys.origin(), "size": cut.size},
            "withheld": withheld,
            "files": folder.files(),
        }
        sha256 = folder.put("manifest.json", canonical(manifest))
        folder.put("pack.note", _signed(house, incident_id, sha256).encode())
        shown = sum(1 for entry in cut.entries if withheld_by(tier, entry.kind) is None)
        own = {rule: count for rule, count in withheld.items() if rule != OTHER_INCIDENT}
        event = e.PackExported(tier.value, purpose, sha256, len(manifest["files"]), cut.size, shown, own)
        record(house, incident_id, actor=actor, decide=lambda _state, _now: (event,))
    return Exported(out, event, verifier_keys(house))


def verifier_keys(house: House) -> tuple[str, ...]:
    """Return the public lines by which others check the log."""
    return tuple(verifier.vkey for verifier in house.keys.verifiers())


def _begin(house: House, incident_id: str, actor: Actor, tier: Tier) -> int:
    """Record and sign at once that the pack is begun; returns the size of the log that ends with that entry."""
    sizes: list[int] = []

    def sign(tx: Transaction) -> None:
        last, size = tx.last_checkpoint(), tx.head().size
        if last is None or last[0] != size:
            sign_checkpoint(house, tx, house.clock.now())
        sizes.append(size)

    def begun(state: Incident, _now: datetime) -> tuple[e.PackAnnounced]:
        return (e.PackAnnounced(tier.value, state.version),)

    record(house, incident_id, actor=actor, decide=begun, also=sign)
    return sizes[0]


def _cut(house: House, incident_id: str, size: int) -> Cut:
    notes = [note for note in house.store.checkpoints() if checkpoint_of(note).size == size]
    if not notes:
        raise NotFoundError("no key signed the entry with which the pack begins")
    checkpoint = checkpoint_of(notes[-1])
    with house.store.reading() as tx:
        entries = tuple(entry for entry in tx.entries(incident_id) if entry.seq < checkpoint.size)
    if not entries:
        raise NotFoundError(f"there is no incident {incident_id}")
    known = tuple(recorded(entries))
    state = fold(incident_id, known, drill=entries[0].drill)
    return Cut(checkpoint, notes[-1], entries, known, state)


def _write_log(house: House, folder: PackFolder, cut: Cut, tier: Tier) -> dict[str, int]:
    """Write tiles, checkpoints, shown entries and their proofs; returns how many are withheld, by rule."""
    with house.store.reading() as tx:
        tree = tx.tree()
        for name in tiles_of(cut.size):
            if name.level != ENTRIES:
                folder.put(f"log/{name.path}", _tile(tree, name))
        for entry in cut.entries:
            if withheld_by(tier, entry.kind) is None:
                proof = TlogProof(entry.seq, inclusion_proof(tree, entry.seq, cut.size), cut.note)
                folder.put(f"proofs/{entry.seq}.tlog-proof", proof.text().encode())
    folder.put("log/checkpoint", cut.note.encode())
    for number, note in enumerate(house.store.checkpoints()):
        folder.put(f"checkpoints/{number:06}", note.encode())
        if note == cut.note:
            break
    _write_anchors(house, folder, cut)
    counts: Counter[str] = Counter()
    folder.put_lines("entries.ndjson", _entry_lines(cut, tier, counts))
    return dict(sorted(counts.items()))


def _write_anchors(house: House, folder: PackFolder, cut: Cut) -> None:
    """Write the newest checkpoint in the pack that each outside anchor took, with what the anchor gave for it."""
    newest = {receipt.name: receipt for receipt in house.store.receipts() if receipt.size <= cut.size}
    for name, receipt in sorted(newest.items()):
        folder.put(f"anchors/{name}.checkpoint", receipt.note.encode())
        if receipt.token is not None:
            folder.put(f"anchors/{name}.token", receipt.token)


def _tile(tree: Tree, name: TileName) -> bytes:
    step, first = WIDTH**name.level, name.number * WIDTH
    return b"".join(tree.span(at * step, (at + 1) * step) for at in range(first, first + name.width))


def _entry_lines(cut: Cut, tier: Tier, counts: Counter[str]) -> Iterator[bytes]:
    """Yield a line for each shown entry and for each run of withheld ones, so that every place is spoken for."""
    place = 0
    for entry in cut.entries:
        yield from _gap(place, entry.seq, OTHER_INCIDENT, counts)
        rule = withheld_by(tier, entry.kind)
        if rule is None:
            yield canonical({"seq": entry.seq, "entry": encode(entry).decode()})
        else:
            yield from _gap(entry.seq, entry.seq + 1, rule, counts)
        place = entry.seq + 1
    yield from _gap(place, cut.size, OTHER_INCIDENT, counts)


def _gap(first: int, end: int, rule: str, counts: Counter[str]) -> Iterator[bytes]:
    if first < end:
        counts[rule] += end - first
        yield canonical({"first": first, "last": end - 1, "withheld": rule})


def _write_report(
    house: House, folder: PackFolder, cut: Cut, said: Mapping[str, Any], withheld: Mapping[str, int]
) -> None:
    folder.put("incident.json", canonical(said))
    head = f"{cut.checkpoint.origin}, {cut.size} entries, root {cut.checkpoint.root.hex()}"
    made_at = e.instant(said["made_at"])
    content = report(said, cut.state, withheld=withheld, ledger_head=head, made_at=made_at)
    folder.put("report.html", house.renderer.html("postmortem/report.html", content.values()).encode())
    folder.put("report.md", house.renderer.text("postmortem/report.md", content.values()).encode())
    folder.put("report.pdf", house.pdf.pdf({**content.document(), "at": made_at}))


def _write_files(house: House, folder: PackFolder, cut: Cut, tier: Tier) -> None:
    """Write letters and filings as they were sent, from the vault, whose bytes are checked on reading."""
    for name, drafted, _sent in letters(cut.state, cut.incident):
        kept = house.vault.read(drafted.sha256)
        letter = letter_from(kept)
        folder.put(f"letters/{name}.json", kept)
        folder.put(f"letters/{name}.txt", f"{letter.subject}\n\n{letter.text}".encode())
        folder.put(f"letters/{name}.html", letter.html.encode())
    if not may_see(tier, SECTIONS["filings"]):
        return
    for filing_id, filing in sorted(cut.state.filings.items()):
        folder.put(f"filings/{filing_id}.json", house.vault.read(filing.prepared.pack_sha256))
        folder.put(f"filings/{filing_id}.pdf", house.vault.read(filing.prepared.pdf_sha256))
        if filing.submitted is not None and filing.submitted.receipt_sha256 is not None:
            receipt = house.vault.read(filing.submitted.receipt_sha256)
            folder.put(f"filings/{filing_id}-receipt", receipt)


def _write_explanation(house: House, folder: PackFolder) -> None:
    folder.put("verifier-key.txt", "".join(f"{vkey}\n" for vkey in verifier_keys(house)).encode())
    for name in ("verify.py", "README.txt", "incident.schema.json"):
        folder.put(name, house.renderer.source(f"pack/{name}"))


def _signed(house: House, incident_id: str, sha256: str) -> str:
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    note = sign_note(f"{FORMAT}\n{incident_id}\n{digest}\n", house.keys.signers())
    open_note(note, house.keys.verifiers())
    return note
