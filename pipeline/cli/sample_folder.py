"""A sample as a folder to carry to the box: pictures of its pages, a sheet to look at them, a form to fill."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

from pipeline.cli.localised import LANGUAGE
from pipeline.custody.boxes import PageVerdict, Sample
from pipeline.errors import OperatorError
from pipeline.messages import LANGUAGES, sentence
from pipeline.model import PageId
from pipeline.usecases.quality_sample import PageToCompare

INDEX = "index.html"
FORM = "form.csv"
COLUMNS = ("page", "batch", "sheet", "side", "file", "verdict", "note")
_FORMULA = re.compile(r"^[=+\-@\t\r]")
MOST_FORM_BYTES = 5_000_000

_STYLE = """
body { font: 11pt/1.4 sans-serif; margin: 1.5em; color: #111; background: #fff; }
h1 { font-size: 1.3em; } h2 { font-size: 1em; margin: .2em 0; }
section { break-inside: avoid; border-top: 1px solid #999; padding: .8em 0; }
img { max-width: 100%; border: 1px solid #999; } p.en { color: #444; } .box { white-space: pre; }
"""


def write_folder(
    folder: Path, sample: Sample, pages: Sequence[PageToCompare], pictures: Mapping[PageId, bytes]
) -> None:
    """Write the pictures, `index.html` and `form.csv` into a new or empty folder.

    Raises:
        OperatorError: `folder_not_empty`; `cannot_write`.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise OperatorError("folder_not_empty", path=str(folder))
        for page, data in pictures.items():
            (folder / _picture(page)).write_bytes(data)
        (folder / INDEX).write_text(index_page(sample, pages), encoding="utf-8")
        # The mark at its start tells spreadsheets that this is UTF-8.
        (folder / FORM).write_text(form(pages), encoding="utf-8-sig", newline="")
    except OSError as error:
        raise OperatorError("cannot_write", path=str(folder), why=error.strerror or str(error)) from error


def form(pages: Sequence[PageToCompare]) -> str:
    """The form as CSV: one line a page, verdict and note to be filled."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for its in pages:
        row = its.row
        writer.writerow([row.id, row.batch, row.sheet, row.side, _cell(its.file_name), its.sampled.verdict or "", ""])
    return out.getvalue()


def filled_form(path: Path) -> dict[PageId, tuple[PageVerdict, str]]:
    """The verdicts of a filled form; lines without one are left out.

    Raises:
        OperatorError: `form_unreadable`; `form_faulty`, naming every wrong line at once; `form_empty`.
    """
    try:
        if path.stat().st_size > MOST_FORM_BYTES:
            raise OperatorError("form_unreadable", path=str(path), why=f"> {MOST_FORM_BYTES}")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise OperatorError(
            "form_unreadable", path=str(path), why=getattr(error, "strerror", None) or str(error)
        ) from error
    # Spreadsheets of French settings write semicolons.
    delimiter = ";" if text.partition("\n")[0].count(";") > text.partition("\n")[0].count(",") else ","
    rows = csv.DictReader(io.StringIO(text), delimiter=delimiter)
    if not {"page", "verdict"} <= set(rows.fieldnames or ()):
        raise OperatorError("form_faulty", path=str(path), lines="1")
    found: dict[PageId, tuple[PageVerdict, str]] = {}
    faulty: list[str] = []
    for row in rows:
        word = (row["verdict"] or "").strip().lower()
        if word in set(PageVerdict) and row["page"]:
            found[PageId(row["page"].strip())] = (PageVerdict(word), (row.get("note") or "").strip())
        elif word or not row["page"]:
            faulty.append(str(rows.line_num))
    if faulty:
        raise OperatorError("form_faulty", path=str(path), lines=", ".join(faulty))
    if not found:
        raise OperatorError("form_empty", path=str(path))
    return found


def index_page(sample: Sample, pages: Sequence[PageToCompare]) -> str:
    """The pages of a sample with what to look for, French and English."""
    parts = [f"<h1>{escape(_both('sheet.title', box=sample.box, sample=sample.id))}</h1>"]
    for language in (LANGUAGE, *(each for each in LANGUAGES if each != LANGUAGE)):
        parts.append(f'<p class="{language}" lang="{language}">{escape(sentence("sheet.task", language=language))}</p>')
    for number, its in enumerate(pages, start=1):
        parts.append(_entry(number, its))
    return (
        f'<!doctype html>\n<html lang="{LANGUAGE}"><head><meta charset="utf-8"><title>{escape(sample.id)}</title>'
        f"<style>{_STYLE}</style></head><body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _entry(number: int, its: PageToCompare) -> str:
    row = its.row
    side = " / ".join(sentence(f"side.{row.side}", language=language) for language in LANGUAGES)
    where = _both("sheet.where", batch=row.batch, sheet=row.sheet)
    choice = _both("sheet.choice")
    return (
        f"<section><h2>{number}. {escape(where)} · {escape(side)}</h2>"
        f"<p>{escape(row.id)} · {escape(its.file_name)}</p>"
        f'<img src="{escape(_picture(row.id))}" alt="{escape(row.id)}" loading="lazy">'
        f'<p class="box">{escape(choice)}</p></section>'
    )


def _both(code: str, **facts: object) -> str:
    return " / ".join(sentence(code, facts, language=language) for language in LANGUAGES)


def _picture(page: PageId) -> str:
    """A page's id is made by the program: digits, hyphens and full stops."""
    return f"{re.sub(r'[^0-9A-Za-z.-]', '_', page)}.jpg"


def _cell(text: str) -> str:
    """A name that a spreadsheet would run as a formula, as text."""
    return f"'{text}" if _FORMULA.match(text) else text
