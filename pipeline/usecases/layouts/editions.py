"""Editions in force: the records are their one source, held against the ledger each time they are read."""

from __future__ import annotations

from pipeline.custody.layouts import AttestedLayouts, DraftAct, Edition
from pipeline.errors import IntegrityError
from pipeline.ports import LayoutRecords
from pipeline.usecases.layouts.entries import altered_editions


def editions(*, records: LayoutRecords) -> tuple[Edition, ...]:
    """Every layout that was ever put in force, by id; those withdrawn are still what earlier pages were read by.

    Raises:
        IntegrityError: `layout_altered`: a row of one, or its being in force, is not as the ledger says.
    """
    return editions_of(records.enforced())


def editions_of(its: AttestedLayouts) -> tuple[Edition, ...]:
    """As `editions`."""
    names = {row.id: row.layout for row in its.begun}
    for draft in altered_editions(its):
        name = next((str(layout) for each, layout in names.items() if each == draft), draft)
        raise IntegrityError("layout_altered", layout=name, draft=draft)
    texts = {(row.draft, row.number): row.text for row in its.versions}
    withdrawn = {row.draft: row.at for row in its.deeds if row.act is DraftAct.WITHDRAWN}
    found = (
        Edition(
            draft=deed.draft,
            layout=names[deed.draft],
            text=texts[deed.draft, deed.version],
            since=deed.at,
            until=withdrawn.get(deed.draft),
        )
        for deed in its.deeds
        if deed.act is DraftAct.IN_FORCE
    )
    return tuple(sorted(found, key=lambda edition: edition.layout))
