"""`constat layouts`: the forms that constat knows, described and drawn; and drafts of new ones."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import click
from PIL import Image

from pipeline.cli.layout_check import check
from pipeline.cli.layout_drafts import COMMANDS
from pipeline.cli.layouts_new import new
from pipeline.cli.localised import option, say, words
from pipeline.config import load_settings
from pipeline.errors import OperatorError
from pipeline.model import Layout
from pipeline.templates.description import describe
from pipeline.templates.fonts import Fonts
from pipeline.templates.render import render_image, render_pdf
from pipeline.wiring import fonts, known_layouts

LEAST_DPI, GREATEST_DPI = 50, 1200


@click.group("layouts", help=words("help.layouts"), subcommand_metavar=words("help.command_metavar"))
def group() -> None:
    pass


group.add_command(new)


group.add_command(check)


for _command in COMMANDS:
    group.add_command(_command)


@group.command("list", help=words("help.layouts.list"))
@option("--json", "as_json", help_code="help.json", is_flag=True)
def list_layouts(as_json: bool) -> None:
    ids = [str(layout.id) for layout in known(withdrawn=False)]
    click.echo(json.dumps(ids, indent=1) if as_json else "\n".join(ids))


@group.command("show", help=words("help.layouts.show"))
@click.argument("layout_id", metavar="ID")
@option("--json", "as_json", help_code="help.json", is_flag=True)
def show(layout_id: str, as_json: bool) -> None:
    layout = found(layout_id)
    if as_json:
        click.echo(json.dumps(describe(layout), ensure_ascii=False, indent=1))
        return
    width_mm, height_mm = layout.size_mm
    click.echo(f"{layout.id}  {width_mm:g} x {height_mm:g} mm")
    for zone in layout.zones:
        x, y, width, height = zone.box_mm.as_tuple()
        notes = " ".join(word for word, holds in (("critical", zone.critical), (zone.need.value, True)) if holds)
        click.echo(f"  {zone.name:<36}{zone.kind.value:<14}{x:7.1f}{y:7.1f}{width:7.1f}{height:7.1f}  {notes}")


@group.command("render", help=words("help.layouts.render"))
@click.argument("layout_id", metavar="ID")
@option(
    "--out",
    help_code="help.layouts.out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=words("metavar.file"),
)
@option(
    "--dpi",
    help_code="help.layouts.dpi",
    type=click.IntRange(LEAST_DPI, GREATEST_DPI),
    default=300,
    show_default=True,
    metavar="N",
)
def render(layout_id: str, out: Path, dpi: int) -> None:
    data = drawn(found(layout_id), fonts(), suffix=out.suffix.lower(), dpi=dpi)
    try:
        out.write_bytes(data)
    except OSError as error:
        raise OperatorError("cannot_write", path=str(out), why=error.strerror or str(error)) from error
    say("layouts.rendered", path=str(out), size_bytes=len(data))


def known(*, withdrawn: bool = True) -> tuple[Layout, ...]:
    """The forms shipped, those of the site's folder and those put in force. Raises as `known_layouts`."""
    return known_layouts(load_settings(), withdrawn=withdrawn)


def found(layout_id: str) -> Layout:
    """Raises OperatorError `unknown_layout`."""
    for layout in known():
        if layout.id == layout_id:
            return layout
    raise OperatorError("unknown_layout", layout=layout_id)


def drawn(layout: Layout, faces: Fonts, *, suffix: str, dpi: int) -> bytes:
    """A PDF or PNG file of the blank form. Raises OperatorError `unknown_picture_format` for another suffix."""
    if suffix == ".pdf":
        return render_pdf(layout, faces)
    if suffix == ".png":
        picture = BytesIO()
        Image.fromarray(render_image(layout, faces, dpi=dpi)).save(picture, "PNG", dpi=(dpi, dpi))
        return picture.getvalue()
    raise OperatorError("unknown_picture_format", suffix=suffix or "?")
