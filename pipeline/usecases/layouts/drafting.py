"""Drafts begun and edited. A version is only ever added: what an edit took away is in the one before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO
from typing import Final

from pydantic import ValidationError

from pipeline.custody import plain_text
from pipeline.custody.layouts import BlankForm, DraftBegun, DraftState, DraftVersion, LayoutDraft
from pipeline.custody.people import Permission
from pipeline.errors import InputRefused, OperatorError
from pipeline.model import Layout, LayoutId, Reason
from pipeline.ports import RecordsTransaction
from pipeline.templates.authoring.file_text import file_text
from pipeline.templates.authoring.reference import whole_file
from pipeline.templates.document import LAYOUT_ID, LayoutFile, TextPart
from pipeline.templates.layout_yaml import YamlError, read_yaml
from pipeline.templates.problem import LayoutInvalid, Problem
from pipeline.templates.schema import MAX_CHARACTERS, parse_layout
from pipeline.usecases.layouts.deciding import still_open
from pipeline.usecases.layouts.desk import MOST_SCAN_BYTES, BlankScan, KnownForms, LayoutDesk, face_of
from pipeline.usecases.layouts.editing import Around, edited
from pipeline.usecases.layouts.edits import Edit
from pipeline.usecases.layouts.entries import record_begun, record_version
from pipeline.usecases.layouts.results import Conflict, Refused, Saved
from pipeline.usecases.layouts.standing import draft_named, drafts, newest_of, version_of
from pipeline.usecases.permissions import permissions_of

MOST_EDITS: Final = 400
"""As many as a form may have spaces."""
_ID: Final = re.compile(LAYOUT_ID)


def begin_draft(blank: BlankScan, *, who: str, desk: LayoutDesk) -> LayoutDraft:
    """A draft from the scan of a blank form; takes some seconds.

    Args:
        who: an account that may draft layouts.

    Raises:
        OperatorError: `no_layout_id`, `layout_face_differs`, `unknown_layout`, `layout_id_taken`, `account_may_not`;
            `resolution_unknown`.
        InputRefused: the scan is too large, damaged or of no known sort.
        Unavailable: as `LayoutBench`, and `data_dir_busy`.
    """
    require_new_id(blank.layout, like=blank.like, desk=desk)
    if len(blank.upload.data) > MOST_SCAN_BYTES:
        raise InputRefused("file_too_large", size_bytes=len(blank.upload.data), limit_bytes=MOST_SCAN_BYTES)
    made = desk.bench.propose(blank)
    with desk.holding() as keeping:
        scan, picture = (keeping.objects.put(BytesIO(data)) for data in (blank.upload.data, made.picture))
        form = BlankForm(
            scan=scan.digest,
            file_name=plain_text(blank.upload.name),
            page_number=blank.page_number,
            picture=picture.digest,
            picture_dpi=made.picture_dpi,
            scan_from_layout=made.scan_from_layout,
        )
        with keeping.records.transaction() as change:
            require_may(who, Permission.DRAFT_LAYOUTS, change)
            require_free(blank.layout, change)
            for ref in (scan, picture):
                change.objects.put(ref)
            row = DraftBegun(change.layouts.new_id(), blank.layout, blank.like, form, keeping.clock.now(), who)
            record_begun(row, change)
            record_version(DraftVersion(row.id, 1, made.text, made.decisions, row.at, who, "begun"), change)
            return draft_named(row.id, records=change.layouts)


def require_new_id(layout: str, *, like: str, desk: LayoutDesk) -> LayoutId:
    """The id of a layout that is to be drafted.

    Raises:
        OperatorError: `no_layout_id`; `unknown_layout`; `layout_face_differs`: it is not of the known layout's face;
            `layout_id_taken`: a known form or another draft has it.
    """
    named = require_face(layout, like=like)
    forms = desk.forms()
    if like not in forms.texts:
        raise OperatorError("unknown_layout", layout=like)
    if layout in forms.texts or _drafted(layout, drafts(records=desk.keeping.records.layouts)):
        raise OperatorError("layout_id_taken", layout=layout, place="constat")
    return named


def require_face(layout: str, *, like: str) -> LayoutId:
    """Raises OperatorError `no_layout_id`, `layout_face_differs`."""
    if not _ID.fullmatch(layout):
        raise OperatorError("no_layout_id", layout=plain_text(layout)[:80])
    if face_of(layout) != face_of(like):
        raise OperatorError("layout_face_differs", layout=layout, like=plain_text(like)[:80])
    return LayoutId(layout)


def change_draft(
    draft: str, version: int, edits: Sequence[Edit], *, who: str, desk: LayoutDesk
) -> Saved | Conflict | Refused:
    """Make edits, in order, as one new version.

    Args:
        version: the one that the person saw.

    Raises:
        OperatorError: `unknown_draft`.
    """
    if not edits or len(edits) > MOST_EDITS:
        return Refused((Reason("layout_edits_many", (("most", str(MOST_EDITS)),)),))
    forms = desk.forms()
    with desk.keeping.records.transaction() as change:
        before = _to_change(draft, version, who, change)
        if not isinstance(before, DraftVersion):
            return before
        its = draft_named(draft, records=change.layouts)
        file = edited(file_of(before.text), edits, _around(its, forms))
        if isinstance(file, Reason):
            return Refused((file,))
        text = file_text(file, comment=_comment(before.text))
        if len(text) > MAX_CHARACTERS:
            return Refused(
                (Reason("layout_file_large", (("characters", str(len(text))), ("most", str(MAX_CHARACTERS)))),)
            )
        decisions = still_open(before.decisions, file, edits)
        return _saved(replace(before, text=text, decisions=decisions, note="edited"), who, change, desk)


def restore_draft(draft: str, version: int, restored: int, *, who: str, desk: LayoutDesk) -> Saved | Conflict | Refused:
    """Make an earlier version the newest, as a new one. Raises as above; OperatorError `unknown_draft_version`."""
    with desk.keeping.records.transaction() as change:
        before = _to_change(draft, version, who, change)
        if not isinstance(before, DraftVersion):
            return before
        old = version_of(draft_named(draft, records=change.layouts), restored, records=change.layouts)
        return _saved(replace(before, text=old.text, decisions=old.decisions, note="restored"), who, change, desk)


def save_text(draft: str, version: int, text: str, *, who: str, desk: LayoutDesk) -> Saved | Conflict | Refused:
    """Save a layout file that was edited by hand. It must have the layout's id, be well-formed, and extend no other:
    an edition in force must not change with a file beside it. Raises as `change_draft`."""
    forms = desk.forms()
    with desk.keeping.records.transaction() as change:
        before = _to_change(draft, version, who, change)
        if not isinstance(before, DraftVersion):
            return before
        its = draft_named(draft, records=change.layouts)
        refused = _unfit(text, its, forms)
        if refused is not None:
            return refused
        decisions = still_open(before.decisions, file_of(text), ())
        return _saved(replace(before, text=text, decisions=decisions, note="text"), who, change, desk)


def file_of(text: str) -> LayoutFile:
    """The layout file of a saved version, its issuer's words not put in; such a text is always well-formed."""
    return LayoutFile.model_validate(read_yaml(text)[0])


def require_may(who: str, permission: Permission, change: RecordsTransaction) -> None:
    """Raises OperatorError `account_may_not`: there is no such account now, or its roles do not allow it."""
    account = change.people.named(who)
    if account is None or account.disabled or permission not in permissions_of(account.roles):
        raise OperatorError("account_may_not", name=who)


def require_free(layout: str, change: RecordsTransaction) -> None:
    """Raises OperatorError `layout_id_taken`: a draft that is not given up has this id, or had it in force."""
    if _drafted(layout, tuple(draft_named(row.id, records=change.layouts) for row in change.layouts.begun())):
        raise OperatorError("layout_id_taken", layout=layout, place="constat")


def _drafted(layout: str, known: Sequence[LayoutDraft]) -> bool:
    """Pages may refer to what was in force once, and so its id is taken for good."""
    return any(
        its.layout == layout and (its.state is not DraftState.WITHDRAWN or its.in_force is not None) for its in known
    )


def _to_change(draft: str, version: int, who: str, change: RecordsTransaction) -> DraftVersion | Conflict | Refused:
    """The newest version, for a person who may change it and has seen it."""
    require_may(who, Permission.DRAFT_LAYOUTS, change)
    its = draft_named(draft, records=change.layouts)
    newest = newest_of(its.id, records=change.layouts)
    if its.state in (DraftState.IN_FORCE, DraftState.WITHDRAWN):
        return Refused((Reason("layout_draft_done", (("draft", its.id), ("state", its.state))),))
    return newest if newest.number == version else Conflict(its, newest)


def _saved(version: DraftVersion, who: str, change: RecordsTransaction, desk: LayoutDesk) -> Saved:
    new = replace(version, number=version.number + 1, at=desk.keeping.clock.now(), who=who)
    record_version(new, change)
    return Saved(draft_named(version.draft, records=change.layouts))


def _around(draft: LayoutDraft, forms: KnownForms) -> Around:
    """The known layout's compulsory texts, in the language of the draft where there is a known form in it."""
    language = draft.layout.partition("@")[0].rpartition(".")[2]
    names = [name for name in forms.texts if face_of(name) == face_of(draft.layout)]
    names.sort(key=lambda name: (f".{language}@" not in name, name != draft.begun.like, name))
    wording: dict[str, TextPart] = {}
    for name in reversed(names):
        file = whole_file(forms.texts[name], forms.texts, forms.imprints)
        wording |= {text.name: text for text in file.texts if text.name is not None}
    return Around(forms.face(draft.layout), wording)


def _comment(text: str) -> str:
    first = text.partition("\n")[0]
    return first.removeprefix("#").strip() if first.startswith("#") else "constat"


def _unfit(text: str, draft: LayoutDraft, forms: KnownForms) -> Refused | None:
    """Why a text cannot be a version at all. One with other problems can: they are shown, and keep it from force."""
    source = f"{draft.layout}.yaml"
    problems = problems_of(text, source, forms)[1]
    try:
        value = read_yaml(text[:MAX_CHARACTERS])[0]
        if isinstance(value, dict) and "extends" in value:
            return Refused((Reason("layout_draft_extends", (("found", str(value["extends"])[:80]),)),))
        found = LayoutFile.model_validate(value)
    except (YamlError, ValidationError):
        facts = (("source", source), ("problems", str(len(problems))))
        return Refused((Reason("layout_invalid", facts),), problems)
    if found.layout != draft.layout:
        return Refused((Reason("layout_draft_other", (("layout", draft.layout), ("found", found.layout))),))
    return None


def problems_of(text: str, source: str, forms: KnownForms) -> tuple[Layout | None, tuple[Problem, ...]]:
    """What a layout file describes, faults and all, and what is wrong with it."""
    try:
        return parse_layout(text, source=source, catalogue=forms.catalogue, imprints=forms.imprints), ()
    except LayoutInvalid as error:
        return error.layout, error.problems
