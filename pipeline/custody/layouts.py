"""The frozen values of layout drafts: a blank form as received, versions of its layout file, and what persons did.

Rows are only ever added. What a draft is now follows from them: `usecases.layouts.standing`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from pipeline.custody.rows import LedgerEntry
from pipeline.geometry import Affine
from pipeline.model import Digest, LayoutId, Reason

DraftId = NewType("DraftId", str)
"""`f0001`: numbered within the archive."""


class DraftState(StrEnum):
    """Being drawn; waiting for a supervisor; read by; read by no longer, or given up."""

    DRAFT = "draft"
    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


class DraftAct(StrEnum):
    """What a person does with a draft beside saving a version. A version saved takes a proposal back."""

    PROPOSED = "proposed"
    IN_FORCE = "in_force"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class BlankForm:
    """The blank form that a draft is drawn from.

    Attributes:
        scan: object of the file as received; `page_number` is the page in it, from 1.
        picture: object of a PNG, grey, of the form laid flat: the whole sheet of the first version's size.
        picture_dpi: of that picture; its top left corner is that of the paper.
        scan_from_layout: millimetre of the layout in, pixel of the scan as decoded out.
    """

    scan: Digest
    file_name: str
    page_number: int
    picture: Digest
    picture_dpi: float
    scan_from_layout: Affine


@dataclass(frozen=True, slots=True)
class DraftBegun:
    """A draft as it was begun.

    Attributes:
        like: the known layout whose names and words it was proposed by.
    """

    id: DraftId
    layout: LayoutId
    like: LayoutId
    blank: BlankForm
    at: datetime
    who: str


@dataclass(frozen=True, slots=True)
class DraftVersion:
    """A layout file as a person left it.

    Attributes:
        number: within the draft, from 1, without gaps.
        text: the YAML.
        decisions: what a person is still to decide, most important first.
        note: what was done, in words of the program: `begun`, `edited`, `restored`, `text`.
    """

    draft: DraftId
    number: int
    text: str
    decisions: tuple[Reason, ...]
    at: datetime
    who: str
    note: str


@dataclass(frozen=True, slots=True)
class DraftDeed:
    """What a person did with a draft.

    Attributes:
        number: within the draft, from 1, without gaps.
        version: which version it was done with.
        reason: in words; empty where none was asked for.
        salt: random, so that the digest in the ledger does not betray the words.
    """

    draft: DraftId
    number: int
    act: DraftAct
    version: int
    at: datetime
    who: str
    reason: str
    salt: str


@dataclass(frozen=True, slots=True)
class LayoutDraft:
    """A draft as it stands.

    Attributes:
        version: number of the newest version; `saved_at`, `saved_by` are its.
        deeds: in order.
        in_force: number of the version that was put in force; null if none ever was.
    """

    begun: DraftBegun
    state: DraftState
    version: int
    saved_at: datetime
    saved_by: str
    deeds: tuple[DraftDeed, ...] = ()
    in_force: int | None = None

    @property
    def id(self) -> DraftId:
        return self.begun.id

    @property
    def layout(self) -> LayoutId:
        return self.begun.layout


@dataclass(frozen=True, slots=True)
class Edition:
    """A layout file that was put in force.

    Attributes:
        since, until: when it was put in force, and when it was withdrawn; null while it was not.
    """

    draft: DraftId
    layout: LayoutId
    text: str
    since: datetime
    until: datetime | None = None

    @property
    def recognised(self) -> bool:
        """New pages are looked for by it."""
        return self.until is None

    def in_force_at(self, moment: datetime) -> bool:
        return self.since <= moment and (self.until is None or moment < self.until)


@dataclass(frozen=True, slots=True)
class AttestedLayouts:
    """All rows, each sort by draft and number, and the ledger's entries on them, as of one moment."""

    begun: tuple[DraftBegun, ...]
    versions: tuple[DraftVersion, ...]
    deeds: tuple[DraftDeed, ...]
    entries: tuple[LedgerEntry, ...]
