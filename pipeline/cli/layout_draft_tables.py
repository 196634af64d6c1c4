"""Drafts of layouts as people and scripts read them."""

from __future__ import annotations

from collections.abc import Sequence

import click
from rich.markup import escape

from pipeline.cli.findings import finding_line
from pipeline.cli.localised import problem_told, say, sentence_of, words
from pipeline.cli.tables import Printer, plain_table, reason
from pipeline.custody.layouts import DraftState, LayoutDraft
from pipeline.evidence.canonical import Json
from pipeline.model import Reason
from pipeline.usecases.layouts import Conflict, DraftView, Refused, Saved
from pipeline.usecases.layouts.results import Tried, TriedPage


def print_drafts(found: Sequence[LayoutDraft]) -> None:
    """One line a draft."""
    table = plain_table(
        "table.draft", "table.layout", "table.state", "table.who", "table.at", numbers=("table.version",)
    )
    for its in found:
        at = its.saved_at.astimezone().isoformat(" ", "minutes")
        cells = (its.id, its.layout, words(f"draft.{its.state}"), its.saved_by, at, str(its.version))
        table.add_row(*(escape(cell) for cell in cells))
    Printer().table(table)


def print_draft(view: DraftView) -> None:
    """How it stands; what is wrong; what is to be decided; what the Regulation asks."""
    its, out = view.draft, Printer()
    out.line(f" {its.layout} · {words(f'draft.{its.state}')} · {view.version.number}", heading=its.id)
    out.line(words("layouts.draft_spaces", spaces=len(view.zones), like=its.begun.like))
    for problem in view.problems:
        out.line(f"  {problem_told(problem)}")
    for number, each in enumerate(view.decisions, start=1):
        out.line(f"{number:3}. {reason(each)} [{each.code}]")
    if view.conformity is not None:
        out.line(words("layouts.conforms" if view.conformity.holds else "layouts.does_not_conform"))
        for finding in view.conformity.findings:
            out.line(f"  {finding_line(finding)}")
    for deed in its.deeds:
        at = deed.at.astimezone().isoformat(" ", "minutes")
        out.line(f"{at}  {deed.who}  {words(f'draft.{deed.act}')} ({deed.version}) {deed.reason}".rstrip())


def print_tried(tried: Tried) -> None:
    """Each page: what it was taken for, and each space of the draft as it was read."""
    out = Printer()
    for page in tried.pages:
        out.line(_seen(page), heading=f"{page.name} {page.page_number} ")
        for each in page.reasons:
            out.line(f"  {reason(each)}")
        table = plain_table("table.field", "table.value", "table.decision", "table.why", numbers=("table.confidence",))
        for zone in page.zones:
            value = "" if zone.value is None else str(zone.value)
            why = "; ".join(reason(each) for each in zone.reasons)
            table.add_row(
                *(escape(cell) for cell in (zone.name, value, words(f"decision.{zone.decision}"), why)),
                f"{zone.confidence:.2f}",
            )
        if page.zones:
            out.table(table)
    if tried.left:
        say("layouts.try_left", count=tried.left)


def _seen(page: TriedPage) -> str:
    if page.failure is not None:
        return reason(page.failure)
    score = f"{page.score:.2f}"
    if page.identified:
        return words("layouts.tried_as_draft", score=score, residual_mm=f"{page.residual_mm or 0.0:.2f}")
    if page.found is not None:
        return words("layouts.tried_as_other", layout=page.found, score=score)
    return words("layouts.tried_as_none", score=score)


def tell_answer(answer: Saved | Conflict | Refused) -> None:
    """What became of it, to the person at the terminal."""
    if isinstance(answer, Saved):
        its = answer.draft
        code = "layouts.in_force" if its.state is DraftState.IN_FORCE else "layouts.saved"
        say(code, draft=its.id, layout=its.layout, version=its.version, state=words(f"draft.{its.state}"))
    elif isinstance(answer, Conflict):
        say("layouts.conflict", draft=answer.draft.id, version=answer.first.number, name=answer.first.who)
    else:
        for each in answer.reasons:
            say("layouts.refused", sentence=f"{reason(each)} [{each.code}]")
        for problem in answer.problems:
            click.echo(f"  {problem_told(problem)}", err=True)


def draft_document(its: LayoutDraft) -> Json:
    return {
        "id": its.id,
        "layout": its.layout,
        "like": its.begun.like,
        "state": its.state,
        "version": its.version,
        "saved_at": its.saved_at.isoformat(),
        "saved_by": its.saved_by,
        "in_force": its.in_force,
        "deeds": [
            {
                "act": each.act,
                "version": each.version,
                "at": each.at.isoformat(),
                "who": each.who,
                "reason": each.reason,
            }
            for each in its.deeds
        ],
    }


def view_document(view: DraftView) -> Json:
    conformity = view.conformity
    return {
        "draft": draft_document(view.draft),
        "version": view.version.number,
        "size_mm": list(view.size_mm),
        "zones": [
            {
                "name": zone.name,
                "kind": None if zone.its is None else zone.its.kind,
                "box_mm": list(zone.box_mm.as_tuple()),
                "marks": [{"name": mark.name, "box_mm": list(mark.box_mm.as_tuple())} for mark in zone.marks],
            }
            for zone in view.zones
        ],
        "problems": [
            {"code": each.code, "location": each.location, "sentence": sentence_of(each.code, dict(each.params))}
            for each in view.problems
        ],
        "decisions": [_reason(each) for each in view.decisions],
        "conforms": None if conformity is None else conformity.holds,
        "findings": [] if conformity is None else [finding_line(each) for each in conformity.findings],
    }


def tried_document(tried: Tried) -> Json:
    """Without the pictures."""
    return {
        "draft": tried.draft.id,
        "version": tried.version,
        "left": tried.left,
        "pages": [
            {
                "file": page.name,
                "page_number": page.page_number,
                "failure": None if page.failure is None else _reason(page.failure),
                "identified": page.identified,
                "found": page.found,
                "score": page.score,
                "residual_mm": page.residual_mm,
                "reasons": [_reason(each) for each in page.reasons],
                "zones": [
                    {
                        "name": zone.name,
                        "value": zone.value,
                        "confidence": zone.confidence,
                        "decision": zone.decision,
                        "box_px": list(zone.box_px.as_tuple()),
                        "reasons": [_reason(each) for each in zone.reasons],
                    }
                    for zone in page.zones
                ],
            }
            for page in tried.pages
        ],
    }


def _reason(its: Reason) -> Json:
    return {"code": its.code, **dict(its.params), "sentence": reason(its)}
