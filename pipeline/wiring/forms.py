"""Forms, their words and whose they are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config import Settings
from pipeline.custody.layouts import Edition
from pipeline.errors import OperatorError
from pipeline.model import Language, Layout, LayoutId, PageBytes

if TYPE_CHECKING:
    from pipeline.templates.catalogue import Catalogue
    from pipeline.templates.fonts import Fonts
    from pipeline.templates.imprint import Imprint
    from pipeline.templates.requirements import Requirements
    from pipeline.usecases.author_layout import Authored
    from pipeline.usecases.layouts.desk import KnownForms


def layouts(layouts_dir: Path | None = None) -> tuple[Layout, ...]:
    """The forms that are known: those shipped and those of a site's folder. Raises as `load_layouts`."""
    from pipeline.storage.layout_files import load_layouts

    return load_layouts(layouts_dir)


def with_editions(editions: Iterable[Edition], layouts_dir: Path | None = None) -> tuple[Layout, ...]:
    """The forms that are files, and these editions, by id. Raises as `load_layouts` and `load_edition`."""
    from pipeline.storage.layout_files import load_edition

    own = (load_edition(its.layout, its.text, layouts_dir) for its in editions)
    return tuple(sorted((*layouts(layouts_dir), *own), key=lambda layout: layout.id))


def known_forms(editions: Iterable[Edition], layouts_dir: Path | None = None) -> KnownForms:
    """By what drafts are proposed and judged. Raises as `with_editions`."""
    from pipeline.storage.layout_files import layout_texts, load_imprints
    from pipeline.usecases.layouts.desk import KnownForms

    files, own = layout_texts(layouts_dir), tuple(editions)
    return KnownForms(
        texts=files | {its.layout: its.text for its in own},
        fixed=frozenset(files),
        layouts={layout.id: layout for layout in with_editions(own, layouts_dir)},
        imprints=load_imprints(layouts_dir),
        catalogue=catalogue(),
        requirements=requirements(),
        fonts=fonts(),
    )


def draft_layout(layout: LayoutId, text: str, layouts_dir: Path | None = None) -> Layout:
    """The layout of a draft's text. Raises LayoutInvalid."""
    from pipeline.storage.layout_files import load_imprints

    return _parsed(text, f"{layout}.yaml", {}, load_imprints(layouts_dir))


def layout_file(path: Path) -> Layout:
    """A layout by its file. Raises as `load_layout_file`."""
    from pipeline.storage.layout_files import load_layout_file

    return load_layout_file(path)


def fonts() -> Fonts:
    from pipeline.storage.layout_files import load_fonts

    return load_fonts()


def catalogue() -> Catalogue:
    from pipeline.storage.layout_files import load_catalogue

    return load_catalogue()


def requirements() -> Requirements:
    from pipeline.storage.layout_files import load_requirements

    return load_requirements()


def proposed_layout(
    scan: PageBytes,
    layout: LayoutId,
    *,
    like: LayoutId,
    layouts_dir: Path | None = None,
    editions: Iterable[Edition] = (),
) -> Authored:
    """A layout proposed from the scan of a blank form. Raises as `author_layout`; OperatorError `unknown_layout`."""
    from pipeline.ocr.engines.tesseract_words import TesseractWords
    from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints
    from pipeline.templates.authoring.reference import language_of, reference, whole_file, whole_files
    from pipeline.usecases.author_layout import author_layout

    texts = layout_texts(layouts_dir) | {its.layout: its.text for its in editions}
    imprints = load_imprints(layouts_dir)
    if like not in texts:
        raise OperatorError("unknown_layout", layout=like)
    face = like.split("@")[0].rpartition(".")[0]
    files = whole_files(texts, imprints) | {like: whole_file(texts[like], texts, imprints)}
    same = {name for name in files if name.startswith(f"{face}.")}
    known = reference(
        files[like],
        load_catalogue().face(face),
        [files[name] for name in files if name in same and name != like],
        [file for name, file in files.items() if name not in same],
        language=language_of(layout),
    )
    return author_layout(
        scan,
        layout,
        known=known,
        reader=TesseractWords(),
        fonts=load_fonts(),
        parse=partial(_parsed, parents=texts, imprints=imprints),
    )


def _parsed(text: str, source: str, parents: Mapping[str, str], imprints: Mapping[str, Imprint]) -> Layout:
    from pipeline.storage.layout_files import load_catalogue
    from pipeline.templates.schema import parse_layout

    return parse_layout(text, source=source, catalogue=load_catalogue(), parents=parents, imprints=imprints)


def particular_name(name: str, language: Language) -> str:
    """A particular's or mark's name for people; the canonical name where the catalogue words none."""
    from pipeline.storage.layout_files import load_catalogue

    return load_catalogue().label(name, language)


def require_issuer(name: str, settings: Settings) -> None:
    """Raises OperatorError `issuer_unknown`, naming those there are."""
    from pipeline.storage.issuer_files import issuer_named, issuers_below

    issuer_named(name, None if settings.layouts_dir is None else issuers_below(settings.layouts_dir))
