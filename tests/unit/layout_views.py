"""Drafts as values, for tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime

from pipeline.custody.layouts import (
    BlankForm,
    DraftBegun,
    DraftId,
    DraftState,
    DraftVersion,
    LayoutDraft,
)
from pipeline.geometry import Affine
from pipeline.model import Digest, LayoutId, Reason

AT = datetime(2026, 11, 27, 9, 0, tzinfo=UTC)
DRAFT = DraftId("f0001")


def a_draft(version: int = 1, state: DraftState = DraftState.DRAFT) -> LayoutDraft:
    blank = BlankForm(Digest("0" * 64), "blank.png", 1, Digest("1" * 64), 150.0, Affine.scaling(11.8))
    layout, like = (LayoutId(f"iii.return.front.fr@{edition}") for edition in ("ville-1", "generic-1"))
    return LayoutDraft(DraftBegun(DRAFT, layout, like, blank, AT, "anne"), state, version, AT, "anne")


def a_version(number: int = 1, decisions: tuple[Reason, ...] = ()) -> DraftVersion:
    return DraftVersion(DRAFT, number, "", decisions, AT, "anne", "edited")
