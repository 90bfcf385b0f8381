"""Our logs verified by tools that nobody here wrote: Go's golang.org/x/mod, and tlog-scales."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.signing import Vkey
from tlog_scales.tiles import leaf_hash as their_leaf_hash
from tlog_scales.tlog import Checkpoint as TheirCheckpoint
from tlog_scales.writer import TilesWriter

from incident.ledger.checkpoint import (
    Checkpoint,
    NoteSigner,
    checkpoint_of,
    open_note,
    parse_checkpoint,
    sign_note,
)
from incident.ledger.cosignature import CosignatureSigner
from incident.ledger.merkle import leaf_hash, root_of
from incident.ledger.proving import LeafHashes, consistency_proof, inclusion_proof
from incident.ledger.tile_writer import TileWriter
from incident.ledger.tiles import ENTRIES, TileName, TileTree, decode_bundle
from incident.ledger.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof

SIZE = 700
LOG = NoteSigner("example.org/tocsin", bytes(range(32)))
SAW = CosignatureSigner("example.org/witness", bytes(range(5, 37)), 1_773_118_800)
ENTRIES_OF = [b'{"n":%d}' % number for number in range(SIZE)]
LEAVES = [leaf_hash(one) for one in ENTRIES_OF]
SOURCE = Path("/usr/share/gocode")  # where Debian's golang-golang-x-mod-dev puts its sources


def write_log(folder: Path, entries: list[bytes] = ENTRIES_OF, *signers) -> Path:
    """Write a log as tlog-tiles."""
    writer = TileWriter()
    for path, content in writer.write(entries):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    text = Checkpoint(LOG.name, writer.tree.size, writer.tree.root()).text()
    (folder / "checkpoint").write_text(sign_note(text, signers or (LOG, SAW)))
    return folder


@pytest.fixture(scope="session")
def go_verifier(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The verifier in Go, compiled; a skip that says what is missing."""
    if shutil.which("go") is None or not (SOURCE / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        pytest.skip("no Go, or no golang.org/x/mod: apt-get install golang-go golang-golang-x-mod-dev")
    folder = tmp_path_factory.mktemp("go")
    shutil.copy(Path(__file__).parent / "verify.go", folder)
    environment = os.environ | {
        "GO111MODULE": "off", "GOPATH": str(SOURCE), "GOFLAGS": "", "GOPROXY": "off",
        "GOCACHE": str(folder / "cache"), "HOME": str(folder),
    }  # fmt: skip
    subprocess.run(["go", "build", "-o", "verify", "verify.go"], cwd=folder, env=environment, check=True)
    return folder / "verify"


def by_go(verifier: Path, folder: Path, old: int = 300) -> subprocess.CompletedProcess[str]:
    """Let Go verify a log."""
    command = [str(verifier), str(folder), LOG.verifier().vkey, str(old)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("size", [1, 255, 256, 257, SIZE])
def test_go_verifies_every_entry_and_an_older_tree(tmp_path: Path, go_verifier: Path, size: int) -> None:
    old = max(1, size // 2)
    ran = by_go(go_verifier, write_log(tmp_path, ENTRIES_OF[:size]), old)
    assert ran.returncode == 0, ran.stderr
    root, before = root_of(LEAVES[:size]), root_of(LEAVES[:old])
    shown = [base64.b64encode(one).decode() for one in (root, before)]
    assert ran.stdout.split() == [LOG.name, str(size), *shown]


MUTATIONS = {
    "an entry": ("tile/entries/001", lambda content: content.replace(b'{"n":300}', b'{"n":301}')),
    "a leaf hash": ("tile/0/001", lambda content: content[:-1] + bytes([content[-1] ^ 1])),
    "a hash above": ("tile/1/000.p/2", lambda content: bytes(32) + content[32:]),
    "a partial tile": ("tile/0/002.p/188", lambda content: content[:32] + bytes(32) + content[64:]),
    "the size": ("checkpoint", lambda content: content.replace(b"\n700\n", b"\n699\n")),
    "the signature": ("checkpoint", lambda content: content.replace(b"tocsin ", b"tocsin A", 1)),
    "the name": ("checkpoint", lambda content: content.replace(b"org/tocsin", b"org/other")),
    "a bundle cut off": ("tile/entries/002.p/188", lambda content: content[:-1]),
}


@pytest.mark.parametrize("what", MUTATIONS)
def test_go_refuses_what_was_changed(tmp_path: Path, go_verifier: Path, what: str) -> None:
    folder = write_log(tmp_path)
    name, change = MUTATIONS[what]
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(change(before))
    assert (folder / name).read_bytes() != before
    assert by_go(go_verifier, folder).returncode == 1


def test_go_refuses_a_log_that_lacks_a_tile(tmp_path: Path, go_verifier: Path) -> None:
    folder = write_log(tmp_path)
    (folder / "tile/0/001").unlink()
    assert by_go(go_verifier, folder).returncode == 1


def test_tlog_scales_reads_our_tiles_and_agrees_on_every_proof(tmp_path: Path) -> None:
    reader = TilesReader(LocalBackend(write_log(tmp_path)))
    head = reader.get_checkpoint()
    head.verify(Vkey.from_string(LOG.verifier().vkey))
    head.verify(Vkey.from_string(SAW.verifier().vkey))
    assert (head.size, head.root_hash) == (SIZE, root_of(LEAVES))
    assert reader.calculate_root_hash() == root_of(LEAVES)
    ours = LeafHashes(LEAVES)
    for index in (0, 1, 255, 256, 511, 512, 699):
        assert reader.get_entry(index) == ENTRIES_OF[index]
        theirs = reader.get_inclusion_proof(index, SIZE)
        assert tuple(theirs.node_hashes) == inclusion_proof(ours, index, SIZE)
        theirs.check(their_leaf_hash(ENTRIES_OF[index]), head.root_hash)
    for old in (1, 255, 256, 300, 699, 700):
        theirs = reader.get_consistency_proof(old, SIZE)
        assert tuple(theirs.node_hashes) == consistency_proof(ours, old, SIZE)


class Folder:
    """Tiles of a folder as our reader takes them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def tile(self, level: int, number: int, width: int) -> bytes:
        return (self.folder / TileName(level, number, width).path).read_bytes()


def test_we_read_the_tiles_that_tlog_scales_writes(tmp_path: Path) -> None:
    class Signs:
        vkey = Vkey.from_string(LOG.verifier().vkey)

        def sign(self, checkpoint: TheirCheckpoint):
            from tlog_scales.signing import NoteSignature

            return NoteSignature.from_vkey_signature(self.vkey, LOG.sign(checkpoint.serialize_body()))

    writer = TilesWriter.create(tmp_path / "log", LOG.name)
    for start in range(0, SIZE, 350):
        for entry in ENTRIES_OF[start : start + 350]:
            writer.add_leaf(entry)
        writer.commit([Signs()])
    note = (tmp_path / "log/checkpoint").read_text()
    head = parse_checkpoint(open_note(note, [LOG.verifier()]).text)
    tree = TileTree(Folder(tmp_path / "log"), head.size)
    assert (head.size, tree.root()) == (SIZE, head.root)
    bundle = (tmp_path / "log" / TileName(ENTRIES, 2, 188).path).read_bytes()
    assert list(decode_bundle(bundle, 188)) == ENTRIES_OF[512:]


def test_a_proof_file_of_tlog_scales_is_ours_to_the_byte(tmp_path: Path) -> None:
    folder = write_log(tmp_path)
    command = [shutil.which("python3") or "python3", "-m", "tlog_scales.cli", "gen-proof", str(folder), "300"]
    import sys

    command[0] = sys.executable
    written = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    proof = TlogProof(
        300, inclusion_proof(LeafHashes(LEAVES), 300, SIZE), (folder / "checkpoint").read_text()
    )
    assert written == proof.text()
    verify_tlog_proof(
        parse_tlog_proof(written), LEAVES[300], [LOG.verifier()], witnesses=[SAW.verifier()], quorum=1
    )


def test_keys_are_read_and_written_alike() -> None:
    for verifier in (LOG.verifier(), SAW.verifier()):
        assert Vkey.from_string(verifier.vkey).serialize() == verifier.vkey
        assert (
            Vkey(verifier.name, None, 1 if verifier == LOG.verifier() else 4, verifier.public_key).serialize()
            == verifier.vkey
        )


@pytest.fixture
def exported(tmp_path: Path, played) -> Iterator[Path]:
    """The log of a played incident as tiles."""
    scene = played("to_cohort")
    folder = tmp_path / "log"
    writer = TileWriter()
    with scene.house.store.reading() as tx:
        note = tx.newest_checkpoint()
    size = checkpoint_of(note).size
    for path, content in writer.write(row.encoded for row in list(scene.house.store.rows())[:size]):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    (folder / "checkpoint").write_text(note)
    (folder / "vkey").write_text(scene.house.keys.verifiers()[0].vkey)
    return folder


def test_go_verifies_the_ledger_of_an_incident(exported: Path, go_verifier: Path) -> None:
    command = [str(go_verifier), str(exported), (exported / "vkey").read_text(), "1"]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
