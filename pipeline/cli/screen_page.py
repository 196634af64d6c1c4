"""Page screens as one HTML page without scripts: layers laid on each other, each shown or hidden by a check box."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from pipeline.cli.localised import named_facts
from pipeline.geometry import BoxMm
from pipeline.messages import LANGUAGES, LanguageCode, sentence
from pipeline.model import Language
from pipeline.screens.page_screen import Annotation, PageScreen, ScreenReading
from pipeline.wiring import particular_name

_STYLE = """
:root { color-scheme: light; }
body { margin: 0; font: 15px/1.45 system-ui, sans-serif; color: #1c1c22; background: #e9e9ec; }
header, article { max-width: 82rem; margin: 1rem auto; padding: 1rem 1.4rem; background: #fff; }
h1 { font-size: 1.25rem; margin: 0 0 .4rem; } h2 { font-size: 1.05rem; margin: 0 0 .5rem; }
body > input { margin: .7rem 0 .7rem 1.4rem; }
nav a, .sections a { margin-right: .9rem; }
label { margin: 0 1rem 0 .2rem; white-space: nowrap; }
.sheet { position: relative; margin: .8rem 0; background: #fff; outline: 1px solid #b8b8c0; }
.sheet img { position: absolute; inset: 0; width: 100%; height: 100%; }
.sheet i { position: absolute; box-sizing: border-box; }
.sheet i.readings { border: 2px solid #14824a66; } .sheet i.readings.review { border-color: #cd5f00aa; }
.sheet i.annotations { border: 2px dashed #b00020; } .sheet i.target { scroll-margin-top: 1rem; }
table { border-collapse: collapse; width: 100%; }
td { text-align: left; padding: .15rem .8rem .15rem 0; vertical-align: top; }
tr { border-bottom: 1px solid #e4e4e8; } .review { color: #a84b00; } .empty { color: #70707a; }
pre { white-space: pre-wrap; } .hash { color: #60606a; font-size: .85em; overflow-wrap: anywhere; }
#fr:checked ~ * [lang=en], #en:checked ~ * [lang=fr] { display: none; }
"""
_OVERLAYS = ("readings", "annotations")
_VALUES = ("true", "false", "present", "absent")
_MARK = re.compile(r"[a-z]+(_[a-z]+)*")
"""The name of a check box, which is what a choice is read as."""
_OPAQUE = ("whole", "filled")
"""Views that hide what lies beneath."""


@dataclass(frozen=True, slots=True)
class ShownView:
    """A file of a page screen: `name` is one of `screen_folder.VIEWS`."""

    name: str
    file: str


@dataclass(frozen=True, slots=True, eq=False)
class ShownPage:
    """A page screen, or a section of one, with its files; `order` counts from 1 in the order of the paper."""

    order: int
    screen: PageScreen
    views: tuple[ShownView, ...]


def html_page(pages: Sequence[ShownPage], statement: str) -> str:
    """The page, headed by the number of the statement; it needs nothing but the PNG files beside it."""
    views = dict.fromkeys(view.name for page in pages for view in page.views)
    hiding = "".join(
        f".t-{name}:not(:checked) ~ .sheet .{name} {{ display: none; }}\n" for name in (*views, *_OVERLAYS)
    )
    links = "".join(f'<a href="#p{number}">{number}. {_heading(page.screen)}</a>' for number, page in _numbered(pages))
    whose = f"{_both('screens.statement', number=statement)} · " if statement else ""
    heading = whose + _both("screens.title")
    articles = "\n".join(_article(number, page) for number, page in _numbered(pages))
    return (
        '<!doctype html>\n<html lang="fr"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(statement)} Pages-écrans / Page screens</title><style>{_STYLE}{hiding}</style></head><body>\n"
        '<input type="radio" name="language" id="fr" checked><label for="fr">Français</label>'
        '<input type="radio" name="language" id="en"><label for="en">English</label>\n'
        f"<header><h1>{heading}</h1><p>{_both('screens.explained')}</p><nav>{links}</nav></header>\n"
        f"<main>\n{articles}\n</main></body></html>\n"
    )


def _numbered(pages: Sequence[ShownPage]) -> Iterator[tuple[int, ShownPage]]:
    return enumerate(pages, start=1)


def _both(code: str, **facts: object) -> str:
    """A sentence in both languages, of which the page shows one."""
    return "".join(f'<span lang="{its}">{escape(sentence(code, facts, language=its))}</span>' for its in LANGUAGES)


def _heading(screen: PageScreen) -> str:
    return f"{_both(f'screens.role.{screen.role}')}, {_both(f'side.{screen.side}')}"


def _article(number: int, page: ShownPage) -> str:
    screen = page.screen
    parts = [f'<article id="p{number}"><h2>{number}. {_heading(screen)}</h2>']
    names = [view.name for view in page.views]
    for name in (*names, *_OVERLAYS):
        # The whole page over its layers would hide that they were shown or hidden.
        checked = "" if name in _OVERLAYS or (name in _OPAQUE and len(names) > 1) else " checked"
        parts.append(
            f'<input type="checkbox" class="t-{name}" id="p{number}-{name}"{checked}>'
            f'<label for="p{number}-{name}">{_both(f"screens.view.{name}")}</label>'
        )
    parts += [_section_links(number, screen), _sheet(number, page), _tables(screen)]
    if screen.text and not screen.readings:
        parts.append(f"<pre>{escape(screen.text)}</pre>")
    parts.append(f'<p class="hash">{escape(screen.page)} · SHA-256 {escape(screen.sha256)}</p></article>')
    return "\n".join(parts)


def _section_links(number: int, screen: PageScreen) -> str:
    if len(screen.sections) < 2:
        return ""
    links = "".join(f'<a href="#p{number}-s-{escape(its.name)}">{escape(its.title)}</a>' for its in screen.sections)
    return f'<p class="sections">{_both("screens.sections")} {links}</p>'


def _sheet(number: int, page: ShownPage) -> str:
    screen = page.screen
    width_mm, height_mm = screen.size_mm
    images = "".join(
        f'<img class="{view.name}" src="{escape(view.file)}" alt="" loading="lazy">'
        for view in sorted(page.views, key=lambda view: view.name not in _OPAQUE)
    )
    targets = "".join(
        f'<i class="target" id="p{number}-s-{escape(its.name)}" style="{_place(its.box_mm, screen)}"></i>'
        for its in screen.sections
    )
    readings = "".join(
        f'<i class="readings {its.decision}" title="{escape(_said(its))}" style="{_place(its.box_mm, screen)}"></i>'
        for its in screen.readings
    )
    notes = "".join(
        f'<i class="annotations" title="{escape(_hint(note))}" style="{_place(note.box_mm, screen)}"></i>'
        for note in screen.annotations
        if note.box_mm is not None
    )
    ratio = f"aspect-ratio: {width_mm:.2f} / {height_mm:.2f}; max-width: {4.2 * width_mm:.0f}px"
    return f'<div class="sheet" style="{ratio}">{images}{targets}{readings}{notes}</div>'


def _place(box_mm: BoxMm, screen: PageScreen) -> str:
    width_mm, height_mm = screen.size_mm
    shares = (box_mm.x / width_mm, box_mm.y / height_mm, box_mm.width / width_mm, box_mm.height / height_mm)
    return "; ".join(
        f"{side}: {100 * share:.3f}%" for side, share in zip(("left", "top", "width", "height"), shares, strict=True)
    )


def note_in(note: Annotation, language: LanguageCode) -> str:
    """The sentence of an annotation, particulars by their names for people."""
    return sentence(note.code, named_facts(dict(note.params), language), language=language)


def _hint(note: Annotation) -> str:
    return " / ".join(note_in(note, its) for its in LANGUAGES)


def _note(note: Annotation, screen: PageScreen) -> str:
    """In both languages; with the particular's name before it where it is about one."""
    about = next((its.label for its in screen.readings if note.box_mm == its.box_mm), None)
    said = "".join(f'<span lang="{its}">{escape(note_in(note, its))}</span>' for its in LANGUAGES)
    return f"<li>{'' if about is None else f'<b>{escape(about)}</b> : '}{said}</li>"


def _said(reading: ScreenReading) -> str:
    return f"{reading.label} : {reading.text or '-'}"


def _text(reading: ScreenReading) -> str:
    """As read; marks and presence by their words."""
    if reading.text in _VALUES:
        return _both(f"value.{reading.text}")
    if reading.text == reading.value and _MARK.fullmatch(reading.text):
        names = {its: particular_name(reading.text, Language(its)) for its in LANGUAGES}
        return "".join(f'<span lang="{its}">{escape(name)}</span>' for its, name in names.items())
    return escape(reading.text) or "-"


def _tables(screen: PageScreen) -> str:
    rows = "".join(
        f'<tr class="{its.decision}"><td>{escape(its.label)}</td><td>{_text(its)}</td>'
        f"<td>{_both(f'decision.{its.decision}')}</td></tr>"
        for its in screen.readings
        if its.text or its.decision != "empty"
    )
    notes = "".join(_note(note, screen) for note in screen.annotations)
    return (f"<table>{rows}</table>" if rows else "") + (f"<ul>{notes}</ul>" if notes else "")
