"""Rows for the calibration: `python -m benchmarks.rows --sheets 150 --out rows.jsonl`, from tuning seeds and typefaces.

A row is a JSON object a line: the measures with which the judge asks for a field's confidence, whether its leading
value was right, and what the field is. Empty fields, and texts that obey their grammar in no way, give no row: they
never come before the calibration.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias

from benchmarks.accuracy import ISSUER, one_thread, page_bytes
from benchmarks.onscan import Placed, placed
from benchmarks.pages import BenchPage, Entered, draw_pages, requests
from benchmarks.progress import tell
from pipeline.flow import FlowKit
from pipeline.model import TEXT_KINDS, Zone
from pipeline.ocr.grammar.select import grammar_for
from pipeline.ocr.weigh import weigh
from pipeline.ocr.zones import read_zone
from pipeline.wiring import flow_kit
from samples.fontpool import TRAIN

LAST_TRAINING_SEED: Final = 99_999
RowJson: TypeAlias = dict[str, object]


def page_rows(page: BenchPage, folder: Path) -> list[RowJson]:
    """Rows of one page; none unless its layout was found."""
    kit = flow_kit(ISSUER)
    found = placed(page_bytes(folder / page.file), kit=kit)
    if found is None or found.layout.id != page.layout:
        return []
    return list(_rows(page, found, kit))


def _rows(page: BenchPage, found: Placed, kit: FlowKit) -> Iterator[RowJson]:
    numbers = tuple(code.text for code in found.codes if code.format == "code128")
    for zone in found.layout.zones:
        truth = page.fields.get(zone.name)
        if zone.kind not in TEXT_KINDS or zone.printed_value is not None or truth is None:
            continue
        row = _row(zone, truth, found, numbers, kit)
        if row is not None:
            yield row | {"page": page.file, "level": page.level, "writing": page.writing}


def _row(zone: Zone, truth: Entered, found: Placed, numbers: tuple[str, ...], kit: FlowKit) -> RowJson | None:
    grammar = grammar_for(zone, issuer=kit.issuer, language=found.layout.language, known_numbers=numbers)
    sheet = found.sheet
    reading = read_zone(
        zone,
        sheet.parts.particulars,
        sheet.registered.image,
        dpi=sheet.registered.dpi,
        readers=kit.readers,
        alphabet=grammar.alphabet,
    )
    if reading.empty:
        return None
    weighed = weigh(reading, grammar=grammar)
    if weighed.best is None:
        return None
    return {
        "features": dict(weighed.features),
        "correct": weighed.best.normal.value == truth.value,
        "kind": str(zone.kind),
        # Specks and show-through in an empty space meet the model for print or for handwriting by what they look like.
        "script": truth.written or "none",
        "critical": zone.critical,
        "zone": zone.name,
        "truth": truth.value,
        "value": weighed.best.normal.value,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Write calibration rows.")
    parser.add_argument("--sheets", type=int, default=150)
    parser.add_argument("--first-seed", type=int, default=20_000, help="below 100,000: not the benchmark's")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"))
    chosen = parser.parse_args(arguments)
    if chosen.first_seed + chosen.sheets > LAST_TRAINING_SEED:
        parser.error("seeds of 100,000 and more are kept for measuring")
    asked = requests(chosen.sheets, first_seed=chosen.first_seed, with_corpus=False, foreign=0)
    folder, pages = draw_pages(asked, chosen.cache, pool=TRAIN, corpus_dir=None)
    forms = [page for page in pages if page.layout is not None]
    with (
        ProcessPoolExecutor(2, mp_context=get_context("spawn"), initializer=one_thread) as workers,
        chosen.out.open("w", encoding="utf-8") as out,
    ):
        for number, rows in enumerate(workers.map(page_rows, forms, [folder] * len(forms)), start=1):
            out.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
            if number % 20 == 0:
                tell(f"rows of {number} of {len(forms)} pages")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
