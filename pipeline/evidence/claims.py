"""What entries of the ledger claim of files, pages and what was made of them: digests that anybody can compute."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pipeline.custody import LedgerEntry
from pipeline.model import Digest, PageId


class Claimed(StrEnum):
    """What a digest is of."""

    FILE = "file"
    """The bytes of a file as received; the subject is the file's id."""
    PAGE = "page"
    """The bytes of a page as they stand in its file; the subject is the page's id."""
    OUTCOME = "outcome"
    """What was read on a page, canonical JSON; the subject is the page's id."""
    DERIVATIVE = "derivative"
    """An image made of a page; the subject is `PAGE/NAME`."""
    TRANSFER = "transfer"
    """The record of a transfer; the subject is the statement's or the batch's id."""
    DECISION = "decision"
    """What a person said of a field, a row of its history; the subject is `decision_subject`."""


@dataclass(frozen=True, slots=True)
class Claim:
    """`digest` of what it is claimed of."""

    what: Claimed
    subject: str
    digest: Digest


def claims(entries: Iterable[LedgerEntry], pages: Collection[PageId]) -> tuple[Claim, ...]:
    """What the entries claim, the last one on each subject counting. Of pages, only these.

    Entries whose body cannot be understood claim nothing; that their bodies are as recorded is checked elsewhere.
    """
    found: dict[tuple[Claimed, str], Digest] = {}
    for entry in entries:
        try:
            made = list(_claims(entry, frozenset(pages)))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
        for page in _read_anew(entry.kind, made):
            # Images of an earlier reading are claimed no more.
            stale = [key for key in found if key[0] is Claimed.DERIVATIVE and key[1].startswith(f"{page}/")]
            for key in stale:
                del found[key]
        for claim in made:
            found[claim.what, claim.subject] = claim.digest
    return tuple(Claim(what, subject, digest) for (what, subject), digest in found.items())


def unspoken(entries: Iterable[LedgerEntry], pages: Collection[PageId]) -> tuple[PageId, ...]:
    """Those of the pages of which no entry says that they were in a file, or none what became of them."""
    split: dict[str, bool] = {}
    processed: set[str] = set()
    for entry in entries:
        try:
            facts = json.loads(entry.body)
            if entry.kind == "file_split":
                split |= {_page(entry, index): digest is not None for index, digest in enumerate(facts["pages"])}
            elif entry.kind == "sheet_processed":
                processed |= {page["page"] for page in facts["pages"]}
            elif entry.kind == "page_divided":
                parts = {PageId(part["page"]) for part in facts["parts"]}
                split |= dict.fromkeys(parts, True)
                processed |= parts
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            continue
    # A page that could not be taken out of its file was not processed.
    return tuple(page for page in pages if page not in split or (split[page] and page not in processed))


def _read_anew(kind: str, made: Iterable[Claim]) -> tuple[str, ...]:
    """Pages of which an entry tells another reading than before."""
    if kind != "page_read_again":
        return ()
    return tuple(claim.subject for claim in made if claim.what is Claimed.OUTCOME)


def decision_subject(task: str, number: int) -> str:
    """Of the claim on a row: `PAGE/FIELD`, and the row's number, from 1."""
    return f"{task}#{number}"


def _page(entry: LedgerEntry, index: int) -> PageId:
    return PageId(f"{entry.subject}.{index + 1:04d}")


def _claims(entry: LedgerEntry, pages: frozenset[PageId]) -> Iterator[Claim]:
    facts = json.loads(entry.body)
    if entry.kind in ("file_received", "file_duplicate"):
        yield Claim(Claimed.FILE, entry.subject, Digest(facts["digest"]))
    elif entry.kind == "file_split":
        for index, digest in enumerate(facts["pages"]):
            page = _page(entry, index)
            if page in pages and digest is not None:
                yield Claim(Claimed.PAGE, page, Digest(digest))
    elif entry.kind == "outcome_revised" and entry.subject in pages:
        yield Claim(Claimed.OUTCOME, entry.subject, Digest(facts["outcome"]))
    elif entry.kind == "field_decided" and entry.subject.partition("/")[0] in pages:
        yield Claim(Claimed.DECISION, decision_subject(entry.subject, int(facts["number"])), Digest(facts["digest"]))
    elif entry.kind == "transfer_recorded":
        yield Claim(Claimed.TRANSFER, entry.subject, Digest(facts["record"]))
    else:
        for reading in _readings(entry, facts):
            if reading["page"] in pages:
                yield from _of_page(reading)


def _readings(entry: LedgerEntry, facts: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """What an entry says was read, by page; of a part also what it is cut from, the whole image. `Any`: parsed JSON."""
    if entry.kind == "sheet_processed":
        yield from facts["pages"]
    elif entry.kind == "page_read_again" and "outcome" in facts:
        yield {"page": entry.subject, **facts}
    elif entry.kind == "page_divided":
        yield from ({**part, "sha256": facts["sha256"]} for part in facts["parts"])


def _of_page(page: dict[str, Any]) -> Iterator[Claim]:
    """`Any`: parsed JSON of an entry's body."""
    if "sha256" in page:
        yield Claim(Claimed.PAGE, page["page"], Digest(page["sha256"]))
    if page["outcome"] is not None:
        yield Claim(Claimed.OUTCOME, page["page"], Digest(page["outcome"]))
    for name, digest in page["derivatives"].items():
        yield Claim(Claimed.DERIVATIVE, f"{page['page']}/{name}", Digest(digest))
