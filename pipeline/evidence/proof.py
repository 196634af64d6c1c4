"""Proof of a statement: what the ledger says of it, and the path from each entry to signed and time-stamped roots.

Whoever has the proof and the files that it speaks of can check both without the archive: see `docs/verify-offline.md`.
It shows that what it names was recorded, when, and is unchanged; not that nothing else was recorded.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from pydantic import TypeAdapter, ValidationError

from pipeline.custody import EntryHash, KeptSeal, LedgerEntry, Seal
from pipeline.errors import InputRefused
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.merkle import Node, Tree, tree
from pipeline.evidence.seal import entry_tree, log_leaf
from pipeline.model import PageId

FORMAT = "constat-proof-1"


@dataclass(frozen=True, slots=True)
class ProvenEntry:
    """An entry, the seal that covers it, and the nodes from the entry's leaf up to the seal's root, in hexadecimal."""

    entry: LedgerEntry
    seal: int
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ProvenSeal:
    """A seal and its place in the log of seals.

    Attributes:
        token: time-stamp token (DER) in base64, null when there is none.
        inclusion: that the seal stands in the log of the newest seal of the proof.
        consistency: that the log at this seal is the beginning of that log.
    """

    seal: Seal
    token: str | None
    inclusion: tuple[str, ...]
    consistency: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """All that is needed beside the files themselves.

    Attributes:
        statements: ids of the statement's records.
        pages: ids of its pages, in the order of the paper.
        made_at: aware UTC.
        entries: by number; those on the statement, and those on all keys.
        seals: by number; the last one is the newest of the archive.
        certificates: of the time-stamping authority that the archive trusts (DER, base64). They are for comparison:
            a proof cannot vouch for its own witness.
    """

    format: str
    statements: tuple[str, ...]
    pages: tuple[PageId, ...]
    made_at: datetime
    entries: tuple[ProvenEntry, ...]
    seals: tuple[ProvenSeal, ...]
    certificates: tuple[str, ...] = ()


_JSON = TypeAdapter(Proof)


def proof_text(proof: Proof) -> str:
    """Canonical JSON."""
    return canonical_json(_JSON.dump_python(proof, mode="json"))


def proof_from(text: str | bytes) -> Proof:
    """The proof of `proof_text`. Raises InputRefused `proof_unreadable`: it is damaged, or of another format."""
    try:
        proof = _JSON.validate_json(text)
    except (ValidationError, ValueError) as error:
        raise InputRefused("proof_unreadable") from error
    if proof.format != FORMAT or not _is_whole(proof):
        raise InputRefused("proof_unreadable")
    return proof


def _is_whole(proof: Proof) -> bool:
    """Whether it speaks of something, and of each thing once; the last entry on a thing counts, so order matters."""
    named = proof.statements and proof.pages and proof.seals
    once = len(set(proof.pages)) == len(proof.pages) and len(set(proof.statements)) == len(proof.statements)
    entries, seals = [its.entry.number for its in proof.entries], [its.seal.number for its in proof.seals]
    # A time without its offset from UTC is compared with none.
    dated = all(its.seal.made_at.utcoffset() is not None for its in proof.seals)
    return bool(named) and once and dated and all(_rises(numbers) for numbers in (entries, seals))


def _rises(numbers: Sequence[int]) -> bool:
    return all(first < second for first, second in pairwise(numbers))


def proven_entries(
    wanted: Iterable[LedgerEntry], seals: Sequence[KeptSeal], hashes: Callable[[Seal], Sequence[EntryHash]]
) -> tuple[ProvenEntry, ...]:
    """The entries with their paths, by number.

    Args:
        seals: all, by number.
        hashes: of all entries that a seal covers, in order; asked once a seal.

    Raises:
        KeyError: no seal covers the entry with this number.
        IndexError: entries of a seal are missing.
    """
    trees: dict[int, Tree] = {}
    proven = []
    for entry in sorted(wanted, key=lambda its: its.number):
        seal = _covering(entry.number, seals)
        if seal.number not in trees:
            trees[seal.number] = entry_tree(hashes(seal))
        path = trees[seal.number].inclusion(entry.number - seal.first)
        proven.append(ProvenEntry(entry, seal.number, hexed(path)))
    return tuple(proven)


def _covering(number: int, seals: Sequence[KeptSeal]) -> Seal:
    """Seals tile the ledger: the first that ends at the entry or after it."""
    low, high = 0, len(seals)
    while low < high:
        middle = (low + high) // 2
        if seals[middle].seal.last < number:
            low = middle + 1
        else:
            high = middle
    if low == len(seals):
        raise KeyError(number)
    return seals[low].seal


def proven_seals(numbers: Iterable[int], seals: Sequence[KeptSeal]) -> tuple[ProvenSeal, ...]:
    """These seals and the newest, with their places in its log. `seals`: all, by number, at least one."""
    log = tree(log_leaf(kept.seal) for kept in seals)
    wanted = sorted({*numbers, seals[-1].seal.number})
    return tuple(
        ProvenSeal(
            seal=seals[number - 1].seal,
            token=_base64(seals[number - 1].token),
            inclusion=hexed(log.inclusion(number - 1)),
            consistency=hexed(log.consistency(number)),
        )
        for number in wanted
    )


def hexed(path: Iterable[Node]) -> tuple[str, ...]:
    return tuple(node.hex() for node in path)


def nodes(path: Iterable[str]) -> tuple[Node, ...]:
    """Raises ValueError: no hexadecimal digits."""
    return tuple(Node(bytes.fromhex(text)) for text in path)


def by_number(proof: Proof) -> Mapping[int, ProvenSeal]:
    return {its.seal.number: its for its in proof.seals}


def _base64(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")
