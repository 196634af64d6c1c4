"""Drafts proposed, put in force by another person, withdrawn."""

from __future__ import annotations

from typing import Final

from pipeline.custody import plain_text
from pipeline.custody.layouts import (
    DraftAct,
    DraftDeed,
    DraftState,
    DraftVersion,
    LayoutDraft,
)
from pipeline.custody.people import Permission
from pipeline.model import Reason
from pipeline.ports import RecordsTransaction
from pipeline.usecases.layouts.desk import LayoutDesk
from pipeline.usecases.layouts.drafting import require_may
from pipeline.usecases.layouts.entries import record_deed
from pipeline.usecases.layouts.results import Conflict, DraftView, Refused, Saved
from pipeline.usecases.layouts.standing import draft_named, newest_of
from pipeline.usecases.layouts.view import draft_view

_OVER: Final = frozenset({DraftState.IN_FORCE, DraftState.WITHDRAWN})


def propose_draft(draft: str, version: int, *, who: str, desk: LayoutDesk) -> Saved | Conflict | Refused:
    """Ask a supervisor to put a version in force. A layout file with problems cannot be.

    Raises:
        OperatorError: `unknown_draft`, `account_may_not`.
    """
    view = draft_view(draft, desk=desk)
    with desk.keeping.records.transaction() as change:
        require_may(who, Permission.DRAFT_LAYOUTS, change)
        its, newest = _seen(draft, change)
        if its.state in _OVER or its.state is DraftState.PROPOSED:
            return _done(its)
        if newest.number != version or view.version.number != version:
            return Conflict(its, newest)
        if view.problems:
            return _problems(view)
        return _did(DraftAct.PROPOSED, newest, "", who, change, desk)


def put_in_force(
    draft: str, version: int, *, who: str, desk: LayoutDesk, reason: str = ""
) -> Saved | Conflict | Refused:
    """Read new pages by this version from now on.

    Args:
        who: may put layouts in force, and is somebody else than who saved the version, unless the site lets one person
            do both.
        reason: why it is put in force although the form does not conform, or decisions are open.

    Raises:
        OperatorError: `unknown_draft`, `account_may_not`.
    """
    view, why = draft_view(draft, desk=desk), _words(reason)
    with desk.keeping.records.transaction() as change:
        require_may(who, Permission.ENFORCE_LAYOUTS, change)
        its, newest = _seen(draft, change)
        if its.state in _OVER:
            return _done(its)
        if newest.number != version or view.version.number != version:
            return Conflict(its, newest)
        refused = _not_yet(its, view, who, why, desk)
        return refused or _did(DraftAct.IN_FORCE, newest, why, who, change, desk)


def withdraw(draft: str, version: int, *, who: str, desk: LayoutDesk, reason: str) -> Saved | Conflict | Refused:
    """Read new pages by it no longer, or give up a draft that never was in force; pages read by it stay as they are.

    Args:
        who: for an edition in force, may put layouts in force; for a draft, may draft them.

    Raises:
        OperatorError: `unknown_draft`, `account_may_not`.
    """
    why = _words(reason)
    with desk.keeping.records.transaction() as change:
        its, newest = _seen(draft, change)
        needs = Permission.ENFORCE_LAYOUTS if its.state is DraftState.IN_FORCE else Permission.DRAFT_LAYOUTS
        require_may(who, needs, change)
        if its.state is DraftState.WITHDRAWN:
            return _done(its)
        if newest.number != version:
            return Conflict(its, newest)
        if not why:
            return Refused((Reason("layout_reason_missing"),))
        return _did(DraftAct.WITHDRAWN, newest, why, who, change, desk)


def _not_yet(its: LayoutDraft, view: DraftView, who: str, why: str, desk: LayoutDesk) -> Refused | None:
    forms = desk.forms()
    if its.state is not DraftState.PROPOSED:
        return Refused((Reason("layout_not_proposed", (("draft", its.id),)),))
    if desk.second_person and who == its.saved_by:
        return Refused((Reason("layout_needs_another_person", (("name", who),)),))
    if its.layout in forms.fixed:
        return Refused((Reason("layout_id_taken", (("layout", its.layout), ("place", "CONSTAT_LAYOUTS_DIR"))),))
    if view.problems:
        return _problems(view)
    if view.needs_reason and not why:
        faults = 0 if view.conformity is None else len(view.conformity.findings)
        facts = (("findings", str(faults)), ("decisions", str(len(view.decisions))))
        return Refused((Reason("layout_reason_for_findings", facts),))
    return None


def _seen(draft: str, change: RecordsTransaction) -> tuple[LayoutDraft, DraftVersion]:
    its = draft_named(draft, records=change.layouts)
    return its, newest_of(its.id, records=change.layouts)


def _did(
    act: DraftAct, version: DraftVersion, reason: str, who: str, change: RecordsTransaction, desk: LayoutDesk
) -> Saved:
    number, at = len(change.layouts.deeds(version.draft)) + 1, desk.keeping.clock.now()
    deed = DraftDeed(version.draft, number, act, version.number, at, who, reason, desk.salts())
    record_deed(deed, version.text, change)
    return Saved(draft_named(version.draft, records=change.layouts))


def _done(its: LayoutDraft) -> Refused:
    return Refused((Reason("layout_draft_done", (("draft", its.id), ("state", its.state))),))


def _problems(view: DraftView) -> Refused:
    facts = (("source", f"{view.draft.layout}.yaml"), ("problems", str(len(view.problems))))
    return Refused((Reason("layout_invalid", facts),), view.problems)


def _words(reason: str) -> str:
    return plain_text(reason)
