"""Merkle trees (RFC 6962, section 2.1): one root for many leaves; short proofs of a leaf, or of an earlier tree."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NewType

Node = NewType("Node", bytes)
"""SHA-256 of a leaf or of two nodes, 32 bytes."""

EMPTY_ROOT = Node(hashlib.sha256(b"").digest())
_LEAF, _NODE = b"\x00", b"\x01"


def leaf_node(leaf: bytes) -> Node:
    """The prefix keeps a leaf from being taken for two nodes."""
    return Node(hashlib.sha256(_LEAF + leaf).digest())


def _joined(left: Node, right: Node) -> Node:
    return Node(hashlib.sha256(_NODE + left + right).digest())


@dataclass(frozen=True, slots=True)
class Tree:
    """All nodes of a tree.

    Attributes:
        levels: the leaves' nodes first, the root's level last; a node without neighbour stands on the next level too.
    """

    levels: tuple[tuple[Node, ...], ...]

    @property
    def size(self) -> int:
        return len(self.levels[0])

    @property
    def root(self) -> Node:
        return self.levels[-1][0] if self.size else EMPTY_ROOT

    def inclusion(self, index: int) -> tuple[Node, ...]:
        """The neighbours from the leaf up to the root, `index` from 0. Raises IndexError: there is no such leaf."""
        if not 0 <= index < self.size:
            raise IndexError(index)
        path = []
        for level in self.levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return tuple(path)

    def consistency(self, earlier: int) -> tuple[Node, ...]:
        """What shows that the tree of the first `earlier` leaves grew into this one; none for 0 and for all leaves.

        Raises:
            IndexError: the tree has fewer leaves.
        """
        if not 0 <= earlier <= self.size:
            raise IndexError(earlier)
        if earlier in (0, self.size):
            return ()
        path: list[Node] = []
        start, end, known = 0, self.size, True
        # RFC 6962, SUBPROOF: down to the smallest subtree that ends where the earlier tree ended.
        while start + earlier < end:
            split = start + _largest_power_below(end - start)
            if start + earlier <= split:
                path.append(self._node(split, end))
                end = split
            else:
                path.append(self._node(start, split))
                earlier -= split - start
                start, known = split, False
        if not known:
            path.append(self._node(start, end))
        return tuple(reversed(path))

    def _node(self, start: int, end: int) -> Node:
        height = (end - start - 1).bit_length()
        return self.levels[height][start >> height]


def tree(leaves: Iterable[bytes]) -> Tree:
    """The tree over the leaves in their order."""
    level = tuple(leaf_node(leaf) for leaf in leaves)
    levels = [level]
    while len(level) > 1:
        joined = [_joined(left, right) for left, right in zip(level[::2], level[1::2], strict=False)]
        if len(level) % 2:
            joined.append(level[-1])
        level = tuple(joined)
        levels.append(level)
    return Tree(tuple(levels))


class Growing:
    """The root of a tree to which leaves are added, without its inner nodes: a logarithm of them is kept."""

    def __init__(self, size: int = 0, peaks: Iterable[Node] = ()) -> None:
        """Empty, or as another one of this size was, by its `peaks`."""
        self.size = size
        self._peaks = list(peaks)

    @property
    def peaks(self) -> tuple[Node, ...]:
        """The roots of the full subtrees, the largest first."""
        return tuple(self._peaks)

    def add(self, leaf: bytes) -> None:
        node, full = leaf_node(leaf), self.size
        # Each low bit that is set is a full subtree of the same height that waits for this one.
        while full & 1:
            node = _joined(self._peaks.pop(), node)
            full >>= 1
        self._peaks.append(node)
        self.size += 1

    @property
    def root(self) -> Node:
        if not self._peaks:
            return EMPTY_ROOT
        *others, node = self._peaks
        for peak in reversed(others):
            node = _joined(peak, node)
        return node


def inclusion_holds(leaf: bytes, index: int, *, size: int, path: Sequence[Node], root: Node) -> bool:
    """Whether the leaf stands at `index`, from 0, in the tree of `size` leaves with this root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last = leaf_node(leaf), size - 1
    for neighbour in path:
        if last == 0:
            return False
        if index & 1 or index == last:
            node = _joined(neighbour, node)
            while not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = _joined(node, neighbour)
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


def consistency_holds(earlier: int, earlier_root: Node, *, size: int, root: Node, path: Sequence[Node]) -> bool:
    """Whether the tree of `earlier` leaves is the beginning of the tree of `size` leaves (RFC 9162, 2.1.4.2)."""
    if not 0 <= earlier <= size:
        return False
    if earlier == size:
        return not path and earlier_root == root
    if earlier == 0:
        return not path and earlier_root == EMPTY_ROOT
    nodes = list(path)
    if earlier & (earlier - 1) == 0:
        nodes.insert(0, earlier_root)
    if not nodes:
        return False
    index, last = earlier - 1, size - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = nodes[0]
    for neighbour in nodes[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            before, after = _joined(neighbour, before), _joined(neighbour, after)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            after = _joined(after, neighbour)
        index, last = index >> 1, last >> 1
    return last == 0 and before == earlier_root and after == root


def _largest_power_below(size: int) -> int:
    """The largest power of two below `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
