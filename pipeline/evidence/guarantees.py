"""What the product guarantees of a transfer, by the clauses of docs/guarantees.md, and which of them a document may
claim. A clause is added with a new edition; none is ever changed."""

from __future__ import annotations

from dataclasses import dataclass

GUARANTEES_DOCUMENT = "docs/guarantees.md"
GUARANTEES_EDITION = "1"

RECEIPT = "1"
ENTIRETY = "2"
TAKEN_OUT = "3.1"
DRAWN = "3.2"
SIDES = "4"
DERIVED = "5"
LAYERS = "6"
READINGS = "7"
REPEATABLE = "8"
LEDGER = "9"
TRUTHFUL = "10"
CLAUSES = (RECEIPT, ENTIRETY, TAKEN_OUT, DRAWN, SIDES, DERIVED, LAYERS, READINGS, REPEATABLE, LEDGER, TRUTHFUL)

_ALWAYS = frozenset({RECEIPT, ENTIRETY, SIDES, LEDGER, TRUTHFUL})


@dataclass(frozen=True, slots=True)
class Guarantees:
    """Clauses that a document claims, with the text that words them."""

    document: str
    edition: str
    clauses: tuple[str, ...]


def guarantees(*, taken_out: bool, drawn: bool, processed: bool, read: bool, layered: bool) -> Guarantees:
    """The clauses that hold of a document.

    Args:
        taken_out: some of its pages were taken out of their files as they stand there.
        drawn: some were drawn by a renderer.
        processed: some were processed.
        read: of some something was read: not of electronic originals.
        layered: some were taken apart into layers of which each pixel has one owner.
    """
    claimed = _ALWAYS
    claimed |= {TAKEN_OUT} if taken_out else set()
    claimed |= {DRAWN} if drawn else set()
    claimed |= {DERIVED, REPEATABLE} if processed else set()
    claimed |= {READINGS} if read else set()
    claimed |= {LAYERS} if layered else set()
    clauses = tuple(clause for clause in CLAUSES if clause in claimed)
    return Guarantees(GUARANTEES_DOCUMENT, GUARANTEES_EDITION, clauses)
