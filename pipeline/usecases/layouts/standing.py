"""How drafts stand: what follows from the rows that were added."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.custody.layouts import DraftAct, DraftBegun, DraftDeed, DraftId, DraftState, DraftVersion, LayoutDraft
from pipeline.errors import IntegrityError, OperatorError
from pipeline.ports import LayoutChange, LayoutRecords


def standing(begun: DraftBegun, newest: DraftVersion, deeds: Sequence[DraftDeed]) -> LayoutDraft:
    """The draft. A version saved after a proposal takes the proposal back."""
    state, in_force = DraftState.DRAFT, None
    for deed in deeds:
        state = DraftState(deed.act)
        in_force = deed.version if deed.act is DraftAct.IN_FORCE else in_force
    if state is DraftState.PROPOSED and deeds[-1].version != newest.number:
        state = DraftState.DRAFT
    return LayoutDraft(begun, state, newest.number, newest.at, newest.who, tuple(deeds), in_force)


def drafts(*, records: LayoutRecords) -> tuple[LayoutDraft, ...]:
    """Every draft, by id."""
    return tuple(_standing(its, records) for its in records.begun())


def draft_named(draft: str, *, records: LayoutRecords | LayoutChange) -> LayoutDraft:
    """Raises OperatorError `unknown_draft`."""
    begun = records.draft(DraftId(draft))
    if begun is None:
        raise OperatorError("unknown_draft", draft=draft)
    return _standing(begun, records)


def version_of(draft: LayoutDraft, number: int, *, records: LayoutRecords | LayoutChange) -> DraftVersion:
    """Raises OperatorError `unknown_draft_version`."""
    version = records.version(draft.id, number) if 1 <= number <= draft.version else None
    if version is None:
        raise OperatorError("unknown_draft_version", draft=draft.id, version=number)
    return version


def newest_of(draft: DraftId, *, records: LayoutRecords | LayoutChange) -> DraftVersion:
    """Raises IntegrityError `draft_without_version`: a draft is begun with its first one."""
    newest = records.newest(draft)
    if newest is None:
        raise IntegrityError("draft_without_version", draft=draft)
    return newest


def _standing(begun: DraftBegun, records: LayoutRecords | LayoutChange) -> LayoutDraft:
    return standing(begun, newest_of(begun.id, records=records), records.deeds(begun.id))
