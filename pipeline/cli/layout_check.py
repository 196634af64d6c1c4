"""`constat layouts check`: whether forms are as the Regulation asks, with the section of each fault."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from pipeline.cli.findings import finding_line, named_texts
from pipeline.cli.localised import LANGUAGE, option, sentence_of, stop, words
from pipeline.config import load_settings
from pipeline.conformity import Conformity, Finding, Weight
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import Json
from pipeline.model import Language, Layout
from pipeline.templates.conformity import check_layout, with_problems
from pipeline.templates.problem import LayoutInvalid, LayoutsInvalid
from pipeline.usecases.documents import conformity_json
from pipeline.wiring import catalogue, fonts, known_layouts, layout_file, requirements

SUFFIXES = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict on one layout: its id, and its file where it was given as one."""

    layout: str
    verdict: Conformity
    file: str | None = None


@click.command("check", help=words("help.layouts.check"))
@click.argument("which", nargs=-1, metavar=words("metavar.layouts"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def check(which: tuple[str, ...], as_json: bool) -> None:
    results = [one for given in which for one in _checked(given)] if which else _all()
    if as_json:
        click.echo(json.dumps([_document(one) for one in results], ensure_ascii=False, indent=1))
    else:
        for one in results:
            _print(one)
        faulty = sum(not one.verdict.holds for one in results)
        click.echo(words("layouts.checked", count=len(results), faulty=faulty))
    if not all(one.verdict.holds for one in results):
        stop(1)


def _all() -> list[Checked]:
    try:
        known = known_layouts(load_settings(), withdrawn=False)
    except LayoutsInvalid as error:
        return [_refused(one) for one in error.errors]
    except LayoutInvalid as error:
        return [_refused(error)]
    return [_verdict(layout, known) for layout in known]


def _checked(given: str) -> list[Checked]:
    """Raises OperatorError `unknown_layout`, `layout_unreadable`."""
    if not given.endswith(SUFFIXES):
        known = known_layouts(load_settings())
        found = [layout for layout in known if layout.id == given]
        if not found:
            raise OperatorError("unknown_layout", layout=given)
        return [_verdict(found[0], known)]
    try:
        layout = layout_file(Path(given))
    except LayoutInvalid as error:
        return [_refused(error)]
    others = [other for other in _known_or_none() if other.id != layout.id]
    return [_verdict(layout, others, file=given)]


def _known_or_none() -> Sequence[Layout]:
    """The other faces of a file's edition; a faulty folder of the site does not keep a file from being checked."""
    try:
        return known_layouts(load_settings())
    except (LayoutInvalid, LayoutsInvalid):
        return ()


def _verdict(layout: Layout, known: Sequence[Layout], *, file: str | None = None) -> Checked:
    verdict = check_layout(
        layout, catalogue=catalogue(), requirements=requirements(), fonts=fonts(), edition=tuple(known)
    )
    return Checked(layout.id, verdict, file)


def _refused(error: LayoutInvalid) -> Checked:
    """The verdict on a file that cannot be used: its problems, and what its layout lacks as far as it can be seen."""
    source = str(error.params["source"])
    layout_id = Path(source).name.removesuffix(SUFFIXES[0])
    seen = Conformity() if error.layout is None else _verdict(error.layout, _known_or_none()).verdict
    return Checked(layout_id, with_problems(seen, error.problems, layout_id, catalogue=catalogue()), source)


def _print(one: Checked) -> None:
    verdict = words("layouts.conforms" if one.verdict.holds else "layouts.does_not_conform")
    click.echo(f"{one.layout}  {verdict}")
    face = one.layout.rpartition(".")[0]
    for finding in one.verdict.findings:
        click.echo(f"  {finding_line(finding)}")
        asked = requirements().asked(face, finding.section, finding.place)
        if asked is not None and finding.weight is not Weight.NOTE:
            click.echo(f"      {asked.in_language(Language(LANGUAGE))}")
    if one.verdict.translations:
        click.echo(f"  {words('layouts.translations', names=named_texts(one.verdict.translations))}")


def _document(one: Checked) -> dict[str, Json]:
    face = one.layout.rpartition(".")[0]

    def asked(finding: Finding) -> str | None:
        says = requirements().asked(face, finding.section, finding.place)
        return None if says is None else says.in_language(Language(LANGUAGE))

    return {"layout": one.layout, "file": one.file, **conformity_json(one.verdict, say=sentence_of, asked=asked)}
