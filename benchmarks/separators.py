"""`python -m benchmarks.separators`: damaged separators that pass in silence, and pages taken for separators.

Sheets are drawn at the resolution at which they are read (150 dpi), damaged anew for each trial, straightened and cut
to their paper, and read as on the way of a page. Content is cut out of pages that are no separators, whole or in part,
at 100 to 150 dpi: forms of every layout, real pages, handwriting, tables, stripes, hatchings, pictures, other codes.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from multiprocessing import get_context
from multiprocessing.pool import ThreadPool
from typing import Final, TypeAlias

import cv2
import numpy as np
import pypdfium2

from benchmarks.intervals import Rate
from benchmarks.progress import tell
from benchmarks.separator_content import Content, contents
from benchmarks.separator_damage import damaged
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.imaging.paper import find_paper
from pipeline.imaging.quality import blankness
from pipeline.model import GrayImage, Side
from pipeline.ocr.barcode import read_barcodes
from pipeline.ocr.engines.ppocr import PpOcr
from pipeline.ocr.engines.tesseract import Tesseract
from pipeline.ocr.readers import Readers
from pipeline.ocr.separators import SeparatorText, read_separator, says_separator
from pipeline.screens.separator_pages import SIZES_MM, numbered, separator_pages
from pipeline.statements.enclosures import is_illegible
from pipeline.storage.layout_files import load_fonts
from pipeline.unknown_page import enclosure_text, signs_of
from samples.corpus import Corpus

DPI: Final = 150.0
FIRST_SEED: Final = 2_600_000
"""Seeds below 900,000 are for tuning."""
_COUNTS: Final = (5, None, 0, 112)
_PART: Final = 500
_THOROUGHLY: Final = 25
"""Of so many pieces of content one is looked at in every version, which takes ten times as long as all else."""
EXPECTED: Final = frozenset({"foreign patch", "stripes"})
"""Content that holds the bars of a patch: an alarm is right."""
Tally: TypeAlias = tuple[Counter[tuple[str, str]], dict[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """One side of a separator, whole, and what it says."""

    image: GrayImage
    text: SeparatorText


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.separators", description=__doc__)
    parser.add_argument("--separators", type=int, default=30_000, help="damaged sides")
    parser.add_argument("--contents", type=int, default=100_000, help="crops and pages that are no separators")
    parser.add_argument("--contents-from", type=int, default=0, help="number of the first one, to go on with a run")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--processes", type=int, default=2)
    chosen = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    drawn = tuple(sides())
    folder = load_settings().corpus_dir
    corpus = None if folder is None else Corpus.at(str(folder))
    print(f"Real pages and handwriting (CONSTAT_CORPUS_DIR): {'included' if corpus else 'not there, left out'}.\n")
    pool = contents(corpus, first_seed=chosen.first_seed) if chosen.contents else ()
    damage = partial(damage_trials, drawn, chosen.first_seed)
    found, spent_s = in_parts(damage, range(chosen.separators), chosen.processes)
    if found:
        print(separators_table(found, spent_s), flush=True)
    content = partial(content_trials, pool, chosen.first_seed)
    found, spent_s = in_parts(content, range(chosen.contents_from, chosen.contents), chosen.processes)
    if found:
        print(contents_table(found, spent_s))
    return 0


def in_parts(trials: Callable[[range], Tally], numbers: range, processes: int) -> Tally:
    """All trials, spread over processes that share what was drawn; what was found so far is told on the way."""
    found: Counter[tuple[str, str]] = Counter()
    spent_s: defaultdict[str, float] = defaultdict(float)
    parts = [numbers[first : first + _PART] for first in range(0, len(numbers), _PART)]
    with ThreadPool(processes) as threads:
        for number, (more, took_s) in enumerate(threads.imap_unordered(partial(forked, trials), parts), start=1):
            found.update(more)
            for name, more_s in took_s.items():
                spent_s[name] += more_s
            so_far = ", ".join(f"{each} {found[name, each]}" for name, each in sorted(found) if name == "all")
            tell(f"{min(number * _PART, len(numbers))} of {len(numbers)}: {so_far}")
    return found, spent_s


def forked(trials: Callable[[range], Tally], part: range) -> Tally:
    """Trials in a process of their own, which has all that this one has drawn."""
    context = get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=lambda: sender.send(trials(part)))
    process.start()
    sender.close()
    answer: Tally = receiver.recv()
    process.join()
    return answer


def damage_trials(drawn: Sequence[Drawn], first_seed: int, numbers: range) -> Tally:
    """Damaged separators by damage and what was read; processor seconds for reading."""
    found: Counter[tuple[str, str]] = Counter()
    spent_s: defaultdict[str, float] = defaultdict(float)
    for number in numbers:
        rng = np.random.default_rng((first_seed, number))
        side = drawn[int(rng.integers(len(drawn)))]
        scan, damages = damaged(side.image, rng, dpi=DPI)
        began_s = time.process_time()
        outcome = outcome_of(scan, side.text)
        spent_s["all"] += time.process_time() - began_s
        for name in ("all", *damages):
            found[name, outcome] += 1
        if outcome in ("missed", "wrong"):
            tell(f"{outcome}: seed {(first_seed, number)}, {', '.join(damages)}")
    return found, spent_s


def content_trials(pool: Sequence[Content], first_seed: int, numbers: range) -> Tally:
    """Crops and pages by what they are and what was read; processor seconds beyond those for reading their codes."""
    found: Counter[tuple[str, str]] = Counter()
    spent_s: defaultdict[str, float] = defaultdict(float)
    for number in numbers:
        rng = np.random.default_rng((first_seed, 1, number))
        its = pool[number % len(pool)]
        image, dpi = its.cut(rng)
        codes = read_barcodes(image)
        began_s = time.process_time()
        read = read_separator(image, dpi=dpi, codes=codes)
        if read is None and number % _THOROUGHLY == 0:
            read = read_separator(image, dpi=dpi, codes=codes, thorough=True)
        took_s = time.process_time() - began_s
        outcome = "nothing" if read is None else "false" if read.sure else "alarmed"
        for name in ("all", its.sort):
            found[name, outcome] += 1
            spent_s[name] += took_s
        if outcome == "false" or (outcome == "alarmed" and its.sort not in EXPECTED):
            tell(f"{outcome}: seed {(first_seed, 1, number)}, {its.sort}")
    return found, spent_s


def separators_table(found: Counter[tuple[str, str]], spent_s: dict[str, float]) -> str:
    """Trials by what was read, in all and with each damage."""
    names = sorted({name for name, _ in found}, key=lambda name: (name != "all", name))
    count = sum(number for (name, _), number in found.items() if name == "all")
    title = f"Damaged separators ({1000 * spent_s.get('all', 0.0) / max(1, count):.0f} ms of processor time each)"
    head = ("damage", "sides", "read", "alarmed", "looked at as blank", "missed", "wrong", "missed or wrong, 95 %")
    outcomes = ("read", "alarmed", "blank", "missed", "wrong")
    return table(title, head, [_row(name, found, outcomes, 3) for name in names])


def contents_table(found: Counter[tuple[str, str]], spent_s: dict[str, float]) -> str:
    """Crops and pages by what they are."""
    names = sorted({name for name, _ in found}, key=lambda name: (name != "all", name))
    rows = []
    for name in names:
        row = _row(name, found, ("nothing", "alarmed", "false"), 2)
        number = sum(found[name, each] for each in ("nothing", "alarmed", "false"))
        rows.append((*row, f"{1000 * spent_s[name] / number:.1f}"))
    head = ("content", "crops", "nothing", "alarmed", "false", "false, 95 %", "ms more")
    return table("Content that is no separator", head, rows)


def _row(name: str, found: Counter[tuple[str, str]], outcomes: Sequence[str], bad_from: int) -> tuple[object, ...]:
    counts = [found[name, outcome] for outcome in outcomes]
    return (name, sum(counts), *counts, at_most(sum(counts[bad_from:]), sum(counts)))


def at_most(hits: int, trials: int) -> str:
    """The upper end of the 95 % interval; of no hits at all the rule of three, one-sided."""
    high = 1.0 - 0.05 ** (1.0 / trials) if not hits and trials else Rate(hits, trials).high
    return f"<= {100 * high:.4f} %"


def outcome_of(scan: GrayImage, truth: SeparatorText) -> str:
    """As on the way of a page that is no form: quickly; as a side that may be blank; thoroughly; by its words; and as a
    page on which nothing can be read. The last two only raise the alarm."""
    paper = find_paper(scan, dpi=DPI)
    codes = read_barcodes(scan)
    read = read_separator(paper.image, dpi=paper.likely_dpi, codes=codes)
    if read is None and not codes:
        side = blankness(paper.image, dpi=paper.likely_dpi)
        if side.blank or side.doubtful:
            return "blank"
    if read is None:
        read = read_separator(paper.image, dpi=paper.likely_dpi, codes=codes, thorough=True)
    if read is not None:
        return "alarmed" if not read.sure else "read" if read.text == truth else "wrong"
    upright, text = enclosure_text(paper, readers(), None)
    illegible = not codes and is_illegible(signs_of(upright, text, dpi=paper.likely_dpi))
    return "alarmed" if illegible or says_separator(text.text) else "missed"


@lru_cache(maxsize=1)
def readers() -> Readers:
    """In each process that reads: loaded where the codes of a separator are gone."""
    return Readers(first=PpOcr(), page=Tesseract())


def sides() -> Iterator[Drawn]:
    """Both sides of separators of all sizes."""
    fonts = load_fonts()
    for place, (name, size_mm) in enumerate(SIZES_MM.items()):
        texts = numbered(f"B{place}X7K"[: 3 + place], _COUNTS, first=1 + 40 * place)
        document = pypdfium2.PdfDocument(separator_pages(texts, size_mm=size_mm, fonts=fonts))
        for index, page in enumerate(document):
            image = page.render(scale=DPI / 72, grayscale=True).to_numpy()
            text = replace(texts[index // 2], side=(Side.FRONT, Side.BACK)[index % 2])
            yield Drawn(np.ascontiguousarray(image.reshape(image.shape[:2])), text)
        tell(f"drawn: {name}")


if __name__ == "__main__":
    raise SystemExit(main())
