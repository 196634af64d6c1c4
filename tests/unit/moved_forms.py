"""A printing of a known form with boxes that lie elsewhere: blank, and filled, as a scanner gives them."""

from __future__ import annotations

from functools import lru_cache
from io import BytesIO

import numpy as np
from PIL import Image

from pipeline.layout import Layout, LayoutId
from pipeline.model import ColorImage, GrayImage
from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints
from pipeline.templates.authoring.file_text import file_text
from pipeline.templates.authoring.reference import whole_file
from pipeline.templates.document import LayoutFile
from pipeline.templates.layout_yaml import YamlValue, read_yaml
from pipeline.templates.placing import placed
from pipeline.templates.render import render_image
from pipeline.templates.schema import parse_layout
from samples.case import draw_case
from samples.fontpool import TRAIN
from samples.forms import Extras, compose, draw_stock, fill_face
from samples.generate import Writing, draw_hands
from samples.wear import Level

DPI = 300.0
LIKE = LayoutId("ii.return.front.fr@generic-1")
MOVED = LayoutId("ii.return.front.fr@rivage-1")
BELOW_MM, BY_MM = 50.0, 3.0
"""What stands below this line on the known form stands so much lower on the other printing."""


def file_of(layout: str) -> LayoutFile:
    """A shipped layout file with what it inherits and its issuer's words."""
    return whole_file(layout_texts()[layout], layout_texts(), load_imprints())


@lru_cache(maxsize=2)
def moved_text(like: str = LIKE, layout: str = MOVED) -> str:
    """The file of the other printing; it has no edition mark."""
    value, _ = read_yaml(file_text(file_of(like), comment="moved"))
    assert isinstance(value, dict)
    moved = {key: _moved(part) if key in ("zones", "texts", "artwork") else part for key, part in value.items()}
    del moved["edition_mark"]
    return file_text(LayoutFile.model_validate(moved | {"layout": layout}), comment="moved")


def _moved(parts: YamlValue) -> YamlValue:
    assert isinstance(parts, list)
    return [_part_moved(part) for part in parts if isinstance(part, dict)]


def _part_moved(part: dict[str, YamlValue]) -> YamlValue:
    where = next(part[key] for key in ("box_mm", "frame", "rule", "at") if key in part)
    assert isinstance(where, list)
    lower = BY_MM if float(str(where[1])) > BELOW_MM else 0.0
    return placed(part, scale=(1.0, 1.0), offset_mm=(0.0, lower))


@lru_cache(maxsize=2)
def moved_layout(like: str = LIKE, layout: str = MOVED) -> Layout:
    return parse_layout(
        moved_text(like, layout), source=f"{layout}.yaml", catalogue=load_catalogue(), imprints=load_imprints()
    )


@lru_cache(maxsize=2)
def blank_png(layout: Layout) -> bytes:
    """The blank form."""
    return _png(render_image(layout, load_fonts(), dpi=DPI))


def filled_png(layout: Layout, seed: int = 3) -> tuple[bytes, dict[str, str]]:
    """The form filled by machine, and what was entered, as it stands there."""
    rng = np.random.default_rng(seed)
    case = draw_case(rng, layout.schedule, layout.language)
    hands = draw_hands(rng, TRAIN, Level.CLEAN, Writing.PRINT)
    face = fill_face(layout, case, hands, Extras(barcode=False), rng, dpi=DPI)
    entries = {name: str(entry.value) for name, entry in face.entries.items() if entry.value is not None}
    return _png(compose(face, draw_stock(rng), dpi=DPI)), entries


def _png(image: GrayImage | ColorImage) -> bytes:
    data = BytesIO()
    Image.fromarray(image).save(data, "PNG", dpi=(DPI, DPI))
    return data.getvalue()
