"""Runs the flow over the benchmark's pages in two processes and sets what it found beside the truth."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import cv2

from benchmarks.onscan import placed, zone_corners
from benchmarks.pages import BenchPage
from benchmarks.progress import tell
from benchmarks.scoring import NOTHING, FieldRow, PageRow, corner_misses_mm
from pipeline.flow import FlowKit, process_page
from pipeline.model import UNREAD_KINDS, Decision, Digest, Layout, LayoutId, PageBytes, PageOutcome
from pipeline.wiring import flow_kit
from samples.case import VALMONT

ISSUER: Final = VALMONT.key
"""The court's setting: whose statements it takes in."""


def page_bytes(path: Path) -> PageBytes:
    """A file of one image, as the folder source hands it over."""
    data = path.read_bytes()
    return PageBytes(data=data, page_index=0, sha256=Digest(sha256(data).hexdigest()))


def measure(
    pages: Sequence[BenchPage], folder: Path, *, prepared: Path | None = None
) -> tuple[tuple[PageRow, ...], tuple[FieldRow, ...]]:
    """Rows of all pages and fields, in the order of the pages."""
    page_rows: list[PageRow] = []
    field_rows: list[FieldRow] = []
    with ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=one_thread) as workers:
        jobs = [workers.submit(measure_page, page, folder, prepared) for page in pages]
        for number, job in enumerate(jobs, start=1):
            page_row, rows = job.result()
            page_rows.append(page_row)
            field_rows += rows
            if number % 25 == 0 or number == len(jobs):
                tell(f"read {number} of {len(jobs)}")
    return tuple(page_rows), tuple(field_rows)


def one_thread() -> None:
    """One page a process, one thread a page."""
    cv2.setNumThreads(1)


def measure_page(page: BenchPage, folder: Path, prepared: Path | None = None) -> tuple[PageRow, tuple[FieldRow, ...]]:
    """One page through the flow, against its truth."""
    kit = flow_kit(ISSUER, cache_dir=prepared)
    data = page_bytes(folder / page.file)
    outcome = process_page(data, kit=kit)
    right = page.layout is not None and outcome.layout == page.layout
    row = PageRow(
        page=page.file,
        family=page.family,
        level=page.level,
        layout=page.layout,
        found=outcome.layout,
        label=str(outcome.label),
        misses_mm=_misses_mm(page, data, kit) if right else (),
        residual_mm=outcome.residual_mm,
        doubted=bool(outcome.reasons),
    )
    if page.layout is None:
        return row, ()
    return row, field_rows(page, kit.library.get(LayoutId(page.layout)).layout, outcome)


def _misses_mm(page: BenchPage, data: PageBytes, kit: FlowKit) -> tuple[float, ...]:
    found = placed(data, kit=kit)
    return corner_misses_mm(page.corners, zone_corners(found), dpi=page.dpi) if found else ()


def field_rows(page: BenchPage, layout: Layout, outcome: PageOutcome) -> tuple[FieldRow, ...]:
    """A row for every field of the true layout; without the right layout all are unread and for review."""
    right = outcome.layout == layout.id
    rows = []
    for zone in layout.zones:
        if zone.kind in UNREAD_KINDS:
            continue
        truth = page.fields[zone.name]
        read = outcome.field(zone.name) if right else None
        rows.append(
            FieldRow(
                page=page.file,
                name=zone.name,
                kind=zone.kind,
                writing=truth.written or NOTHING,
                truth=truth.value,
                value=read.value if read else None,
                decision=read.decision if read else Decision.REVIEW,
                critical=zone.critical,
                by_artwork=zone.printed_value is not None,
                confidence=read.confidence if read else 0.0,
                level=page.level,
                print_of=print_of(layout.id),
            )
        )
    return tuple(rows)


def print_of(layout_id: str) -> str:
    """Schedule and edition, which are printed and filled alike: `iii generic-1`."""
    face, _, edition = layout_id.partition("@")
    return f"{face.partition('.')[0]} {edition}"
