#!/usr/bin/env python3
"""Verify a Tocsin evidence pack, offline and without Tocsin. One file; needs Python 3.9+ and `cryptography`.

usage: python verify.py [PACK] [--key VKEY]... [--checkpoint FILE]... [-v]

PACK is the folder with manifest.json (default: where this file lies). --key is the log's verifier key as you got it
from its owner by another way; without it the key inside the pack is used, which proves less. --checkpoint is a
checkpoint that you kept from earlier: the log in the pack must begin with the one it was signed over.

exit 0: verified.  1: not verified, and what is wrong.  2: it could not be checked.

Formats: RFC 6962 / RFC 9162 tree hashes; C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof.
"""

import argparse
import base64
import hashlib
import json
import sys
from pathlib import Path

try:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
except ImportError:
    print("COULD NOT BE CHECKED  verify.py needs the Python package `cryptography`")
    sys.exit(2)

WIDTH = 256
OTHER_INCIDENT = "other_incident"
CITED = {
    "facts:amended": ("name",),
    "cohort:frozen": ("cohort_id",),
    "letter:drafted": ("letter_id",),
    "filing:prepared": ("filing_id",),
    "filing:submitted": ("filing_id",),
    "notice:approved": ("approval_id",),
}
DASH = "\N{EM DASH} "


class Wrong(Exception):
    """Something is not what it is said to be."""


# ---------------------------------------------------------------- hashes and trees: RFC 9162 2.1
def leaf_hash(data):
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(hashes):
    """Return the root over leaf hashes."""
    if not hashes:
        return hashlib.sha256(b"").digest()
    row = list(hashes)
    while len(row) > 1:
        odd = [row[-1]] if len(row) % 2 else []
        row = [node_hash(row[i], row[i + 1]) for i in range(0, len(row) - 1, 2)] + odd
    return row[0]


class Growing:
    """A tree that grows leaf by leaf and can say its root at any size."""

    def __init__(self):
        self.size, self.peaks = 0, []

    def append(self, leaf):
        node, size = leaf, self.size
        while size & 1:
            node, size = node_hash(self.peaks.pop(), node), size >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        if not self.peaks:
            return root_of([])
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = node_hash(peak, node)
        return node


def root_by_inclusion(leaf, index, size, proof):
    """Follow an inclusion proof up to the root: RFC 9162 2.1.3.2."""
    fn, sn, node = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise Wrong("a proof has too many hashes")
        if fn & 1 or fn == sn:
            node = node_hash(sibling, node)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            node = node_hash(node, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn:
        raise Wrong("a proof has too few hashes")
    return node


# ---------------------------------------------------------------- signed notes: C2SP signed-note, tlog-checkpoint
def read_key(vkey):
    """Return (name, key id, public key) of a verifier key `name+hexid+base64`."""
    name, hex_id, encoded = vkey.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    key_id = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4]
    if raw[:1] != b"\1" or len(raw) != 33 or key_id.hex() != hex_id:
        raise Wrong(f"the verifier key of {name} is misspelled, or not an Ed25519 key")
    return name, key_id, Ed25519PublicKey.from_public_bytes(raw[1:])


def open_note(note, keys):
    """Return the text of a note that a known key has signed; unknown signatures are ignored."""
    text, blank, below = note.rpartition("\n\n")
    if not blank or not below.endswith("\n"):
        raise Wrong("is not a signed note")
    text, signed = text + "\n", False
    for line in below[:-1].split("\n"):
        name, _, encoded = line[len(DASH) :].partition(" ")
        raw = base64.b64decode(encoded)
        for key_name, key_id, key in keys:
            if line.startswith(DASH) and (name, raw[:4]) == (key_name, key_id):
                try:
                    key.verify(raw[4:], text.encode())
                except InvalidSignature:
                    raise Wrong(f"has a wrong signature of {name}") from None
                signed = True
    if not signed:
        raise Wrong("is signed by no key that was given")
    return text


def read_checkpoint(note, keys):
    """Return (origin, size, root) of a signed checkpoint."""
    lines = open_note(note, keys).split("\n")
    return lines[0], int(lines[1]), base64.b64decode(lines[2], validate=True)


# ---------------------------------------------------------------- the pack
def tile_path(level, number, width):
    """Return where a tile lies: C2SP tlog-tiles."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.insert(0, f"x{number % 1000:03d}")
    partial = f".p/{width}" if width < WIDTH else ""
    return f"log/tile/{level}/" + "/".join(parts) + partial


def read_leaves(pack, size):
    """Return the leaf hashes, and check every tile above them."""
    leaves, level, row = [], 0, size
    hashes = []
    while row:
        found = []
        for number in range(-(-row // WIDTH)):
            width = min(WIDTH, row - number * WIDTH)
            content = (pack / tile_path(level, number, width)).read_bytes()
            if len(content) != 32 * width:
                raise Wrong(f"tile {number} of level {level} has not {width} hashes")
            found += [content[i : i + 32] for i in range(0, len(content), 32)]
        if level == 0:
            leaves = found
        elif found != hashes:
            raise Wrong(f"the tiles of level {level} are not the hashes of the level below")
        hashes = [root_of(found[i : i + WIDTH]) for i in range(0, row // WIDTH * WIDTH, WIDTH)]
        row, level = row // WIDTH, level + 1
    return leaves


def check_files(pack, manifest, say):
    """Compare every file with the manifest, in both directions."""
    listed = {one["path"]: one for one in manifest["files"]}
    there = {
        str(p.relative_to(pack).as_posix())
        for p in pack.rglob("*")
        if p.is_file() and "__pycache__" not in p.parts
    }
    for path in sorted(there - set(listed) - {"manifest.json", "pack.note"}):
        raise Wrong(f"{path} is not of this pack")
    for path, one in listed.items():
        if path not in there:
            raise Wrong(f"{path} is missing")
        with (pack / path).open("rb") as stream:
            digest = hashlib.sha256()
            for block in iter(lambda: stream.read(1 << 20), b""):
                digest.update(block)
        if digest.hexdigest() != one["sha256"]:
            raise Wrong(f"{path} was changed")
    say(f"{len(listed)} files are those of the manifest")


def check_entries(pack, leaves, incident, say):
    """Check every shown entry against the tree; return them by place. Withheld ones keep their place by hash."""
    shown, place, withheld, nth = {}, 0, {}, 0
    with (pack / "entries.ndjson").open(encoding="utf-8") as lines:
        for line in lines:
            one = json.loads(line)
            if "withheld" in one:
                if one["first"] != place or one["last"] < place:
                    raise Wrong(f"entries are missing or stand twice from place {place} on")
                count = one["last"] - place + 1
                withheld[one["withheld"]] = withheld.get(one["withheld"], 0) + count
                nth += 0 if one["withheld"] == OTHER_INCIDENT else count
                place = one["last"] + 1
                continue
            if one["seq"] != place or place >= len(leaves):
                raise Wrong(f"entries are missing or stand twice from place {place} on")
            if leaf_hash(one["entry"].encode()) != leaves[place]:
                raise Wrong(f"entry {place} is not what was recorded at its place")
            entry = json.loads(one["entry"])
            if entry["seq"] != place:
                raise Wrong(f"entry {place} says that it is entry {entry['seq']}")
            if entry["incident"] == incident:
                if entry["nth"] != nth:
                    raise Wrong(
                        f"{entry['nth'] - nth} entries of {incident} before entry {place} are not shown, and not said to be withheld"
                    )
                shown[place] = entry
                nth += 1
            place += 1
    if place != len(leaves):
        raise Wrong(f"the entries end at {place}, the log has {len(leaves)}")
    why = "".join(f", {count} withheld ({rule})" for rule, count in sorted(withheld.items()))
    say(
        f"{len(shown)} entries of {incident} are what was recorded{why}; each withheld one keeps its place by its hash"
    )
    return shown


def check_proofs(pack, leaves, shown, keys, say):
    """Check the proof file of every shown entry."""
    for seq in shown:
        head, _, note = (pack / f"proofs/{seq}.tlog-proof").read_text(encoding="utf-8").partition("\n\n")
        lines = head.split("\n")
        hashes = [base64.b64decode(line, validate=True) for line in lines[2:]]
        _, size, root = read_checkpoint(note, keys)
        if lines[:2] != ["c2sp.org/tlog-proof@v1", f"index {seq}"]:
            raise Wrong(f"the proof of entry {seq} is of another entry")
        if root_by_inclusion(leaves[seq], seq, size, hashes) != root:
            raise Wrong(f"the proof of entry {seq} does not lead to its checkpoint")
    say(f"{len(shown)} proofs lead to a signed checkpoint")


def check_document(pack, shown, say):
    """Compare what the document says with the entries that it cites, and files with the hashes that were recorded."""
    document = json.loads((pack / "incident.json").read_text(encoding="utf-8"))
    for line in document["timeline"]:
        entry = shown.get(line["entry"])
        if entry is None:
            raise Wrong(f"incident.json cites entry {line['entry']}, which is not in the pack")
        said = (line["kind"], line["by"], line["recorded_at"], line["happened_at"])
        if said != (entry["kind"], entry["actor"], entry["recorded_at"], entry["occurred_at"]):
            raise Wrong(f"incident.json does not say what entry {line['entry']} says")
    for item in document.get("evidence", []):
        for line in item["custody"]:
            entry = shown.get(line["entry"])
            if entry is None or (line["by"], line["at"]) != (entry["actor"], entry["recorded_at"]):
                raise Wrong(
                    f"the custody of {item['evidence_id']} does not say what entry {line['entry']} says"
                )
        frozen = shown[item["custody"][0]["entry"]]["data"]
        if any(
            frozen.get(name) != item[name]
            for name in ("sha256", "file_name", "taken_at", "taken_by", "command")
        ):
            raise Wrong(f"{item['evidence_id']} is not listed as it was frozen")
    check_cited(document, shown)
    recorded = {
        e["data"].get(k)
        for e in shown.values()
        for k in ("sha256", "pack_sha256", "pdf_sha256", "receipt_sha256")
    }
    compared = 0
    for path in [*pack.glob("letters/*.json"), *pack.glob("filings/*")]:
        if hashlib.sha256(path.read_bytes()).hexdigest() not in recorded:
            raise Wrong(f"{path.relative_to(pack).as_posix()} is not a file whose hash was recorded")
        compared += 1
    say(
        f"incident.json says what the entries say; {compared} letters and filings have the hashes that were recorded"
    )


def check_cited(document, shown):
    """Compare what is said of facts, people, letters, approvals and filings with the entries, as far as they are shown."""
    said = {}
    for entry in shown.values():
        data = entry["data"]
        key = next((data[name] for name in CITED.get(entry["kind"], ()) if name in data), None)
        if key is not None:
            said[entry["kind"], key] = entry
    pairs = [
        ("facts:amended", one["name"], one, ("value", "label", "source")) for one in document.get("facts", [])
    ]
    for one in document.get("people", []):
        numbers = ("people", "told", "by_certainty", "by_jurisdiction", "by_category", "commitment")
        pairs.append(("cohort:frozen", one["cohort_id"], one, numbers))
    pairs += [("letter:drafted", one["letter"], one, ("sha256",)) for one in document.get("letters", [])]
    for one in document.get("filings", []):
        pairs.append(("filing:prepared", one["filing_id"], one, ("pack_sha256", "pdf_sha256")))
        if one.get("submitted"):
            names = ("reference", "submitted_at", "receipt_sha256")
            pairs.append(("filing:submitted", one["filing_id"], one["submitted"], names))
            by = said.get(("filing:submitted", one["filing_id"]))
            if by is not None and by["actor"] != one["submitted_by"]:
                raise Wrong(
                    f"incident.json names another person for filing {one['filing_id']} than its entry"
                )
    for one in document.get("approvals", []):
        by = said.get(("notice:approved", one["approval_id"]))
        if by is not None and (by["actor"], by["data"]["triple"]) != (one["approved_by"], one["triple"]):
            raise Wrong(f"incident.json does not say of {one['approval_id']} what its entry says")
    for kind, key, one, names in pairs:
        entry = said.get((kind, key))
        if entry is not None and any(one[name] != entry["data"][name] for name in names if name in one):
            raise Wrong(f"incident.json does not say of {key} what entry {entry['seq']} says")


def check_checkpoints(pack, leaves, keys, given, say):
    """Check that every checkpoint, the reader's own first, was signed over a beginning of this log."""
    notes = [(str(path), Path(path).read_text(encoding="utf-8"), True) for path in given]
    notes += [
        (f"checkpoints/{p.name}", p.read_text(encoding="utf-8"), False)
        for p in sorted(pack.glob("checkpoints/*"))
    ]
    notes += [
        (f"anchors/{p.name}", p.read_text(encoding="utf-8"), False)
        for p in sorted(pack.glob("anchors/*.checkpoint"))
    ]
    origin = read_checkpoint((pack / "log/checkpoint").read_text(encoding="utf-8"), keys)[0]
    claims, outside = [], 0
    for name, note, own in notes:
        try:
            named, size, root = read_checkpoint(note, keys)
        except Wrong as wrong:
            raise Wrong(f"{name} {wrong}") from None
        if named != origin:
            raise Wrong(f"{name} is of another log, {named}")
        if size > len(leaves):
            cut = (
                "it was cut short, or the pack is older than your checkpoint: ask for a pack made since"
                if own
                else "entries were removed"
            )
            raise Wrong(
                f"{name} covers {size} entries, the log in the pack has {len(leaves)}, {size - len(leaves)} fewer: {cut}"
            )
        claims.append((size, name, root))
        if own or name.startswith("anchors/"):
            outside = max(outside, size)
    tree = Growing()
    for size, name, root in sorted(claims):
        for leaf in leaves[tree.size : size]:
            tree.append(leaf)
        if tree.root() != root:
            raise Wrong(f"one of the first {size} entries is not what {name} was signed over")
    say(
        f"{len(notes)} checkpoints, {len(given)} of them yours, were each signed over a beginning of this log"
    )
    if outside and outside < len(leaves):
        rest = len(leaves) - outside
        say(
            f"LIMIT: the first {outside} entries are under a checkpoint that somebody outside has; the {rest} after them"
            " rest on the signing key alone."
        )
    elif not outside:
        say(
            "LIMIT: no checkpoint from outside is in the pack or was given: its entries rest on the signing key alone."
        )


def check_end(leaves, shown, manifest):
    """Check that the log ends with the entry that announces this pack; it counts the incident's entries before it."""
    last, incident = shown.get(len(leaves) - 1), manifest["incident"]
    if last is None or last["kind"] != "pack:announced":
        raise Wrong(
            f"the log does not end with the entry that announces a pack: the newest entries of {incident} may be left off"
        )
    if last["data"]["tier"] != manifest["tier"]:
        raise Wrong(f"the log ends with the entry that announces a pack of the tier {last['data']['tier']}")
    if last["data"]["before"] != last["nth"]:
        raise Wrong(
            f"entry {last['seq']} counts the entries of {incident} before it otherwise than they are numbered"
        )
    return last["recorded_at"]


def verify(pack, vkeys, given, say):
    """Check everything; return the closing sentence, or raise Wrong."""
    manifest_bytes = (pack / "manifest.json").read_bytes()
    manifest = json.loads(manifest_bytes)
    inside = (pack / "verifier-key.txt").read_text(encoding="utf-8").split()
    keys = [read_key(vkey) for vkey in vkeys or inside]
    if not vkeys:
        say(
            "CAUTION: checked with the key inside the pack. Ask the owner for the key by another way and give it as --key."
        )
    try:
        said = open_note((pack / "pack.note").read_text(encoding="utf-8"), keys)
    except Wrong as wrong:
        raise Wrong(f"pack.note {wrong}") from None
    digest = base64.b64encode(hashlib.sha256(manifest_bytes).digest()).decode()
    if said.split("\n")[:3] != ["tocsin-pack-1", manifest["incident"], digest]:
        raise Wrong("manifest.json is not the one that was signed")
    check_files(pack, manifest, say)
    _, size, root = read_checkpoint((pack / "log/checkpoint").read_text(encoding="utf-8"), keys)
    leaves = read_leaves(pack, size)
    if root_of(leaves) != root:
        raise Wrong("the tiles are not the tree that the log's checkpoint was signed over")
    say(f"the log has {size} entries and the root that its checkpoint names")
    check_checkpoints(pack, leaves, keys, given, say)
    shown = check_entries(pack, leaves, manifest["incident"], say)
    check_proofs(pack, leaves, shown, keys, say)
    check_document(pack, shown, say)
    until = check_end(leaves, shown, manifest)
    if manifest["made_at"] < until:
        raise Wrong(f"the pack says it was made at {manifest['made_at']}, before its newest entry")
    drill = " This incident was a drill." if manifest["drill"] else ""
    return (
        f"{manifest['incident']}, tier {manifest['tier']}: all that was recorded of it up to entry {size - 1}, {until}. "
        f"It says nothing of what was recorded later.{drill}"
    )


def main(argv=None):
    """Run as a program; returns the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pack", nargs="?", default=str(Path(__file__).resolve().parent))
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("-v", "--verbose", action="store_true")
    options = parser.parse_args(argv)

    def say(sentence):
        if options.verbose or sentence.startswith(("CAUTION", "LIMIT")):
            print("  " + sentence)

    try:
        print("VERIFIED  " + verify(Path(options.pack), options.key, options.checkpoint, say))
    except Wrong as wrong:
        print(f"NOT VERIFIED  {wrong}")
        return 1
    except OSError as error:
        print(f"COULD NOT BE CHECKED  {error}")
        return 2
    except (ValueError, KeyError, TypeError, IndexError) as error:
        print(f"NOT VERIFIED  a file of the pack is malformed ({type(error).__name__}: {error})")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
