"""`python -m benchmarks`: draws pages that nothing was tuned on, measures the program and its peers, prints tables."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from benchmarks import objects, peers, report
from benchmarks.accuracy import measure
from benchmarks.pages import FIRST_BENCH_SEED, BenchPage, draw_pages, requests
from benchmarks.progress import tell
from benchmarks.scoring import FieldRow
from benchmarks.speed import Rush, intake, stage_times
from pipeline.config import load_settings
from samples.fontpool import HELD_OUT

ROUNDS = 3
STAGE_PAGES = 40


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Accuracy and speed, with peers.")
    parser.add_argument("--sheets", type=int, default=200, help="filled sheets; most have two sides")
    parser.add_argument("--peers", type=int, default=60, help="images that the peers get too; 0 for none")
    parser.add_argument("--quick", action="store_true", help="12 sheets and 6 images for the peers, to try it out")
    parser.add_argument("--cache", type=Path, default=Path(".cache/bench"), help="where drawn pages are kept")
    parser.add_argument("--rows", type=Path, help="file for every field's truth and outcome, a JSON object a line")
    chosen = parser.parse_args(arguments)
    sheets, peer_images = (12, 6) if chosen.quick else (chosen.sheets, chosen.peers)
    corpus_dir = load_settings().corpus_dir
    asked = requests(sheets, first_seed=FIRST_BENCH_SEED, with_corpus=corpus_dir is not None)
    folder, pages = draw_pages(asked, chosen.cache, pool=HELD_OUT, corpus_dir=corpus_dir)
    print(f"Real pages (CONSTAT_CORPUS_DIR): {'included' if corpus_dir else 'not there, left out'}.\n")
    print(report.pages_table(pages))
    prepared = chosen.cache / "prepared"
    page_rows, field_rows = measure(pages, folder, prepared=prepared)
    if chosen.rows:
        lines = (json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in field_rows)
        chosen.rows.write_text("".join(lines), encoding="utf-8")
    for shown in (report.identification_table(page_rows), report.placing_table(page_rows)):
        print(shown)
    for of_fields in (report.entries_table, report.prints_table, report.marks_table, report.empties_table):
        print(of_fields(field_rows), flush=True)
    subset = subset_of(pages, peer_images or STAGE_PAGES)
    _print_speed(subset, folder, chosen.cache, with_peers=peer_images > 0)
    if peer_images:
        _print_readers(subset, folder, field_rows)
    objects.main(["--quick"] if chosen.quick else [])
    return 0


def subset_of(pages: Sequence[BenchPage], count: int) -> tuple[BenchPage, ...]:
    """Some pages of every sort, the same for the same pages: a seeded sample in their order."""
    chosen = np.random.default_rng(FIRST_BENCH_SEED).permutation(len(pages))[:count]
    return tuple(pages[index] for index in sorted(chosen))


def _print_speed(subset: Sequence[BenchPage], folder: Path, cache: Path, *, with_peers: bool) -> None:
    work, prepared = cache / "work", cache / "prepared"
    files = [folder / page.file for page in subset]
    own: list[Rush] = []
    theirs: list[Rush] = []
    for turn in range(ROUNDS):
        own.append(intake(files, work / "intake", prepared=prepared))
        tell(f"constat: {own[-1].per_minute:.1f} images a minute")
        part = files[turn::ROUNDS]
        if with_peers and part:
            theirs.append(peers.ocrmypdf(part, work / "peer"))
            tell(f"OCRmyPDF: {theirs[-1].per_minute:.1f} images a minute")
    print(report.speed_table(own, theirs))
    print(report.stages_table(stage_times(files[:STAGE_PAGES], prepared=prepared)), flush=True)


def _print_readers(subset: Sequence[BenchPage], folder: Path, own: Sequence[FieldRow]) -> None:
    print(
        report.readers_table(own, {name: peers.read_zones(subset, folder, name) for name in ("tesseract", "rapidocr")})
    )


if __name__ == "__main__":
    raise SystemExit(main())
