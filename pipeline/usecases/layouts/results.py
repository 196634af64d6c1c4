"""What comes of work on a draft: how it stands, what was saved, what was read by it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.conformity import Conformity
from pipeline.custody.layouts import DraftVersion, LayoutDraft
from pipeline.geometry import BoxMm, BoxPx
from pipeline.layout import Kind, Layout, LayoutId, Need
from pipeline.model import Decision, FieldValue, Reason
from pipeline.templates.document import Border
from pipeline.templates.problem import Problem


@dataclass(frozen=True, slots=True)
class MarkView:
    """A check box; `label` is what is printed beside it."""

    name: str
    box_mm: BoxMm
    label: str = ""


@dataclass(frozen=True, slots=True)
class AllowedName:
    """A particular that a face may have; everything but the name follows from the catalogue.

    Attributes:
        filled: when the entry must be filled: `always`, `never_judged`, or `when: <condition>`.
        ref: section and paragraph of the Regulation.
        taken: the draft has a space or text of this name.
    """

    name: str
    kind: Kind
    need: Need
    critical: bool
    exclusive: bool
    marks: tuple[str, ...]
    lines: int
    filled: str
    ref: str
    taken: bool


@dataclass(frozen=True, slots=True)
class ZoneView:
    """A space of the draft, in the file's order.

    Attributes:
        its: what the catalogue says of its name; null where the face has no such particular.
        heading: the words that announce it; empty for none.
        printed: what the form itself prints here; null where it is entered.
        comb: cells of one character; null for none.
        lines: lines of text that fit.
    """

    name: str
    its: AllowedName | None
    box_mm: BoxMm
    border: Border
    heading: str = ""
    printed: str | None = None
    comb: int | None = None
    lines: int = 1
    marks: tuple[MarkView, ...] = ()


@dataclass(frozen=True, slots=True)
class TextView:
    """A printed text; `name` is the compulsory text that it is, null for another."""

    name: str | None
    box_mm: BoxMm
    text: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """A version of a draft and all that is to be said of it.

    Attributes:
        version: the one that is shown.
        layout: what the file describes; with faults where there are problems; null where it cannot be put together.
        allowed: every particular of the face, in the Regulation's order, printed texts too.
        problems: why the file is no usable layout as it stands.
        conformity: with the Regulation; null where there is no layout to look at.
    """

    draft: LayoutDraft
    version: DraftVersion
    size_mm: tuple[float, float]
    zones: tuple[ZoneView, ...]
    texts: tuple[TextView, ...]
    allowed: tuple[AllowedName, ...]
    edition_mark: BoxMm | None
    issuer: str | None
    left_out: tuple[tuple[str, str], ...]
    problems: tuple[Problem, ...]
    layout: Layout | None
    conformity: Conformity | None

    @property
    def decisions(self) -> tuple[Reason, ...]:
        return self.version.decisions

    @property
    def needs_reason(self) -> bool:
        """Whether it may be put in force only with a reason: faults against the Regulation, or decisions open."""
        return bool(self.decisions) or (self.conformity is not None and not self.conformity.holds)


@dataclass(frozen=True, slots=True)
class Saved:
    """It is recorded."""

    draft: LayoutDraft


@dataclass(frozen=True, slots=True)
class Conflict:
    """Somebody was faster, nothing was recorded: `draft` is as they left it, `first` their version or the newest."""

    draft: LayoutDraft
    first: DraftVersion


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was recorded, and why. `problems` are those of a layout file, where that is the reason."""

    reasons: tuple[Reason, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class TriedZone:
    """A space of the draft as a sample was read.

    Attributes:
        box_mm: in the layout, and so in `TriedPage.picture`.
        box_px: smallest upright box around it, in the sample as received.
        alternatives: other readings with their confidence, the likeliest first.
    """

    name: str
    kind: Kind
    box_mm: BoxMm
    box_px: BoxPx
    value: FieldValue
    confidence: float
    decision: Decision
    reasons: tuple[Reason, ...]
    alternatives: tuple[tuple[FieldValue, float], ...] = ()


@dataclass(frozen=True, slots=True)
class TriedPage:
    """A page of a sample, read by the draft.

    Attributes:
        name: of the file, and the page's number in it from 1.
        failure: why it could not be looked at; then all else is empty.
        identified: it was taken for the draft among all forms of its face that are known.
        found: what it was taken for; null for none of them.
        score: how well it resembles what it was taken for, -1.0 to 1.0.
        laid_on: the draft could be laid on it, be it only because it was told to be the one.
        residual_mm: how far the print lies from where the draft has it; null when not laid on.
        reasons: why it was not identified, or why no reading of it may be trusted.
        picture: PNG, grey; the draft's sheet at `picture_dpi` when laid on, else the page as received, made smaller.
    """

    name: str
    page_number: int
    failure: Reason | None = None
    identified: bool = False
    found: LayoutId | None = None
    score: float = 0.0
    laid_on: bool = False
    residual_mm: float | None = None
    reasons: tuple[Reason, ...] = ()
    zones: tuple[TriedZone, ...] = ()
    picture: bytes = b""
    picture_dpi: float = 0.0


@dataclass(frozen=True, slots=True)
class Tried:
    """What a version of a draft reads on samples; nothing of it is kept.

    Attributes:
        left: pages of the samples that were not looked at: more than may be tried at once.
    """

    draft: LayoutDraft
    version: int
    pages: tuple[TriedPage, ...] = field(default=())
    left: int = 0
