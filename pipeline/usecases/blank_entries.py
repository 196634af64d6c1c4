"""What the ledger keeps of blank sides that persons looked over: which were confirmed, which were taken out, when and
by whom."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from pipeline.custody import LedgerEntry
from pipeline.custody.fingerprints import BlankConfirmed
from pipeline.custody.review import TaskId
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId, PageId
from pipeline.ports import RecordsTransaction

BLANKS_CONFIRMED: Final = "blanks_confirmed"


@dataclass(slots=True)
class BlankTestimony:
    """What the entries say.

    Attributes:
        confirmed: by batch and page, the last that was said: by whom, and when; no time in entries of before they told.
        doubted: by batch, the pages that were taken out.
    """

    confirmed: dict[str, dict[str, tuple[str, str | None]]] = field(default_factory=dict)
    doubted: dict[str, set[str]] = field(default_factory=dict)


def enter_looked_over(
    batch: BatchId,
    pages: Collection[PageId],
    doubted: Collection[PageId],
    *,
    who: str,
    at: datetime,
    change: RecordsTransaction,
) -> None:
    """Enter in the ledger which sides were confirmed and which were taken out; nothing where there are none."""
    if pages or doubted:
        facts = {"pages": list(pages), "doubted": list(doubted), "who": who, "at": at.isoformat()}
        change.append(BLANKS_CONFIRMED, batch, canonical_json(facts))


def hear_blanks(told: BlankTestimony, entry: LedgerEntry) -> None:
    """Take an entry in.

    Raises:
        ValueError, KeyError, TypeError: the entry cannot be understood.
    """
    facts = json.loads(entry.body)
    who, at = str(facts["who"]), facts.get("at")
    said = (who, None if at is None else str(at))
    told.confirmed.setdefault(entry.subject, {}).update({str(page): said for page in facts["pages"]})
    told.doubted.setdefault(entry.subject, set()).update(str(page) for page in facts["doubted"])


def compare_blanks(
    batch: BatchId, rows: Iterable[BlankConfirmed], told: BlankTestimony, *, tasks: Collection[TaskId]
) -> Iterator[Difference]:
    """Confirmed sides of a batch against the last entry on each.

    Args:
        tasks: of the batch; each side that was taken out has one.

    Returns:
        `blank_not_confirmed`, `blank_confirmation_missing`, `blank_confirmation_altered`; `review_task_missing`.
    """
    found = {str(row.page): row for row in rows}
    said = told.confirmed.get(batch, {})
    for page in sorted(found.keys() | said.keys()):
        if page not in said:
            yield Difference("blank_not_confirmed", page)
        elif page not in found:
            yield Difference("blank_confirmation_missing", page)
        else:
            who, at = said[page]
            row = found[page]
            if row.by != who or at not in (None, row.at.isoformat()):
                yield Difference("blank_confirmation_altered", page)
    for page in sorted(told.doubted.get(batch, ())):
        if TaskId(page) not in tasks:
            yield Difference("review_task_missing", page)
