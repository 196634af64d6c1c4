"""Rows for the calibration: `python -m benchmarks.rows --sheets 150 --out rows.jsonl`, from tuning seeds and typefaces.

A row is a JSON object a line: the measures with which the judge asks for a field's confidence, whether its leading
value was right, and what the field is. Empty fields, and texts that obey their grammar in no way, give no row: they
never come before the calibration. Check boxes, signatures, stamps and receipts that the ink decides give a row with
its confidence instead of measures.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeAlias, cast

from benchmarks.accuracy import ISSUER, one_thread, page_bytes
from benchmarks.onscan import placed
from benchmarks.pages import BenchPage, Entered, draw_pages, requests
from benchmarks.progress import tell
from benchmarks.scoring import REAL_HAND
from pipeline.config import load_settings
from pipeline.flow import read_fields
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, TEXT_KINDS, Decision, Field
from pipeline.ocr.confidence import Calibration
from pipeline.ocr.judge import LAYOUT_READER
from pipeline.ocr.thresholds import Thresholds
from pipeline.wiring import flow_kit
from samples.fontpool import TRAIN

LAST_TRAINING_SEED: Final = 99_999
BLOCKING_CODES: Final = frozenset({"ambiguous_value", "check_digit", "number_differs_from_barcode"})
"""Reasons of the judge that no confidence outweighs."""
RowJson: TypeAlias = dict[str, object]


class Recorder:
    """Stands where the calibration stands, and keeps the measures it is asked about, in order."""

    def __init__(self) -> None:
        self.asked: list[dict[str, float]] = []

    def probability(self, features: Mapping[str, float]) -> float:
        self.asked.append(dict(features))
        return 0.5


def page_rows(page: BenchPage, folder: Path) -> list[RowJson]:
    """Rows of one page; none unless its layout was found."""
    kit = flow_kit(ISSUER)
    found = placed(page_bytes(folder / page.file), kit=kit)
    if found is None or found.layout.id != page.layout:
        return []
    recorder = Recorder()
    # The judge asks nothing else of a calibration; read_fields itself is run, so that rows are what the flow meets.
    no_limits = Thresholds(marks=0.0, presence=0.0)
    recording = replace(kit, calibration=cast("Calibration", recorder), thresholds=no_limits)
    fields = read_fields(found.sheet, found.layout, found.codes, recording)
    asked = [field for field in fields if asks(field)]
    rows = [
        row(field, features, page.fields[field.name]) for field, features in zip(asked, recorder.asked, strict=True)
    ]
    rows += [ink_row(field, page.fields[field.name]) for field in fields if decided_by_ink(field)]
    where: RowJson = {"page": page.file, "sheet": page.file.rsplit("-", 1)[0], "level": page.level}
    return [each | where | {"writing": page.writing} for each in rows]


def asks(field: Field) -> bool:
    """Whether the judge asked for this field's confidence: an entry in which the grammar found a value."""
    by_artwork = field.reader == LAYOUT_READER
    return (
        field.kind in TEXT_KINDS and not by_artwork and field.value is not None and field.decision is not Decision.EMPTY
    )


def decided_by_ink(field: Field) -> bool:
    """A check box or a presence without any doubt but that of its limit, which stands at 0.0 here."""
    return field.kind in MARK_KINDS | PRESENCE_KINDS and field.decision is Decision.ACCEPTED


def ink_row(field: Field, truth: Entered) -> RowJson:
    """One line of the file for what the ink decides."""
    return {
        "confidence": field.confidence,
        "correct": field.value == truth.value,
        "entered": truth.written is not None,
        "kind": str(field.kind),
        "zone": field.name,
        "truth": truth.value,
        "value": field.value,
    }


def row(field: Field, features: dict[str, float], truth: Entered) -> RowJson:
    """One line of the file. Specks in an empty space are rows too: what the judge must not believe."""
    return {
        "features": features,
        "correct": field.value == truth.value,
        "kind": str(field.kind),
        "script": (truth.written or "none").removeprefix("real "),
        "real_hand": truth.written == REAL_HAND,
        "critical": field.critical,
        "blocked": any(reason.code in BLOCKING_CODES for reason in field.reasons),
        "zone": field.name,
        "truth": truth.value,
        "value": field.value,
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
    corpus_dir = load_settings().corpus_dir
    asked = requests(chosen.sheets, first_seed=chosen.first_seed, with_corpus=corpus_dir is not None, foreign=0)
    folder, pages = draw_pages(asked, chosen.cache, pool=TRAIN, corpus_dir=corpus_dir)
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
