"""An archive whose pages are read otherwise once somebody placed them: lines of text say what is read then."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path

from pipeline.custody import PageRow, Placement
from pipeline.custody.review import Reviewer, Task, TaskId
from pipeline.custody.review import Verdict as Says
from pipeline.errors import InputRefused
from pipeline.evidence.verdict import Verdict
from pipeline.geometry import BoxPx
from pipeline.model import (
    Derivative,
    LayoutId,
    MaskKind,
    PageBytes,
    PageId,
    PageLabel,
    PageMask,
    PageOutcome,
    Placing,
    Reason,
    SheetOutcome,
)
from pipeline.ports import Records
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_layouts
from pipeline.usecases.review import Conflict, Decided, Desk, Refused, decide, place_page, read_placed
from pipeline.usecases.verify import verify_all
from tests.unit.custody import Archive
from tests.unit.reviewing import ANNE, Office, review_flow

STATEMENT = LayoutId("iii.statement.front.fr@generic-1")
RETURN = LayoutId("iii.return.front.fr@generic-1")
SIZE_PX = (2000, 1500)
LEFT, RIGHT = BoxPx(0, 0, 1000, 1500), BoxPx(1000, 0, 1000, 1500)


def placed_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """Lines as `review_flow` reads them; after ` // ` what is read of a page with a layout that a person named, and
    where the line has several of these, of the parts of its image from left to right.

    `// nothing` fits no layout; `// refused` cannot be read; `// crash` neither.
    """
    return SheetOutcome(tuple(_page(side) for side in sides))


def _page(side: PageBytes) -> PageOutcome:
    first, *others = side.data.decode().split(" // ")
    placing = side.placing or Placing()
    asked = placing.layout is not None or placing.part is not None
    place = 0 if placing.part is None else placing.part.x * len(others) // SIZE_PX[0]
    line = others[place] if asked and others else first
    if line == "refused":
        raise InputRefused("corrupt_image", detail="it says so")
    seen = f"{line} {placing.layout} {placing.quarter_turns} {placing.part}".encode()
    seen += f" {placing.masks} {placing.shown}".encode() if placing.masks or placing.shown else b""
    masks = tuple(PageMask(box, MaskKind.PERSON) for box in placing.masks)
    derived: tuple[Derivative, ...] = (Derivative("thumbnail", "image/png", b"small " + seen),)
    if line == "nothing":
        reasons = (Reason("placed_does_not_fit", (("layout", str(placing.layout)),)),)
        return PageOutcome(PageLabel.UNIDENTIFIED, SIZE_PX, reasons=reasons, derivatives=derived)
    (read,) = review_flow((replace(side, data=line.encode()),)).pages
    layout = placing.layout if read.layout is not None and placing.layout is not None else read.layout
    if layout is None:
        # What nobody recognises has an image more, as it has in the real flow.
        derived = (*derived, Derivative("upright.jpg", "image/jpeg", b"upright " + seen))
    return replace(read, size_px=SIZE_PX, layout=layout, derivatives=derived, masks=masks)


class PlacedOffice(Office):
    """An office whose desk knows the shipped layouts."""

    def __init__(self, folder: Path) -> None:
        self.archive = Archive.make(folder, flow=placed_flow)
        self.desk = self._known_layouts()

    def on(self, records: Records) -> PlacedOffice:
        self.archive.on(records)
        self.desk = self._known_layouts()
        return self

    def _known_layouts(self) -> Desk:
        numbers = count(1)
        layouts = {layout.id: layout for layout in load_layouts()}
        return Desk(self.archive.keeping, layouts, issuer_named("generic", None), salts=lambda: f"salt{next(numbers)}")

    def place(
        self, page: str, placement: Placement, who: Reviewer = ANNE, reason: str = "seen"
    ) -> Decided | Conflict | Refused:
        """What a person who has just looked at the page says of it."""
        task = self.task(page)
        version = 0 if task is None else task.version
        return place_page(PageId(page), version, placement, who, reason=reason, desk=self.desk)

    def read(self, page: str) -> tuple[PageId, ...]:
        return read_placed((PageId(page),), desk=self.desk, runner=self.archive.runner)

    def placed(self, page: str, placement: Placement, reason: str = "seen") -> PageRow:
        """The page after it was placed and read."""
        answer = self.place(page, placement, reason=reason)
        assert isinstance(answer, Decided), answer
        assert self.read(page) == (page,)
        return self.row(page)

    def row(self, page: str) -> PageRow:
        found = self.desk.keeping.records.page(PageId(page))
        assert found is not None
        return found

    def task(self, task: str) -> Task | None:
        return self.desk.keeping.records.review.task(TaskId(task))

    def say(self, task: TaskId, verdict: Says, who: Reviewer = ANNE) -> Decided | Conflict | Refused:
        """What a person who has just looked at a task says of it."""
        found = self.task(task)
        return decide(task, 0 if found is None else found.version, verdict, who, desk=self.desk)

    def verified(self, *, again: bool = False) -> Verdict:
        return verify_all(keeping=self.archive.keeping, runner=self.archive.runner, again=again)

    def differences(self, *, again: bool = False) -> list[tuple[str, str]]:
        return [(its.code, its.subject) for its in self.verified(again=again).differences]
