"""Other free software on the same images in the same run: OCRmyPDF for speed, Tesseract and RapidOCR for reading."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import pytesseract
from PIL import Image

from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.pages import BenchPage, Corners
from benchmarks.progress import tell
from benchmarks.scoring import FieldRow
from benchmarks.speed import Rush
from pipeline.geometry import BoxMm, px_per_mm
from pipeline.model import TEXT_KINDS, Decision, GrayImage, Layout, Zone
from pipeline.ocr.grammar.select import grammar_for
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_layouts

CROP_DPI = 300.0
INSET_MM = 0.4
"""The space's printed border stays outside: Tesseract takes it for text."""
LANGUAGES = "fra+eng"


class ZoneReader(Protocol):
    """Reads the crop of one zone."""

    def __call__(self, crop: GrayImage, zone: Zone) -> str: ...


def ocrmypdf(files: Sequence[Path], work: Path) -> Rush:
    """OCRmyPDF with deskew, French and English, two jobs, on a PDF of these images; putting them there is not timed.

    Raises:
        RuntimeError: the program failed.
    """
    work.mkdir(parents=True, exist_ok=True)
    source, out, tools = work / "peer-in.pdf", work / "peer-out.pdf", Path(sys.executable).parent
    _run([str(tools / "img2pdf"), *(str(_as_pdf_takes_it(file, work)) for file in files), "--output", str(source)])
    started = time.perf_counter()
    _run([str(tools / "ocrmypdf"), "--deskew", "-l", LANGUAGES, "--jobs", "2", "--quiet", str(source), str(out)])
    seconds = time.perf_counter() - started
    shutil.rmtree(work)
    return Rush(len(files), seconds)


def archived_by_ocrmypdf(files: Sequence[Path], work: Path) -> tuple[float, int]:
    """Seconds that OCRmyPDF takes with one job to make a PDF/A-2 of these images, and its size in bytes.

    Raises:
        RuntimeError: the program failed.
    """
    work.mkdir(parents=True, exist_ok=True)
    source, out, tools = work / "peer-in.pdf", work / "peer-out.pdf", Path(sys.executable).parent
    _run([str(tools / "img2pdf"), *map(str, files), "--output", str(source)])
    started = time.perf_counter()
    shape = ("--output-type", "pdfa-2", "-l", LANGUAGES, "--jobs", "1", "--quiet")
    _run([str(tools / "ocrmypdf"), *shape, str(source), str(out)])
    seconds = time.perf_counter() - started
    size_bytes = out.stat().st_size
    shutil.rmtree(work)
    return seconds, size_bytes


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr[-500:]}")


def _as_pdf_takes_it(file: Path, work: Path) -> Path:
    """The file itself, or a PNG of it where the PDF writer may not know the form."""
    if file.suffix != ".tif":
        return file
    copy = work / f"{file.stem}.png"
    with Image.open(file) as image:
        image.save(copy, "PNG", dpi=image.info["dpi"])
    return copy


def read_zones(pages: Sequence[BenchPage], folder: Path, peer: str) -> tuple[FieldRow, ...]:
    """What `tesseract` or `rapidocr` reads on the non-empty text zones, cut out where they truly lie.

    The texts are normalised by the same grammars as constat's. All rows are for review: peers decide nothing.
    """
    rows: list[FieldRow] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=one_thread) as workers:
        jobs = [workers.submit(_read_page, page, folder, peer) for page in pages if page.layout]
        for number, job in enumerate(jobs, start=1):
            rows += job.result()
            if number % 15 == 0 or number == len(jobs):
                tell(f"{peer} read {number} of {len(jobs)}")
    return tuple(rows)


def _read_page(page: BenchPage, folder: Path, peer: str) -> list[FieldRow]:
    layout = _layouts()[str(page.layout)]
    with Image.open(folder / page.file) as image:
        scan = np.asarray(image.convert("L"), np.uint8)
    read = _reader(peer)
    rows = []
    for zone in layout.zones:
        truth = page.fields.get(zone.name)
        if zone.kind not in TEXT_KINDS or zone.printed_value or truth is None or truth.value is None:
            continue
        text = read(cut_out(scan, page.corners[zone.name], zone.box_mm), zone)
        grammar = grammar_for(zone, issuer=issuer_named(ISSUER), language=layout.language)
        normals = grammar.normalise(text)
        value = normals[0].value if normals else None
        rows.append(
            FieldRow(
                page.file,
                zone.name,
                zone.kind,
                truth.written or "none",
                truth.value,
                value,
                Decision.REVIEW,
                zone.critical,
            )
        )
    return rows


@lru_cache(maxsize=1)
def _layouts() -> dict[str, Layout]:
    return {str(layout.id): layout for layout in load_layouts()}


def cut_out(scan: GrayImage, corners: Corners, box: BoxMm) -> GrayImage:
    """The zone without its border as it lies in the scan, turned upright, at 300 dpi."""
    scale = px_per_mm(CROP_DPI)
    width, height = round(box.width * scale), round(box.height * scale)
    inset = round(INSET_MM * scale)
    target = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32) - np.float32(0.5)
    source = np.array(corners, np.float32) - np.float32(0.5)
    matrix = cv2.getPerspectiveTransform(source, target)
    crop = cv2.warpPerspective(scan, matrix, (width, height), flags=cv2.INTER_CUBIC, borderValue=255)
    return np.asarray(crop[inset : height - inset, inset : width - inset], np.uint8)


@lru_cache(maxsize=2)
def _reader(peer: str) -> ZoneReader:
    return {"tesseract": _tesseract, "rapidocr": _rapidocr}[peer]()


def _tesseract() -> ZoneReader:
    def read(crop: GrayImage, zone: Zone) -> str:
        framed = cv2.copyMakeBorder(crop, 12, 12, 12, 12, cv2.BORDER_REPLICATE)
        mode = 6 if zone.lines > 1 else 7
        config = f"--dpi {CROP_DPI:.0f} --psm {mode}"
        return " ".join(pytesseract.image_to_string(framed, lang=LANGUAGES, config=config).split())

    return read


def _rapidocr() -> ZoneReader:
    """The recogniser alone on one-line zones; with its own line detector where a zone has several."""
    from rapidocr import RapidOCR  # costs seconds and reconfigures logging: only in the processes that need it

    logging.getLogger("RapidOCR").setLevel(logging.ERROR)
    threads = {"EngineConfig.onnxruntime.intra_op_num_threads": 1, "EngineConfig.onnxruntime.inter_op_num_threads": 1}
    engine = RapidOCR(params={"Global.log_level": "error", "Global.use_cls": False, **threads})

    def read(crop: GrayImage, zone: Zone) -> str:
        colored = np.asarray(cv2.cvtColor(crop, cv2.COLOR_GRAY2BGR), np.uint8)
        found = engine(colored, use_det=zone.lines > 1, use_cls=False, use_rec=True)
        return " ".join(getattr(found, "txts", None) or ())

    return read
