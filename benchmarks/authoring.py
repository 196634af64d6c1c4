"""How much of a layout `constat layouts new` finds by itself, on worn blanks of editions it has not seen.

`python -m benchmarks.authoring [--blanks N]` draws blank forms, hands each to the command with another edition of its
face to go by, and compares the proposal with the form's own layout. What the command may look at is the known edition
in both languages, never the form itself nor any other form of its edition.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from benchmarks.authoring_score import Score, scored, tables
from benchmarks.progress import tell
from pipeline.geometry import BoxPx
from pipeline.model import Digest, GrayImage, Layout, LayoutId, PageBytes
from pipeline.ocr.engines.tesseract_words import TesseractWords
from pipeline.ports import PrintedLine, PrintReader
from pipeline.storage.layout_files import layout_texts, load_catalogue, load_fonts, load_imprints
from pipeline.templates.authoring.reference import Reference, language_of, reference, whole_file
from pipeline.templates.schema import parse_layout
from pipeline.usecases.author_layout import Authored, author_layout
from samples.forms import draw_stock, printed_form
from samples.sheetmap import SheetMap
from samples.wear import Level, draw_wear, scan, wear_paper

FIRST_SEED = 1_700_000
"""Of the measured run; seeds below 100,000 are for tuning."""
DPI = 300.0
NEW_EDITION = "unseen-1"
LEVELS = (Level.LIGHT, Level.MEDIUM)
SEEN = "generic-1"
"""The one edition whose files the command may look at."""
UNSEEN: tuple[tuple[str, str], ...] = (
    ("iii.statement.front.fr@carnet-1", "iii.statement.front.fr@generic-1"),
    ("iv.statement.front.fr@mobile-1", "iv.statement.front.fr@generic-1"),
    ("ii.statement.front.en@letter-1", "ii.statement.front.fr@generic-1"),
    ("iv.statement.front.en@carnet-1", "iv.statement.front.en@generic-1"),
    ("iii.return.front.fr@carnet-1", "iii.return.front.en@generic-1"),
    ("iii.statement.front.en@generic-1", "iii.statement.front.fr@generic-1"),
    ("iii.statement.front.en@mobile-1", "iii.statement.front.en@generic-1"),
    ("iv.return.front.fr@generic-1", "iv.return.front.en@generic-1"),
    ("ii.statement.front.fr@letter-1", "ii.statement.front.fr@generic-1"),
    ("iii.return.front.en@mobile-1", "iii.return.front.fr@generic-1"),
    ("iii.statement.front.en@carnet-1", "iii.statement.front.fr@generic-1"),
    ("i.statement.front.fr@generic-1", "i.statement.front.en@generic-1"),
)
"""A form, and the known one that the command is told to go by."""


@dataclass(frozen=True, slots=True, eq=False)
class Blank:
    """A worn scan of a blank form: a JPEG, and where each point of the form lies in it."""

    layout: Layout
    data: bytes
    mapping: SheetMap


class KeptReader:
    """A `PrintReader` that keeps what another one read, by the image: a second run reads nothing anew."""

    def __init__(self, reader: PrintReader, folder: Path) -> None:
        self._reader = reader
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read_print(self, page: GrayImage, *, dpi: float) -> tuple[PrintedLine, ...]:
        """See `PrintReader.read_print`."""
        key = hashlib.sha256(repr((page.shape, dpi)).encode("ascii") + page.tobytes()).hexdigest()
        kept = self._folder / f"{key}.json"
        if kept.exists():
            return tuple(
                PrintedLine(each["text"], BoxPx(**each["box_px"])) for each in json.loads(kept.read_text("utf-8"))
            )
        lines = self._reader.read_print(page, dpi=dpi)
        kept.write_text(json.dumps([asdict(line) for line in lines]), "utf-8")
        return lines


def blank(layout: Layout, level: Level, seed: int) -> Blank:
    """A blank form as a scanner hands it over."""
    rng = np.random.default_rng(seed)
    wear = draw_wear(rng, level)
    sheet = printed_form(layout, draw_stock(rng), dpi=DPI)
    worn = wear_paper(sheet, None, wear, None, rng, dpi=DPI)
    image, mapping = scan(worn, layout.size_mm, wear, rng, dpi=DPI)
    blue_first = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    data = cv2.imencode(".jpg", blue_first, [cv2.IMWRITE_JPEG_QUALITY, wear.jpeg_quality])[1].tobytes()
    return Blank(layout, data, mapping)


def known_by(like: str, unseen: str) -> Reference:
    """What the command may look at: the known edition's forms of the face, without the unseen form itself."""
    texts, imprints = layout_texts(), load_imprints()
    face = like.split("@")[0].rpartition(".")[0]
    others = [
        name
        for name in sorted(texts)
        if name.startswith(f"{face}.") and name.endswith(f"@{SEEN}") and name not in (like, unseen)
    ]
    files = [whole_file(texts[name], texts, imprints) for name in (like, *others)]
    away = [name for name in sorted(texts) if name.endswith(f"@{SEEN}") and not name.startswith(f"{face}.")]
    return reference(
        files[0],
        load_catalogue().face(face),
        files[1:],
        [whole_file(texts[name], texts, imprints) for name in away],
        language=language_of(unseen),
    )


def proposed(form: Blank, like: str, reader: PrintReader) -> Authored:
    """The proposal for a blank form."""
    unseen = str(form.layout.id)
    return author_layout(
        PageBytes(form.data, 0, Digest(hashlib.sha256(form.data).hexdigest()), dpi=DPI),
        LayoutId(f"{unseen.partition('@')[0]}@{NEW_EDITION}"),
        known=known_by(like, unseen),
        reader=reader,
        fonts=load_fonts(),
        parse=partial(_parsed, texts=layout_texts()),
    )


def _parsed(text: str, source: str, *, texts: dict[str, str]) -> Layout:
    return parse_layout(text, source=source, catalogue=load_catalogue(), parents=texts, imprints=load_imprints())


def layout_of(layout_id: str) -> Layout:
    """A layout that comes with the program."""
    texts = layout_texts()
    return _parsed(texts[layout_id], f"{layout_id}.yaml", texts=dict(texts))


def measure(blanks: int, *, first_seed: int, reader: PrintReader) -> list[Score]:
    """Draw blanks of each edition in turn, lightly and more heavily worn, and score what is proposed for them."""
    scores = []
    for number in range(blanks):
        unseen, like = UNSEEN[number % len(UNSEEN)]
        level = LEVELS[(number // len(UNSEEN)) % len(LEVELS)]
        form = blank(layout_of(unseen), level, first_seed + number)
        start, reading = time.process_time(), _children_s()
        made = proposed(form, like, reader)
        cpu_s = time.process_time() - start + _children_s() - reading
        scores.append(scored(form.layout, made, form.mapping, level=level, cpu_s=cpu_s))
        tell(f"{number + 1}/{blanks} {scores[-1].told}")
    return scores


def _children_s() -> float:
    """CPU seconds of programs that were called, such as the reader's."""
    import resource

    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.authoring", description=__doc__)
    parser.add_argument("--blanks", type=int, default=2 * len(UNSEEN), help="blank forms to draw")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED, help="below 100,000 for tuning")
    parser.add_argument("--keep", type=Path, help="folder for what was read, so that a second run need not read again")
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    reader: PrintReader = TesseractWords()
    if chosen.keep:
        reader = KeptReader(reader, chosen.keep)
    print(tables(measure(chosen.blanks, first_seed=chosen.first_seed, reader=reader)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
