"""Enclosures that came with no form at all: nothing says what they belong to, so that a person does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from pipeline.custody import PageRow, StatementRow
from pipeline.model import PageId, PageLabel, PageOutcome, Reason

ALONE: Final = "enclosure_alone"


def with_alone(
    statements: Iterable[StatementRow], pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]
) -> dict[PageId, PageOutcome]:
    """Outcomes of the enclosures of a batch that are with no statement, with the reason.

    Args:
        statements: of the batch, with their pages.
        pages: all of the batch.
        outcomes: as revised so far.
    """
    owned = {page for row in statements for page in row.members}
    alone = (page.id for page in pages if page.id not in owned and page.label is PageLabel.ENCLOSURE)
    return {
        page: replace(outcomes[page], reasons=(*outcomes[page].reasons, Reason("enclosure_alone")))
        for page in alone
        if page in outcomes
    }


def is_alone(outcome: PageOutcome) -> bool:
    """Whether a person is asked what an enclosure belongs to."""
    return any(reason.code == ALONE for reason in outcome.reasons)
