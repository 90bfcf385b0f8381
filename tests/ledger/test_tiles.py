"""Tiles against the specification's own numbers, against the plain tree, and every mangled one refused."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    leaf_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from incident.ledger.proving import LeafHashes, consistency_proof, inclusion_proof, root_at
from incident.ledger.tile_writer import TileWriter
from incident.ledger.tiles import (
    ENTRIES,
    MAX_ENTRY_BYTES,
    TileName,
    TileTree,
    check_bundle,
    decode_bundle,
    encode_bundle,
    full_tile_root,
    split_tile,
    tile_at,
    tiles_of,
)

MANY = 66_000  # a level-2 tile has one hash, level 1 has two tiles


class Files:
    """Tiles as they lie in a folder, a full one in place of a partial one that is gone."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self.files, self.read = files, 0

    def tile(self, level: int, number: int, width: int) -> bytes:
        self.read += 1
        found = self.files.get(TileName(level, number, width).path)
        if found is None:
            found = self.files[TileName(level, number).path][: 32 * width]
        return found


def written(size: int) -> tuple[dict[str, bytes], TileWriter]:
    writer = TileWriter()
    return dict(writer.write(b"%d" % number for number in range(size))), writer


@pytest.fixture(scope="module")
def many() -> tuple[Files, list[bytes]]:
    files, _ = written(MANY)
    return Files(files), [leaf_hash(b"%d" % number) for number in range(MANY)]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        (TileName(0, 0), "tile/0/000"),
        (TileName(3, 999), "tile/3/999"),
        (TileName(0, 1000), "tile/0/x001/000"),
        (TileName(1, 1234067), "tile/1/x001/x234/067"),  # tlog-tiles, Merkle Tree: its example
        (TileName(ENTRIES, 1234067, 112), "tile/entries/x001/x234/067.p/112"),
        (TileName(2, 0, 1), "tile/2/000.p/1"),
    ],
)
def test_paths(name, path):
    assert name.path == path


def test_the_tiles_of_the_specifications_example():
    named = list(tiles_of(70_000))
    by_level = {level: [one for one in named if one.level == level] for level in (ENTRIES, 0, 1, 2, 3)}
    assert [len(by_level[level]) for level in (0, 1, 2, 3)] == [274, 2, 1, 0]
    assert [by_level[level][-1].width for level in (0, 1, 2)] == [112, 17, 1]
    assert len(by_level[ENTRIES]) == 274


def test_a_tree_of_256_has_a_full_tile_and_one_hash_above():
    assert list(tiles_of(256)) == [TileName(ENTRIES, 0), TileName(0, 0), TileName(1, 0, 1)]
    assert list(tiles_of(0)) == []
    assert tile_at(0, 1, 256) is None


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 700])
def test_what_is_written_is_what_the_tree_has(size):
    files, writer = written(size)
    assert sorted(files) == sorted(name.path for name in tiles_of(size))
    leaves = [leaf_hash(b"%d" % number) for number in range(size)]
    assert (writer.tree.size, writer.tree.root()) == (size, root_of(leaves))
    assert TileTree(Files(files), size).root() == root_of(leaves)


def test_a_large_tree_is_looked_up_not_computed(many):
    source, leaves = many
    whole = LeafHashes(leaves)
    source.read = 0
    tree = TileTree(source, MANY)
    root = tree.root()
    assert root == root_of(leaves)
    for index in (0, 255, 256, 32_767, 65_535, 65_536, MANY - 1):
        proof = inclusion_proof(tree, index, MANY)
        assert proof == inclusion_proof(whole, index, MANY)
        verify_inclusion(leaves[index], index, MANY, proof, root)
    for old in (1, 255, 256, 40_000, 65_536, 65_999, MANY):
        proof = consistency_proof(tree, old, MANY)
        verify_consistency(old, root_at(tree, old), MANY, root, proof)
    assert source.read < 60


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 1500), st.data())
def test_proofs_from_tiles_are_those_of_the_plain_tree(size, draw):
    files, _ = written(size)
    leaves = LeafHashes([leaf_hash(b"%d" % number) for number in range(size)])
    old = draw.draw(st.integers(0, size))
    index = draw.draw(st.integers(0, size - 1))
    tree = TileTree(Files(files), size)
    assert inclusion_proof(tree, index, size) == inclusion_proof(leaves, index, size)
    assert consistency_proof(tree, old, size) == consistency_proof(leaves, old, size)
    assert root_at(tree, old) == (root_of(leaves.hashes[:old]) if old else EMPTY_ROOT)


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_a_bundle_comes_back(entries):
    assert decode_bundle(encode_bundle(entries), len(entries)) == tuple(entries)


@pytest.mark.parametrize(
    ("bundle", "width"),
    [
        (b"\x00", 1),
        (b"\x00\x02a", 1),
        (b"\x00\x01a\x00", 1),
        (b"\x00\x01a", 2),
        (b"\x00\x01a\x00\x01b", 1),
        (b"", 1),
    ],
)
def test_what_is_no_bundle(bundle, width):
    with pytest.raises(BadInputError):
        decode_bundle(bundle, width)


def test_an_entry_that_no_bundle_can_hold():
    assert len(encode_bundle([bytes(MAX_ENTRY_BYTES)])) == MAX_ENTRY_BYTES + 2
    with pytest.raises(BadInputError):
        encode_bundle([bytes(MAX_ENTRY_BYTES + 1)])


def test_the_first_wrong_entry_of_a_bundle_is_named():
    entries = [b"a", b"b", b"c"]
    hashes = [leaf_hash(one) for one in entries]
    check_bundle(entries, hashes, 3)
    with pytest.raises(TamperError, match="entry 769"):
        check_bundle([b"a", b"x", b"y"], hashes, 3)


@pytest.mark.parametrize("content", [b"", bytes(31), bytes(33), bytes(96)])
def test_what_is_no_tile(content):
    with pytest.raises(BadInputError):
        split_tile(content, 2)


def test_beyond_the_tree_nothing_is_proven(many):
    source, leaves = many
    for ask in (
        lambda: full_tile_root(leaves[:255]),
        lambda: inclusion_proof(TileTree(source, 10), 0, 11),
        lambda: TileTree(source, 10).span(256, 512),
    ):
        with pytest.raises(BadInputError):
            ask()


def test_growing_gives_the_roots_of_full_tiles():
    leaves = [leaf_hash(b"%d" % number) for number in range(MANY)]
    first, some = CompactRange().grow(leaves[:300])
    whole, rest = first.grow(leaves[300:])
    assert whole == CompactRange().extend(leaves)
    expected = [
        (1, number, root_of(leaves[number * 256 : number * 256 + 256])) for number in range(MANY // 256)
    ]
    assert [one for one in some + rest if one[0] == 1] == expected
    assert [one for one in some + rest if one[0] == 2] == [(2, 0, root_of(leaves[:65_536]))]
