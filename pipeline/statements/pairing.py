"""Pages find each other: sides make sheets, sheets make statements with their return documents and enclosures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Final

from pipeline.model import (
    Decision,
    Document,
    Field,
    LayoutId,
    PageId,
    PageLabel,
    PageOutcome,
    Reason,
    Schedule,
    Side,
)

_NUMBER_FIELDS: Final = ("statement_number", "detachable_statement_number", "locator_code")
"""In the order of trust between accepted ones: what was read, then the barcode's."""
_SHARED: Final = "statement_designation"
_OWN: Final = "form_designation"


@dataclass(frozen=True, slots=True)
class PairingPage:
    """What pairing needs to know of a page.

    Attributes:
        group: of files that make sheets together; from 1.
        sheet: of the batch; from 1, in the order of the paper.
        side: of the sheet as scanned.
        schedule, document, face: of the layout; null on pages that are no form. `face` is the layout's own side.
        number: the statement number it says; null without one.
        number_sure: accepted; else a proposal only.
        designation: of the whole statement, on a form of one with several counts or defendants; null without one.
        form: the form's own designation beside it.
        designations_sure: both are accepted; else proposals.
        cuts: nothing is put together across it: it is a separator, or may be one.
    """

    id: PageId
    group: int
    sheet: int
    side: Side
    label: PageLabel
    schedule: Schedule | None = None
    document: Document | None = None
    face: Side | None = None
    number: str | None = None
    number_sure: bool = False
    designation: str | None = None
    form: str | None = None
    designations_sure: bool = False
    cuts: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A statement and what belongs to it, ids in the order of the paper; a blank side goes with its sheet.

    Attributes:
        number: null when no sheet bears a sure one.
        schedule: null only without any form.
        statement: pages of the statement itself; empty when a return document stands alone.
        reasons: why a person should look at the grouping; empty when it is plain.
        designation: what the forms of a statement with several counts or defendants share; null for one form alone.
        forms: own designations of its forms, each once. Mostly one: forms have numbers of their own as a rule.
    """

    number: str | None
    schedule: Schedule | None
    statement: tuple[PageId, ...] = ()
    returns: tuple[PageId, ...] = ()
    enclosures: tuple[PageId, ...] = ()
    reasons: tuple[Reason, ...] = ()
    designation: str | None = None
    forms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pairing:
    """Every page is in exactly one place: in a group, or loose (blank sheets, separators, what nobody recognised)."""

    groups: tuple[Group, ...]
    loose: tuple[PageId, ...]


@dataclass(frozen=True, slots=True)
class _Sheet:
    group: int
    pages: tuple[PairingPage, ...]

    @property
    def ids(self) -> tuple[PageId, ...]:
        return tuple(page.id for page in self.pages)

    @property
    def faces(self) -> tuple[PairingPage, ...]:
        """Its forms, the layout's front first."""
        forms = [page for page in self.pages if page.document is not None]
        return tuple(sorted(forms, key=lambda page: page.face is Side.BACK))

    @property
    def numbered(self) -> PairingPage | None:
        """The face whose number counts: a sure one, else any; a back without its own is covered by its front."""
        saying = [page for page in self.faces if page.number is not None]
        return next((page for page in saying if page.number_sure), saying[0] if saying else None)

    @property
    def cuts(self) -> bool:
        """Either side suffices."""
        return any(page.cuts or page.label is PageLabel.SEPARATOR for page in self.pages)

    def has(self, label: PageLabel) -> bool:
        return any(page.label is label for page in self.pages)


def pairing_page(page: PairingPage, outcome: PageOutcome) -> PairingPage:
    """The page with what its outcome says of layout and number."""
    said = [field for name in _NUMBER_FIELDS if (field := outcome.field(name)) is not None]
    sure = [field for field in said if field.decision is Decision.ACCEPTED and isinstance(field.value, str)]
    chosen = next(iter(sure or [field for field in said if isinstance(field.value, str)]), None)
    schedule, document, face = layout_parts(outcome.layout)
    designations = [outcome.field(name) for name in (_SHARED, _OWN)]
    entered = [field for field in designations if field is not None and field.decision is not Decision.EMPTY]
    return replace(
        page,
        label=outcome.label,
        schedule=schedule,
        document=document,
        face=face,
        number=_text(chosen),
        number_sure=bool(sure),
        designation=_text(designations[0]),
        form=_text(designations[1]),
        designations_sure=bool(entered) and all(field.decision is Decision.ACCEPTED for field in entered),
    )


def layout_parts(layout: LayoutId | None) -> tuple[Schedule | None, Document | None, Side | None]:
    """Schedule, document and side of a layout id; nulls for a page without layout."""
    if layout is None:
        return None, None, None
    schedule, document, side = layout.split("@")[0].split(".")[:3]
    return Schedule(schedule), Document(document), Side(side)


def pair(pages: Sequence[PairingPage]) -> Pairing:
    """Group the pages of a batch.

    1. Sides with one sheet number are one sheet; its number is that of the face that says one surely.
    2. A back alone follows the front before it in its group, if that one has no back yet (one-sided scans).
    3. Statements with one sure number are one; a statement without stands alone.
    4. A return document joins the statement with its number, wherever in the batch, and otherwise stands alone; so
       does one whose unsure number is a statement's, and says so.
    5. An enclosure follows the form before it in its group; before any form, the first one after it. A separator, or
       what may be one, cuts: nothing joins across it.

    Groups come in the order of their first sheet, whatever the order of `pages`.
    """
    sheets = _with_backs(_sheets(pages))
    statements = _statements(sheets)
    placed = {sheet: place for place, sheet in _homes(sheets, statements)}
    enclosing = dict(_enclosures(sheets, placed))
    members: dict[_Home, tuple[list[_Sheet], list[_Sheet]]] = {}
    for sheet in sheets:
        if sheet in placed:
            members.setdefault(placed[sheet], ([], []))[0].append(sheet)
    for sheet, home in enclosing.items():
        members[home][1].append(sheet)
    grouped = tuple(_group(home, forms, enclosures) for home, (forms, enclosures) in members.items())
    loose = tuple(page for sheet in sheets if sheet not in placed and sheet not in enclosing for page in sheet.ids)
    return Pairing(grouped, loose)


def _sheets(pages: Sequence[PairingPage]) -> list[_Sheet]:
    ordered = sorted(pages, key=lambda page: (page.sheet, page.side is Side.BACK))
    return [
        _Sheet(members[0].group, members)
        for _, sides in groupby(ordered, key=lambda p: p.sheet)
        if (members := tuple(sides))
    ]


def _with_backs(sheets: list[_Sheet]) -> list[_Sheet]:
    """2. Backs scanned as sheets of their own go to their fronts."""
    joined: list[_Sheet] = []
    for sheet in sheets:
        before = joined[-1] if joined else None
        if before is not None and _is_back_of(sheet, before):
            joined[-1] = _Sheet(before.group, before.pages + sheet.pages)
        else:
            joined.append(sheet)
    return joined


def _is_back_of(sheet: _Sheet, front: _Sheet) -> bool:
    faces, before = sheet.faces, front.faces
    if len(sheet.pages) != 1 or len(front.pages) != 1:
        return False
    if len(faces) != 1 or faces[0].face is not Side.BACK or len(before) != 1 or before[0].face is not Side.FRONT:
        return False
    numbers = {face.number for face in (*faces, *before) if face.number_sure}
    same = (faces[0].schedule, faces[0].document) == (before[0].schedule, before[0].document)
    return same and sheet.group == front.group and len(numbers) <= 1


@dataclass(frozen=True, slots=True)
class _Home:
    """Where sheets meet: a statement's sure number, or the first sheet of what stands alone."""

    number: str | None
    sheet: int


def _statements(sheets: list[_Sheet]) -> dict[str, _Home]:
    """3. The sure numbers of statements."""
    found: dict[str, _Home] = {}
    for sheet in sheets:
        said = sheet.numbered
        if sheet.faces and sheet.faces[0].document is Document.STATEMENT and said is not None and said.number_sure:
            found.setdefault(str(said.number), _Home(said.number, 0))
    return found


def _homes(sheets: list[_Sheet], statements: dict[str, _Home]) -> Iterable[tuple[_Home, _Sheet]]:
    """3, 4. The home of every sheet with a form. Return documents alone with one sure number share a home."""
    alone: dict[str, _Home] = {}
    for sheet in sheets:
        if not sheet.faces:
            continue
        said = sheet.numbered
        number = None if said is None else said.number
        is_return = sheet.faces[0].document is Document.RETURN
        if number is not None and said is not None and (said.number_sure or is_return) and number in statements:
            yield statements[number], sheet
        elif number is not None and said is not None and said.number_sure:
            yield alone.setdefault(number, _Home(number, 0)), sheet
        else:
            yield _Home(None, sheet.pages[0].sheet), sheet


def _enclosures(sheets: list[_Sheet], placed: dict[_Sheet, _Home]) -> Iterable[tuple[_Sheet, _Home]]:
    """5. The home of every enclosure that has one."""
    for _, members in groupby(sheets, key=lambda sheet: sheet.group):
        home: _Home | None = None
        waiting: list[_Sheet] = []
        for sheet in members:
            if sheet.cuts:
                # A form may lie on the sheet that cuts: what follows is with it.
                home, waiting = placed.get(sheet), []
            elif sheet in placed:
                home = placed[sheet]
                yield from ((early, home) for early in waiting)
                waiting = []
            elif sheet.has(PageLabel.ENCLOSURE) and home is not None:
                yield sheet, home
            elif sheet.has(PageLabel.ENCLOSURE):
                waiting.append(sheet)


def _group(home: _Home, forms: list[_Sheet], enclosures: list[_Sheet]) -> Group:
    own = [sheet for sheet in forms if sheet.faces[0].document is Document.STATEMENT]
    returned = [sheet for sheet in forms if sheet.faces[0].document is Document.RETURN]
    faces = [face for sheet in own for face in sheet.faces]
    return Group(
        number=home.number,
        schedule=(own or returned)[0].faces[0].schedule,
        statement=tuple(page for sheet in own for page in sheet.ids),
        returns=tuple(page for sheet in returned for page in sheet.ids),
        enclosures=tuple(page for sheet in enclosures for page in sheet.ids),
        reasons=(*_reasons(home, own, returned), *_designation_reasons(faces)),
        designation=_first(face.designation for face in faces),
        forms=_each_once(face.form for face in faces),
    )


def _first(texts: Iterable[str | None]) -> str | None:
    return next((text for text in texts if text is not None), None)


def _each_once(texts: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text is not None))


def _reasons(home: _Home, own: list[_Sheet], returned: list[_Sheet]) -> tuple[Reason, ...]:
    reasons = []
    if home.number is None:
        reasons.append(Reason("statement_number_unsure"))
    if not own:
        reasons.append(Reason("return_without_statement"))
    if own and all(sheet.faces[0].face is Side.BACK for sheet in own):
        reasons.append(Reason("back_without_front"))
    if len(own) > 1 and not _separate_forms(own):
        reasons.append(Reason("several_statement_sheets", (("count", str(len(own))),)))
    if home.number is not None and any(not _sure(sheet) for sheet in returned):
        reasons.append(Reason("return_number_unsure"))
    schedules = {face.schedule for sheet in (*own, *returned) for face in sheet.faces}
    if len(schedules) > 1:
        reasons.append(Reason("schedules_differ"))
    if any(len({face.number for face in sheet.faces if face.number_sure}) > 1 for sheet in (*own, *returned)):
        reasons.append(Reason("sides_differ"))
    return tuple(reasons)


def _separate_forms(own: list[_Sheet]) -> bool:
    """Several sheets of one number, each surely the form of another count or defendant (ss. 12, 13)."""
    faces = [sheet.faces[0] for sheet in own]
    shared = {face.designation for face in faces}
    said = _each_once(face.form for face in faces)
    return len(shared) == 1 and None not in shared and len(said) == len(own) and all(f.designations_sure for f in faces)


def _designation_reasons(faces: list[PairingPage]) -> list[Reason]:
    """What makes it doubtful which other forms a statement belongs with."""
    saying = [face for face in faces if face.designation is not None or face.form is not None]
    reasons = []
    if any(not face.designations_sure for face in saying):
        reasons.append(Reason("designation_unsure"))
    if len({face.designation for face in saying if face.designation is not None}) > 1:
        reasons.append(Reason("designations_differ"))
    return reasons


def _sure(sheet: _Sheet) -> bool:
    return sheet.numbered is not None and sheet.numbered.number_sure


def _text(field: Field | None) -> str | None:
    return field.value if field is not None and isinstance(field.value, str) else None
