"""The tree against the vectors of certificate-transparency and against the definitions read aloud."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.errors import BadInputError, TamperError
from incident.ledger.merkle import (
    EMPTY_ROOT,
    CompactRange,
    consistency_spans,
    inclusion_spans,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from incident.ledger.proving import LeafHashes, consistency_proof, inclusion_proof

from . import naive

# certificate-transparency, merkletree/merkle_tree_test.cc: the 8 inputs, their roots, and its proofs
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
LEAVES = [leaf_hash(data) for data in INPUTS]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
N10 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
N21 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
N32 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
N04 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
N06 = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
N12 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
N13 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
N20 = ROOTS[4]
INCLUSION = [
    (0, 1, []),
    (0, 8, [N10, N21, N32]),
    (5, 8, [N04, N13, N20]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], N21, N04]),
]
CONSISTENCY = [
    (1, 1, []),
    (1, 8, [N10, N21, N32]),
    (6, 8, [N12, N13, N20]),
    (2, 5, [N21, N04]),
    (6, 7, [N12, N06, N20]),
]

blobs = st.lists(st.binary(max_size=3), max_size=70)


def hexes(proof):
    return [node.hex() for node in proof]


def hashes(texts):
    return [bytes.fromhex(text) for text in texts]


@pytest.mark.parametrize("size", range(9))
def test_root_vectors(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def test_empty_root():
    assert EMPTY_ROOT.hex() == ROOTS[0]
    assert CompactRange().root() == EMPTY_ROOT


def test_leaves_and_nodes_live_apart():
    left, right = LEAVES[:2]
    assert node_hash(left, right).hex() == ROOTS[2]
    assert leaf_hash(left + right) != node_hash(left, right)


@pytest.mark.parametrize(("index", "size", "nodes"), INCLUSION)
def test_inclusion_vectors(index, size, nodes):
    assert hexes(inclusion_proof(LeafHashes(LEAVES), index, size)) == nodes
    verify_inclusion(LEAVES[index], index, size, hashes(nodes), bytes.fromhex(ROOTS[size]))


@pytest.mark.parametrize(("old", "new", "nodes"), CONSISTENCY)
def test_consistency_vectors(old, new, nodes):
    assert hexes(consistency_proof(LeafHashes(LEAVES), old, new)) == nodes
    verify_consistency(old, bytes.fromhex(ROOTS[old]), new, bytes.fromhex(ROOTS[new]), hashes(nodes))


@given(blobs)
def test_root_is_the_definition(data):
    leaves = [leaf_hash(one) for one in data]
    assert root_of(leaves) == naive.mth(data)


@given(blobs, st.integers(0, 70))
def test_growing_in_steps_is_growing_at_once(data, cut):
    leaves = [leaf_hash(one) for one in data]
    grown = CompactRange().extend(leaves[:cut])
    for leaf in leaves[cut:]:
        grown = grown.append(leaf)
    assert grown == CompactRange().extend(leaves)
    assert CompactRange.decode(grown.encode()) == grown


@given(blobs.filter(bool), st.data())
def test_inclusion_is_the_definition_and_nothing_else_verifies(data, draw):
    leaves = [leaf_hash(one) for one in data]
    index = draw.draw(st.integers(0, len(data) - 1))
    proof = inclusion_proof(LeafHashes(leaves), index, len(data))
    root = naive.mth(data)
    assert list(proof) == naive.path(index, data)
    verify_inclusion(leaves[index], index, len(data), proof, root)
    other = bytes(32)
    wrong = [
        (other, index, len(data), proof, root),
        (leaves[index], index, len(data), proof, other),
        (leaves[index], len(data), len(data), proof, root),
        (leaves[index], -1, len(data), proof, root),
        (leaves[index], index, len(data), [*proof, other], root),
        (leaves[index], index, len(data), [*proof, b"short"], root),
        (leaves[index], index, len(data) + 2 ** (len(data).bit_length() + 1), proof, root),
    ]
    wrong += [
        (leaves[index], index, len(data), [*proof[:at], other, *proof[at + 1 :]], root)
        for at in range(len(proof))
    ]
    wrong += [(leaves[index], index, len(data), proof[:-1], root)] if proof else []
    for attempt in wrong:
        with pytest.raises(TamperError):
            verify_inclusion(*attempt)


@given(blobs.filter(bool), st.data())
def test_consistency_is_the_definition_and_nothing_else_verifies(data, draw):
    leaves = [leaf_hash(one) for one in data]
    new = len(data)
    old = draw.draw(st.integers(1, new))
    proof = consistency_proof(LeafHashes(leaves), old, new)
    before, after = naive.mth(data[:old]), naive.mth(data)
    assert list(proof) == naive.proof(old, data)
    verify_consistency(old, before, new, after, proof)
    other = bytes(32)
    wrong = [
        (old, other, new, after, proof),
        (old, before, new, other, proof),
        (old, before, new, after, [*proof, other]),
        (new + 1, before, new, after, proof),
        (old, before, new, after, [*proof, b"short"]),
    ]
    wrong += [(old, before, new, after, [*proof[:at], other, *proof[at + 1 :]]) for at in range(len(proof))]
    wrong += [(old, before, new, after, proof[:-1])] if proof else []
    for attempt in wrong:
        with pytest.raises(TamperError):
            verify_consistency(*attempt)


@pytest.mark.parametrize("size", range(1, 34))
def test_every_pair_of_a_small_tree_is_proven(size):
    data = [bytes([number]) for number in range(size)]
    leaves = [leaf_hash(one) for one in data]
    for at in range(size):
        verify_inclusion(leaves[at], at, size, inclusion_proof(LeafHashes(leaves), at, size), naive.mth(data))
        proof = consistency_proof(LeafHashes(leaves), at, size)
        verify_consistency(at, naive.mth(data[:at]), size, naive.mth(data), proof)


def test_every_tree_begins_with_the_empty_one():
    verify_consistency(0, EMPTY_ROOT, 8, bytes.fromhex(ROOTS[8]), ())
    verify_consistency(0, EMPTY_ROOT, 0, EMPTY_ROOT, ())


@pytest.mark.parametrize(
    "attempt",
    [
        pytest.param((0, LEAVES[0], 8, LEAVES[1], ()), id="an empty tree with another root"),
        pytest.param((0, EMPTY_ROOT, 8, LEAVES[1], (LEAVES[0],)), id="a proof where none is needed"),
        pytest.param((0, EMPTY_ROOT, 0, LEAVES[1], ()), id="two empty trees, two roots"),
        pytest.param((3, LEAVES[0], 3, LEAVES[1], ()), id="same size, two roots"),
        pytest.param((1, LEAVES[0], 2, LEAVES[1], ()), id="no proof"),
        pytest.param((-1, LEAVES[0], 2, LEAVES[1], ()), id="a size below zero"),
    ],
)
def test_consistency_refuses(attempt):
    with pytest.raises(TamperError) as caught:
        verify_consistency(*attempt)
    assert caught.value.evidence["old_size"] == attempt[0]


def test_inclusion_error_carries_its_evidence():
    with pytest.raises(TamperError) as caught:
        verify_inclusion(LEAVES[0], 0, 1, (), LEAVES[1])
    assert caught.value.evidence == {
        "index": 0,
        "size": 1,
        "proof": (),
        "root": LEAVES[1],
        "reached": LEAVES[0],
    }


@pytest.mark.parametrize(
    "ask",
    [
        lambda: inclusion_spans(8, 8),
        lambda: inclusion_spans(-1, 8),
        lambda: consistency_spans(9, 8),
        lambda: consistency_spans(-1, 8),
        lambda: inclusion_proof(LeafHashes(LEAVES), 0, 9),
        lambda: consistency_proof(LeafHashes(LEAVES), 1, 9),
        lambda: CompactRange(3, (LEAVES[0],)),
        lambda: CompactRange(1, (b"short",)),
        lambda: CompactRange(-1, (LEAVES[0],)),
    ],
)
def test_what_cannot_be_asked(ask):
    with pytest.raises(BadInputError):
        ask()


@pytest.mark.parametrize(
    "stored", [b"", b"\x00" * 7, b"\x00" * 7 + b"\x01", b"\xff" * 8 + bytes(32 * 64), bytes(9)]
)
def test_a_spoiled_tree_head_is_found(stored):
    with pytest.raises(TamperError):
        CompactRange.decode(stored)


def test_the_stored_tree_head_is_this():
    assert CompactRange().encode() == bytes(8)
    stored = CompactRange().extend(LEAVES[:3]).encode()
    assert stored.hex() == "0000000000000003" + ROOTS[2] + LEAVES[2].hex()
