from __future__ import annotations

import hashlib
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.merkle import EMPTY_ROOT, Growing, Node, consistency_holds, inclusion_holds, leaf_node, tree

LEAVES = st.lists(st.binary(max_size=40), min_size=1, max_size=70)


def _by_the_book(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + _by_the_book(leaves[:split]) + _by_the_book(leaves[split:])).digest()


def _flipped(node: Node, bit: int) -> Node:
    return Node(bytes(byte ^ (1 << bit % 8) if at == bit // 8 else byte for at, byte in enumerate(node)))


@given(LEAVES)
def test_the_root_is_that_of_the_standard(leaves: list[bytes]) -> None:
    growing = Growing()
    for count, leaf in enumerate(leaves, start=1):
        growing.add(leaf)

        assert growing.root == _by_the_book(leaves[:count])
    assert tree(leaves).root == growing.root


def test_known_roots_of_certificate_transparency() -> None:
    # The reference tree of the certificate-transparency sources: eight leaves, the root after each.
    leaves = [bytes.fromhex(text) for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
    leaves.append(bytes.fromhex("606162636465666768696a6b6c6d6e6f"))

    assert tree(()).root == EMPTY_ROOT
    assert tree(leaves[:1]).root.hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert tree(leaves[:2]).root.hex() == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
    assert tree(leaves).root.hex() == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


@given(LEAVES, st.data())
def test_every_inclusion_proof_holds_and_nothing_else_does(leaves: list[bytes], data: st.DataObject) -> None:
    whole = tree(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    path = whole.inclusion(index)
    bit = data.draw(st.integers(0, 255))

    assert inclusion_holds(leaves[index], index, size=len(leaves), path=path, root=whole.root)
    assert not inclusion_holds(leaves[index] + b"x", index, size=len(leaves), path=path, root=whole.root)
    assert not inclusion_holds(leaves[index], index, size=len(leaves), path=path, root=_flipped(whole.root, bit))
    assert not inclusion_holds(leaves[index], index, size=len(leaves), path=(*path, whole.root), root=whole.root)
    for other in range(len(leaves)):
        same = inclusion_holds(leaves[index], other, size=len(leaves), path=path, root=whole.root)
        assert same <= (other == index or leaf_node(leaves[index]) == leaf_node(leaves[other]))
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        altered = (*path[:at], _flipped(path[at], bit), *path[at + 1 :])
        assert not inclusion_holds(leaves[index], index, size=len(leaves), path=altered, root=whole.root)
        assert not inclusion_holds(leaves[index], index, size=len(leaves), path=path[:-1], root=whole.root)


@given(LEAVES, st.data())
def test_every_consistency_proof_holds_and_nothing_else_does(leaves: list[bytes], data: st.DataObject) -> None:
    whole = tree(leaves)
    earlier = data.draw(st.integers(0, len(leaves)))
    first = tree(leaves[:earlier]).root
    path = whole.consistency(earlier)
    bit = data.draw(st.integers(0, 255))

    assert consistency_holds(earlier, first, size=len(leaves), root=whole.root, path=path)
    assert not consistency_holds(earlier, _flipped(first, bit), size=len(leaves), root=whole.root, path=path)
    assert not consistency_holds(earlier, first, size=len(leaves), root=whole.root, path=(*path, first))
    if earlier > 0:
        altered_root = _flipped(whole.root, bit)
        assert not consistency_holds(earlier, first, size=len(leaves), root=altered_root, path=path)
        rewritten = tree([leaves[0] + b"x", *leaves[1:]])
        assert not consistency_holds(
            earlier, first, size=rewritten.size, root=rewritten.root, path=rewritten.consistency(earlier)
        )
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        altered = (*path[:at], _flipped(path[at], bit), *path[at + 1 :])
        assert not consistency_holds(earlier, first, size=len(leaves), root=whole.root, path=altered)
        assert not consistency_holds(earlier, first, size=len(leaves), root=whole.root, path=path[:-1])


@pytest.mark.parametrize("size", range(1, 34))
def test_all_small_trees_prove_all_their_leaves_and_beginnings(size: int) -> None:
    leaves = [bytes([number]) for number in range(size)]
    whole = tree(leaves)

    for index in range(size):
        for claimed in range(size + 3):
            holds = inclusion_holds(leaves[index], index, size=claimed, path=whole.inclusion(index), root=whole.root)
            assert holds if claimed == size else not holds or len(whole.inclusion(index)) == _depth(index, claimed)
        earlier = tree(leaves[: index + 1]).root
        assert consistency_holds(index + 1, earlier, size=size, root=whole.root, path=whole.consistency(index + 1))


def _depth(index: int, size: int) -> int:
    return len(tree(bytes([number]) for number in range(size)).inclusion(index))


def test_what_is_not_there_has_no_proof() -> None:
    small = tree([b"a", b"b"])

    with pytest.raises(IndexError):
        small.inclusion(2)
    with pytest.raises(IndexError):
        small.consistency(3)
    assert not inclusion_holds(b"a", 2, size=2, path=(), root=small.root)
    assert not consistency_holds(3, small.root, size=2, root=small.root, path=())
