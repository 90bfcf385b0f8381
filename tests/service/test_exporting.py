"""Evidence packs: what each tier shows, and that the verifier inside finds whatever was done to one.

The verifier is run as a stranger runs it: as a program of its own, without Tocsin on its path.
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import jsonschema
import pytest
from pypdf import PdfReader

from incident.bootstrap import actor
from incident.core import events as e
from incident.core.anchors import Receipt
from incident.core.tiers import Tier, tier_of
from incident.errors import RefusedError
from incident.ledger.checkpoint import Checkpoint, checkpoint_of, sign_note
from incident.ledger.entry import canonical
from incident.ledger.keys import NoteSigner
from incident.ledger.merkle import root_of
from incident.ledger.proving import LeafHashes, inclusion_proof
from incident.ledger.tlog_proof import TlogProof
from incident.service import exporting
from incident.service.exporting import Exported, export
from incident.service.pack_folder import PackFolder
from incident.service.signing import checkpoint_if_due
from tests.builders.house import Scene
from tests.builders.playing import original, played

__all__ = ["played"]


OTHER_TITLE = "a matter that is nobody else's"


class Packs:
    """Packs of one incident, each tier made once, and the means to check a copy."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        self.scene, self.folder = scene, folder
        self.made: dict[Tier, Exported] = {}
        for tier in Tier:
            self.made[tier] = export(
                scene.house,
                scene.incident_id,
                actor=scene.grace,
                tier=tier,
                out=folder / tier,
                purpose="a test",
            )
        self.key = self.made[Tier.REGULATOR].verifier_keys[0]
        self.signer = scene.house.keys.signers()[0]

    def copy(self, to: Path, tier: Tier = Tier.REGULATOR) -> Path:
        shutil.copytree(self.folder / tier, to)
        return to

    def check(self, pack: Path, *options: str, key: str | None = None) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, "-I", str(pack / "verify.py"), "-v", "--key", key or self.key, *options],
            capture_output=True, text=True, check=False, timeout=60, cwd=pack,
        )  # fmt: skip
        assert not ended.stderr
        return ended.returncode, ended.stdout


@pytest.fixture(scope="module")
def packs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Packs]:
    from tests.builders.house import reopened

    workspace, incident_id = original("to_report", tmp_path_factory, {})
    copied = tmp_path_factory.mktemp("packed") / "workspace"
    shutil.copytree(workspace, copied)
    with reopened(copied / "tocsin.toml", incident_id) as scene:
        from incident.service.opening import open_incident

        open_incident(scene.house, actor=scene.ada, title=OTHER_TITLE)
        with scene.house.store.begin() as tx:
            note = tx.newest_checkpoint()
            size = checkpoint_of(note).size
            tx.anchor_took(Receipt("vault-of-counsel", size, scene.house.clock.now(), note, b"what it gave"))
        yield Packs(scene, copied.parent / "packs")


def signed_again(pack: Path, signer: NoteSigner) -> None:
    """Write manifest and note anew over the files as they are now: what an insider with the key would do."""
    manifest = json.loads((pack / "manifest.json").read_bytes())
    paths = [p for p in pack.rglob("*") if p.is_file() and p.name not in {"manifest.json", "pack.note"}]
    manifest["files"] = [
        {"path": p.relative_to(pack).as_posix(), "sha256": hashlib.sha256(p.read_bytes()).hexdigest(),
         "size_bytes": p.stat().st_size} for p in sorted(paths)
    ]  # fmt: skip
    content = canonical(manifest)
    (pack / "manifest.json").write_bytes(content)
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    (pack / "pack.note").write_text(sign_note(f"tocsin-pack-1\n{manifest['incident']}\n{digest}\n", [signer]))


# ---------------------------------------------------------------- what a tier shows
@pytest.mark.parametrize("tier", Tier)
def test_each_tier_is_verified_by_the_program_inside_it(packs, tier):
    code, said = packs.check(packs.folder / tier)
    assert code == 0, said
    assert f"VERIFIED  {packs.scene.incident_id}, tier {tier}" in said
    assert "drill" in said


@pytest.mark.parametrize("tier", Tier)
def test_the_document_is_as_its_published_schema_says(packs, tier):
    folder = packs.folder / tier
    schema = json.loads((folder / "incident.schema.json").read_text())
    jsonschema.validate(json.loads((folder / "incident.json").read_text()), schema)


def test_a_narrower_tier_shows_no_more_than_a_wider_one(packs):
    documents = {t: json.loads((packs.folder / t / "incident.json").read_text()) for t in Tier}
    public, regulator, privileged = (documents[t] for t in Tier)
    assert set(public) < set(regulator) < set(privileged)
    assert "title" not in public["summary"]
    kinds = {line["kind"] for line in public["timeline"]}
    assert kinds
    assert all(tier_of(kind) is Tier.PUBLIC for kind in kinds)
    assert not (packs.folder / "public" / "filings").exists()
    assert list((packs.folder / "regulator" / "filings").glob("*.pdf"))


def test_no_pack_holds_anything_of_another_incident_or_anybodys_address(packs):
    with packs.scene.house.store.reading() as tx:
        rows = tx.people.persons(packs.scene.state.cohort.cohort_id)
    personal = [value for row in rows for value in (row.email, row.name, row.phone) if value]
    assert len(personal) > 10
    for path in packs.folder.rglob("*"):
        if path.is_file() and path.suffix in {".json", ".ndjson", ".md", ".html", ".txt"}:
            text = path.read_text(encoding="utf-8")
            assert OTHER_TITLE not in text
            assert not [value for value in personal if value in text], path
    lines = (packs.folder / "privileged" / "entries.ndjson").read_text().splitlines()
    assert [line for line in lines if '"withheld":"other_incident"' in line]


def test_custody_names_every_touch_of_a_piece_of_evidence(packs):
    document = json.loads((packs.folder / "regulator" / "incident.json").read_text())
    assert document["evidence"]
    for item in document["evidence"]:
        what = [line["what"] for line in item["custody"]]
        assert what[1] == "scoping"
        assert what[2].startswith("Cohort")
        assert item["custody"][0]["by"] == "ada"


def test_the_report_is_on_paper_too(packs):
    pages = PdfReader(packs.folder / "regulator" / "report.pdf").pages
    text = "\n".join(page.extract_text() for page in pages)
    assert packs.scene.incident_id in text
    assert "What is withheld" in text


def test_facts_are_worded_for_people_and_not_for_a_program(packs):
    text = (packs.folder / "regulator" / "report.md").read_text(encoding="utf-8")
    facts = text.partition("Facts")[2].partition("Evidence")[0]
    assert "confidentiality" in facts
    assert "10 March 2026, 02:10 UTC" in facts
    assert not [word for word in ("None", "True", "False", "['", "{'") if word in facts]


def test_making_a_pack_is_recorded_with_the_hash_of_its_manifest(packs):
    last = packs.scene.last(e.PackExported)
    manifest = (packs.folder / "privileged" / "manifest.json").read_bytes()
    assert last.manifest_sha256 == hashlib.sha256(manifest).hexdigest()
    assert last.purpose == "a test"


def test_who_may_not_hand_out_is_refused_and_nothing_is_left(packs, tmp_path):
    with pytest.raises(RefusedError, match="hand out"):
        export(packs.scene.house, packs.scene.incident_id, actor=packs.scene.ada, tier=Tier.PUBLIC,
               out=tmp_path / "pack", purpose="curiosity")  # fmt: skip
    grace = actor(packs.scene.settings, "grace")
    with pytest.raises(RefusedError, match="there already"):
        export(
            packs.scene.house,
            packs.scene.incident_id,
            actor=grace,
            tier=Tier.PUBLIC,
            out=tmp_path,
            purpose="x",
        )
    with pytest.raises(RefusedError, match="what the pack is for"):
        export(packs.scene.house, packs.scene.incident_id, actor=grace, tier=Tier.PUBLIC,
               out=tmp_path / "pack", purpose=" ")  # fmt: skip
    assert not list(tmp_path.iterdir())


def test_a_folder_that_fails_midway_does_not_appear(tmp_path):
    def half() -> None:
        with PackFolder(tmp_path / "pack") as folder:
            folder.put("a.txt", b"a")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert not list(tmp_path.iterdir())


def test_what_outside_anchors_took_and_gave_is_in_the_pack(packs):
    anchors = packs.folder / "public" / "anchors"
    assert (anchors / "vault-of-counsel.token").read_bytes() == b"what it gave"
    assert (anchors / "vault-of-counsel.checkpoint").read_text().startswith("imajinn.example/tocsin\n")


# ---------------------------------------------------------------- what is done to a pack
Attack = Callable[[Path], None]


def edit(path: str, old: str, new: str, count: int = 1) -> Attack:
    def attack(pack: Path) -> None:
        text = (pack / path).read_text(encoding="utf-8")
        assert old in text
        (pack / path).write_text(text.replace(old, new, count), encoding="utf-8")

    return attack


def drop_line(number: int) -> Attack:
    def attack(pack: Path) -> None:
        lines = (pack / "entries.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)
        del lines[number]
        (pack / "entries.ndjson").write_text("".join(lines), encoding="utf-8")

    return attack


def swap_lines(pack: Path) -> None:
    lines = (pack / "entries.ndjson").read_text(encoding="utf-8").splitlines(keepends=True)
    lines[3], lines[4] = lines[4], lines[3]
    (pack / "entries.ndjson").write_text("".join(lines), encoding="utf-8")


def swap_proofs(pack: Path) -> None:
    one, two = pack / "proofs" / "3.tlog-proof", pack / "proofs" / "4.tlog-proof"
    first = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(first)


def change_a_tile(pack: Path) -> None:
    tile = next(p for p in sorted((pack / "log" / "tile" / "0").rglob("*")) if p.is_file())
    tile.write_bytes(tile.read_bytes()[:-1] + b"\0")


def change_a_letter(pack: Path) -> None:
    letter = min((pack / "letters").glob("*.json"))
    letter.write_bytes(letter.read_bytes().replace(b'"subject":"', b'"subject":"Not '))


def forge_a_checkpoint(pack: Path) -> None:
    last = sorted((pack / "checkpoints").iterdir())[2]
    last.write_text(last.read_text().replace("\n\n", "\nanother line\n\n"))


def hide_an_entry(pack: Path) -> None:
    """Say of an entry that another incident's stands there."""
    path = pack / "entries.ndjson"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    place = next(n for n, line in enumerate(lines) if n > 5 and '"seq"' in line and '"seq"' in lines[n + 1])
    seq = json.loads(lines[place])["seq"]
    lines[place] = json.dumps({"first": seq, "last": seq, "withheld": "other_incident"}) + "\n"
    path.write_text("".join(lines), encoding="utf-8")
    (pack / "proofs" / f"{seq}.tlog-proof").unlink()


def hide_the_newest(pack: Path) -> None:
    """Say of the last entries that they are another incident's: no later one counts them."""
    path = pack / "entries.ndjson"
    kept = path.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = [json.loads(line)["seq"] for line in kept[-3:]]
    said = {"first": gone[0], "last": gone[-1], "withheld": "other_incident"}
    path.write_text("".join(kept[:-3]) + json.dumps(said) + "\n", encoding="utf-8")
    forget(pack, gone)


def cut_at_an_older_checkpoint(pack: Path) -> None:
    """Hand out the log as it was some entries ago, each proof made anew for the checkpoint of then."""
    full = checkpoint_of((pack / "log" / "checkpoint").read_text()).size
    older = [(p, checkpoint_of(p.read_text()).size) for p in sorted((pack / "checkpoints").iterdir())]
    note_file, size = next(one for one in reversed(older) if one[1] < full - 9)  # before any pack was begun
    (tile,) = [p for p in (pack / "log" / "tile" / "0").rglob("*") if p.is_file()]
    hashes = [tile.read_bytes()[i : i + 32] for i in range(0, size * 32, 32)]
    tile.unlink()
    tile.with_name(str(size)).write_bytes(b"".join(hashes))
    shutil.copy(note_file, pack / "log" / "checkpoint")
    for path in [*(one for one, at in older if at > size), *(pack / "anchors").iterdir()]:
        path.unlink()
    kept = [json.loads(line) for line in (pack / "entries.ndjson").read_text(encoding="utf-8").splitlines()]
    forget(pack, [one["seq"] for one in kept if one.get("seq", 0) >= size])
    kept = [one for one in kept if one.get("seq", one.get("first")) < size]
    if "withheld" in kept[-1]:
        kept[-1]["last"] = size - 1
    (pack / "entries.ndjson").write_bytes(b"".join(canonical(one) + b"\n" for one in kept))
    for one in kept:
        if "seq" in one:
            proof = inclusion_proof(LeafHashes(hashes), one["seq"], size)
            proven = TlogProof(one["seq"], proof, note_file.read_text()).text()
            (pack / "proofs" / f"{one['seq']}.tlog-proof").write_text(proven)


def forget(pack: Path, gone: list[int]) -> None:
    """Take entries off the document and the proofs."""
    document = json.loads((pack / "incident.json").read_bytes())
    document["timeline"] = [line for line in document["timeline"] if line["entry"] not in gone]
    (pack / "incident.json").write_bytes(canonical(document))
    for seq in gone:
        (pack / "proofs" / f"{seq}.tlog-proof").unlink()


def lie(*path: str | int, to: object) -> Attack:
    """Change one value of the document."""

    def attack(pack: Path) -> None:
        document = json.loads((pack / "incident.json").read_bytes())
        inner = document
        for step in path[:-1]:
            inner = inner[step]
        assert inner[path[-1]] != to
        inner[path[-1]] = to
        (pack / "incident.json").write_bytes(canonical(document))

    return attack


BY_A_STRANGER: dict[str, tuple[Attack, str]] = {
    "an entry edited": (edit("entries.ndjson", "Stolen key", "Lost key"), "entries.ndjson was changed"),
    "a file added": (
        lambda p: (p / "letters" / "new.txt").write_text("x"),
        "letters/new.txt is not of this pack",
    ),
    "a file removed": (lambda p: (p / "report.pdf").unlink(), "report.pdf is missing"),
    "the manifest edited": (
        edit("manifest.json", '"regulator"', '"privileged"'),
        "not the one that was signed",
    ),
    "the note's signature broken": (edit("pack.note", "\n\n", "\nx\n\n"), "pack.note has a wrong signature"),
    "no signature of a known key": (lambda p: signed_again(p, STRANGER), "signed by no key that was given"),
    "a checkpoint forged": (forge_a_checkpoint, "was changed"),
}
STRANGER = NoteSigner("imajinn.example/tocsin", bytes(32))

BY_AN_INSIDER: dict[str, tuple[Attack, str]] = {
    "an entry edited": (
        edit("entries.ndjson", "Stolen key", "Lost key"),
        "is not what was recorded at its place",
    ),
    "an entry dropped": (drop_line(5), "missing or stand twice from place 5"),
    "two entries swapped": (swap_lines, "missing or stand twice from place 3"),
    "the last entries dropped": (drop_line(-1), "the entries end at"),
    "the newest entries hidden as another incident's": (hide_the_newest, "may be left off"),
    "the newest entries left off together, at an older checkpoint": (
        cut_at_an_older_checkpoint,
        "may be left off",
    ),
    "another tier's pack": (
        edit("manifest.json", '"tier":"regulator"', '"tier":"privileged"'),
        "announces a pack of the tier regulator",
    ),
    "a tile changed": (change_a_tile, "not the tree that the log's checkpoint was signed over"),
    "a letter changed": (change_a_letter, "is not a file whose hash was recorded"),
    "the timeline lies": (
        edit("incident.json", '"by":"grace","entry":', '"by":"eve","entry":', count=-1),
        "does not say what entry",
    ),
    "the custody lies": (edit("incident.json", '"by":"ada"', '"by":"eve"'), "does not say what entry"),
    "the evidence list lies": (
        edit("incident.json", '"taken_by":"ada"', '"taken_by":"eve"'),
        "as it was frozen",
    ),
    "the document cites nothing": (edit("incident.json", '"entry":7,', '"entry":70000,'), "not in the pack"),
    "an entry hidden as another incident's": (hide_an_entry, "are not shown, and not said to be withheld"),
    "the approver lies": (lie("approvals", 0, "approved_by", to="ada"), "does not say of APR-"),
    "a fact lies": (lie("facts", 0, "value", to="nothing of note"), "does not say of "),
    "the number of people lies": (lie("people", 0, "told", to=1), "does not say of INC-"),
    "a letter's hash lies": (lie("letters", 0, "sha256", to="00" * 32), "does not say of "),
    "a reference lies": (lie("filings", 0, "submitted", "reference", to="REF-9"), "does not say of F01"),
    "who filed lies": (lie("filings", 0, "submitted_by", to="eve"), "another person for filing F01"),
    "a pack's hash lies": (lie("filings", 0, "pack_sha256", to="00" * 32), "does not say of F01"),
    "made before its entries": (
        edit("manifest.json", '"made_at":"2026', '"made_at":"2025'),
        "before its newest entry",
    ),
    "proofs swapped": (swap_proofs, "is of another entry"),
    "a checkpoint forged": (forge_a_checkpoint, "has a wrong signature"),
    "an anchor's checkpoint forged": (
        edit("anchors/vault-of-counsel.checkpoint", "\n\n", "\nx\n\n"),
        "anchors/vault-of-counsel.checkpoint has a wrong signature",
    ),
}


@pytest.mark.parametrize("name", BY_A_STRANGER)
def test_what_a_stranger_does_to_a_pack_is_named(packs, tmp_path, name):
    attack, named = BY_A_STRANGER[name]
    pack = packs.copy(tmp_path / "pack")
    attack(pack)
    code, said = packs.check(pack)
    assert (code, "NOT VERIFIED" in said) == (1, True), said
    assert named in said


@pytest.mark.parametrize("name", BY_AN_INSIDER)
def test_what_an_insider_with_the_key_does_to_a_pack_is_named(packs, tmp_path, name):
    attack, named = BY_AN_INSIDER[name]
    pack = packs.copy(tmp_path / "pack")
    attack(pack)
    signed_again(pack, packs.signer)
    code, said = packs.check(pack)
    assert (code, "NOT VERIFIED" in said) == (1, True), said
    assert named in said


def test_a_history_written_anew_with_the_real_key_shows_against_a_checkpoint_kept_outside(packs, tmp_path):
    pack = packs.copy(tmp_path / "pack")
    kept = tmp_path / "kept"
    kept.write_text((pack / "log" / "checkpoint").read_text())
    assert packs.check(pack, "--checkpoint", str(kept))[0] == 0
    lines = (pack / "entries.ndjson").read_text(encoding="utf-8").splitlines()
    log = [json.loads(line) for line in lines]
    size = checkpoint_of(kept.read_text()).size
    changed = [one["entry"].replace("Stolen key", "Lost key") if "entry" in one else None for one in log]
    tiles = sorted(p for p in (pack / "log" / "tile" / "0").rglob("*") if p.is_file())
    content = b"".join(p.read_bytes() for p in tiles)
    hashes = [content[i : i + 32] for i in range(0, len(content), 32)]
    assert len(hashes) == size
    for one, entry in zip(log, changed, strict=True):
        if entry is not None:
            hashes[one["seq"]] = hashlib.sha256(b"\0" + entry.encode()).digest()
            one["entry"] = entry
    assert len(tiles) == 1, "one tile holds this log; a longer one needs this test to write several"
    tiles[0].write_bytes(b"".join(hashes))
    (pack / "entries.ndjson").write_text(
        "".join(canonical(one).decode() + "\n" for one in log), encoding="utf-8"
    )
    origin = checkpoint_of(kept.read_text()).origin
    note = sign_note(Checkpoint(origin, size, root_of(hashes)).text(), [packs.signer])
    (pack / "log" / "checkpoint").write_text(note)
    for old in (pack / "checkpoints").iterdir():
        old.unlink()
    for gone in [*(pack / "proofs").iterdir(), *(pack / "anchors").iterdir()]:
        gone.unlink()
    signed_again(pack, packs.signer)
    code, said = packs.check(pack, "--checkpoint", str(kept))
    assert code == 1
    assert "kept was signed over" in said


def test_a_pack_of_last_year_is_still_good_and_the_newer_log_begins_with_it(packs, tmp_path):
    older = packs.folder / "public" / "log" / "checkpoint"
    code, said = packs.check(packs.folder / "privileged", "--checkpoint", str(older))
    assert code == 0, said
    assert "1 of them yours" in said
    newer = packs.folder / "privileged" / "log" / "checkpoint"
    code, said = packs.check(packs.folder / "public", "--checkpoint", str(newer))
    assert code == 1
    assert "older than your checkpoint" in said


def test_the_verdict_says_up_to_where_it_vouches_and_what_is_known_outside(packs):
    folder = packs.folder / "privileged"
    last = json.loads(json.loads((folder / "entries.ndjson").read_text().splitlines()[-1])["entry"])
    assert (last["kind"], last["data"]["before"]) == ("pack:announced", last["nth"])
    _, said = packs.check(folder)
    assert f"all that was recorded of it up to entry {last['seq']}, {last['recorded_at']}." in said
    assert "It says nothing of what was recorded later" in said
    size = last["seq"] + 1
    taken = checkpoint_of((folder / "anchors" / "vault-of-counsel.checkpoint").read_text()).size
    assert f"LIMIT: the first {taken} entries" in said
    assert f"the {size - taken} after them rest on the signing key alone" in said
    _, said = packs.check(folder, "--checkpoint", str(folder / "log" / "checkpoint"))
    assert "LIMIT" not in said, "the reader's own checkpoint covers all"


def test_what_is_recorded_while_a_pack_is_made_is_not_in_it(packs, tmp_path, monkeypatch):
    begin = exporting._begin

    def interrupted(*given):
        size = begin(*given)
        packs.scene.follow_up()
        checkpoint_if_due(packs.scene.house)
        return size

    monkeypatch.setattr(exporting, "_begin", interrupted)
    export(packs.scene.house, packs.scene.incident_id, actor=packs.scene.grace, tier=Tier.REGULATOR,
           out=tmp_path / "pack", purpose="a test")  # fmt: skip
    code, said = packs.check(tmp_path / "pack")
    assert code == 0, said


def test_with_another_key_nothing_is_believed(packs):
    code, said = packs.check(packs.folder / "public", key=STRANGER.verifier().vkey)
    assert code == 1
    assert "signed by no key that was given" in said


def test_what_is_no_pack_cannot_be_checked(packs, tmp_path):
    shutil.copy(packs.folder / "public" / "verify.py", tmp_path)
    assert packs.check(tmp_path)[0] == 2


def test_the_key_inside_the_pack_is_used_with_a_caution(packs):
    pack = packs.folder / "public"
    ended = subprocess.run(
        [sys.executable, "-I", str(pack / "verify.py")], capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0
    assert "CAUTION" in ended.stdout
