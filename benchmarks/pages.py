"""The benchmark's pages: which are drawn, how a scanner would hand them over, and what is true of each.

Seeds, typefaces and hands of their own: nothing of the program was tuned on them. Drawn once into a folder and used
again as long as the generator, the layouts and the request stay the same.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias, TypeVar

import cv2
import numpy as np
from PIL import Image

from benchmarks.progress import tell
from benchmarks.scoring import REAL_HAND
from pipeline.geometry import Point
from pipeline.model import FieldValue
from samples.corpus import Corpus
from samples.enclosures import FOREIGN_FORMS, Enclosure, enclosure
from samples.fontpool import HELD_OUT, TRAIN, FontPool
from samples.generate import GeneratedPage, Truth, Writing, sheet
from samples.wear import Level, Mode

FIRST_BENCH_SEED: Final = 1_000_000
"""Seeds below 100,000 are for tuning."""
LEVEL_SHARES: Final = ((Level.LIGHT, 0.5), (Level.MEDIUM, 0.35), (Level.HEAVY, 0.15))
WRITING_SHARES: Final = ((Writing.MIXED, 0.6), (Writing.PRINT, 0.25), (Writing.HAND, 0.15))
FOREIGN_SHARE: Final = 0.6
"""Pages that are no form of ours, for each sheet: an eighth of them blank, the rest spread over the other kinds."""
MANIFEST: Final = "truth.json"
Corners: TypeAlias = tuple[Point, Point, Point, Point]
Choice = TypeVar("Choice")


@dataclass(frozen=True, slots=True)
class Request:
    """A sheet (`enclosure` null) or a single foreign page to be drawn.

    `real_hand`: its handwritten figures and free texts are those of the corpus.
    """

    name: str
    seed: int
    level: Level
    writing: Writing
    enclosure: Enclosure | None = None
    real_hand: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """The truth of a field: `written` is `print`, `hand`, `real hand` (of the corpus) or null (nothing was entered)."""

    value: FieldValue
    written: str | None


@dataclass(frozen=True, slots=True)
class BenchPage:
    """One image file of the benchmark and what is true of it.

    Attributes:
        file: its name in the folder.
        family: `form`, or the kind of foreign page; `back` for the blank back of a form.
        layout: null for what is no form of ours.
        corners: of each zone, in pixels of the scan (pixel centres at half-integers).
    """

    file: str
    family: str
    level: str
    writing: str
    layout: str | None
    dpi: float
    damages: tuple[str, ...]
    fields: Mapping[str, Entered]
    corners: Mapping[str, Corners]


def requests(sheets: int, *, first_seed: int, with_corpus: bool, foreign: int | None = None) -> tuple[Request, ...]:
    """Sheets and foreign pages in the stated shares of wear and writing, drawn from `first_seed` on.

    With a corpus every second sheet is written, where by hand, with its digits and lines.
    """
    rng = np.random.default_rng(first_seed)
    asked = []
    for index in range(sheets):
        level, writing = _draw(rng, LEVEL_SHARES), _draw(rng, WRITING_SHARES)
        real = with_corpus and index % 2 == 1
        asked.append(Request(f"sheet-{index:04d}", first_seed + index, level, writing, real_hand=real))
    kinds: tuple[Enclosure, ...] = (Enclosure.TYPED_LETTER, Enclosure.HAND_LETTER, *FOREIGN_FORMS, Enclosure.BLANK)
    kinds += (Enclosure.CORPUS_PAGE,) * 2 if with_corpus else ()
    for index in range(round(sheets * FOREIGN_SHARE) if foreign is None else foreign):
        kind = kinds[index % len(kinds)]
        level = _draw(rng, LEVEL_SHARES)
        asked.append(Request(f"other-{index:04d}", first_seed + 500_000 + index, level, Writing.MIXED, kind))
    return tuple(asked)


def _draw(rng: np.random.Generator, shares: Sequence[tuple[Choice, float]]) -> Choice:
    place = int(np.searchsorted(np.cumsum([share for _, share in shares]), rng.random()))
    return shares[min(place, len(shares) - 1)][0]


def draw_pages(
    asked: Sequence[Request], cache: Path, *, pool: FontPool, corpus_dir: Path | None
) -> tuple[Path, tuple[BenchPage, ...]]:
    """The folder of image files for these requests and the truth of each file, in order; drawn if not there yet."""
    folder = cache / _key(asked, pool, corpus_dir)
    manifest = folder / MANIFEST
    if not manifest.exists():
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "images").mkdir(parents=True)
        drawn: list[BenchPage] = []
        with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=_one_thread) as workers:
            jobs = [workers.submit(_draw_request, each, pool.name, folder / "images", corpus_dir) for each in asked]
            for number, job in enumerate(jobs, start=1):
                drawn += job.result()
                if number % 20 == 0 or number == len(jobs):
                    tell(f"drawn {number} of {len(jobs)}")
        manifest.write_text(json.dumps([asdict(page) for page in drawn], ensure_ascii=False), encoding="utf-8")
    return folder / "images", tuple(_pages(json.loads(manifest.read_text(encoding="utf-8"))))


def _key(asked: Sequence[Request], pool: FontPool, corpus_dir: Path | None) -> str:
    """Names what the images depend on: the requests, the code that draws, the layouts, the real pages."""
    root = Path(__file__).resolve().parent.parent
    sources = [*sorted((root / "samples").glob("*.py")), *sorted((root / "pipeline/templates").glob("**/*.yaml"))]
    summed = hashlib.sha256(repr((asked, pool.name, corpus_dir is not None)).encode())
    for source in (*sources, Path(__file__)):
        summed.update(source.read_bytes())
    return summed.hexdigest()[:16]


def _one_thread() -> None:
    cv2.setNumThreads(1)


def _draw_request(asked: Request, pool_name: str, folder: Path, corpus_dir: Path | None) -> list[BenchPage]:
    """Draw, encode and write; two files for a sheet with two sides."""
    pool = {"train": TRAIN, "held_out": HELD_OUT}[pool_name]
    corpus = Corpus.at(str(corpus_dir)) if corpus_dir else None
    if asked.enclosure is not None:
        made = enclosure(asked.seed, asked.enclosure, pool=pool, level=asked.level, corpus=corpus)
        return [_kept(made, asked, asked.name, folder)]
    pages = sheet(
        asked.seed, pool=pool, level=asked.level, writing=asked.writing, corpus=corpus if asked.real_hand else None
    ).pages
    return [_kept(page, asked, f"{asked.name}-{side}", folder) for side, page in enumerate(pages, start=1)]


def _kept(page: GeneratedPage, asked: Request, stem: str, folder: Path) -> BenchPage:
    data, suffix = encoded(page, png=asked.seed % 2 == 1)
    (folder / f"{stem}{suffix}").write_bytes(data)
    truth = page.truth
    family = "form" if truth.layout else str(asked.enclosure or "back")
    return BenchPage(
        file=f"{stem}{suffix}",
        family=family,
        level=str(asked.level),
        writing=str(asked.writing),
        layout=truth.layout,
        dpi=page.dpi,
        damages=truth.damages,
        fields={
            name: Entered(entry.value, REAL_HAND if entry.real else entry.written)
            for name, entry in truth.fields.items()
        },
        corners=_all_corners(truth),
    )


def _all_corners(truth: Truth) -> dict[str, Corners]:
    return {name: truth.zone_corners_px(name) for name in truth.zones}


def encoded(page: GeneratedPage, *, png: bool = False) -> tuple[bytes, str]:
    """The file a scanner writes, and its suffix: JPEG in colour or grey; bilevel as Group 4 TIFF or 1-bit PNG."""
    out, dpi = io.BytesIO(), (page.dpi, page.dpi)
    image = Image.fromarray(page.image)
    if page.mode is Mode.BILEVEL:
        bits = image.convert("L").point(lambda value: 255 * (value > 127)).convert("1")
        if png:
            bits.save(out, "PNG", dpi=dpi)
            return out.getvalue(), ".png"
        bits.save(out, "TIFF", compression="group4", dpi=dpi)
        return out.getvalue(), ".tif"
    shown = image.convert("L") if page.mode is Mode.GRAY else image
    shown.save(out, "JPEG", quality=page.jpeg_quality, dpi=dpi)
    return out.getvalue(), ".jpg"


def _pages(listed: Iterable[dict[str, object]]) -> Iterator[BenchPage]:
    """Pages from their own JSON; only this module writes it."""
    for each in listed:
        values: dict[str, object] = dict(each)
        fields, corners = values.pop("fields"), values.pop("corners")
        assert isinstance(fields, dict)
        assert isinstance(corners, dict)
        yield BenchPage(
            file=str(values["file"]),
            family=str(values["family"]),
            level=str(values["level"]),
            writing=str(values["writing"]),
            layout=None if values["layout"] is None else str(values["layout"]),
            dpi=float(str(values["dpi"])),
            damages=tuple(str(name) for name in values["damages"]),  # type: ignore[attr-defined]  # a list, as written
            fields={name: Entered(entry["value"], entry["written"]) for name, entry in fields.items()},
            corners={name: _corners(points) for name, points in corners.items()},
        )


def _corners(points: list[list[float]]) -> Corners:
    first, second, third, fourth = ((float(x), float(y)) for x, y in points)
    return first, second, third, fourth
