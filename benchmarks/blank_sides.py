"""`python -m benchmarks.blank_sides`: backs labelled blank, and stacks of fronts and backs tied to each other.

What counts is content that is called surely blank: a person still looks at it, but among many at once. What blank backs
cost is how many of them a person is asked about one by one. Seeds, typefaces and hands are those of the benchmark:
nothing was tuned on them.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.accuracy import one_thread
from benchmarks.intervals import Rate
from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.config import load_settings
from pipeline.imaging.decode import decode
from pipeline.imaging.paper import Paper, find_paper
from pipeline.imaging.quality import SURELY_BLANK, SURELY_WRITTEN, blankness
from pipeline.imaging.two_pass import Verdict, tied
from samples.backs import BLANK_KINDS, BackedSheet, BackKind, backed_sheet, printed_front
from samples.corpus import Corpus
from samples.encode import jpeg_bytes
from samples.fontpool import HELD_OUT, TRAIN, FontPool
from samples.generate import GeneratedPage
from samples.wear import Level

FIRST_SEED: Final = 2_400_000
"""Seeds below 900,000 are for tuning."""
_LEVELS: Final = (Level.LIGHT, Level.MEDIUM, Level.HEAVY)
_BACKS_A_FRONT: Final = 11
_STACK: Final = 6
_LAYOUT: Final = "iii.statement.front.fr@generic-1"


@dataclass(frozen=True, slots=True)
class BackRow:
    """A back and the score it was given."""

    kind: BackKind
    level: Level
    through: float
    depth: float
    score: float

    @property
    def answer(self) -> str:
        if self.score >= SURELY_BLANK:
            return "blank"
        return "written" if self.score <= SURELY_WRITTEN else "ask"


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.blank_sides", description=__doc__)
    parser.add_argument("--backs", type=int, default=2000)
    parser.add_argument("--stacks", type=int, default=20, help=f"stacks of {_STACK} sheets with one form")
    parser.add_argument("--first-seed", type=int, default=FIRST_SEED)
    parser.add_argument("--dpi", type=float, default=200.0)
    parser.add_argument("--tuning", action="store_true", help="with the typefaces and hands that may be tuned on")
    parser.add_argument("--tell", action="store_true", help="name each back with content that was called surely blank")
    chosen = parser.parse_args(arguments)
    one_thread()
    pool = TRAIN if chosen.tuning else HELD_OUT
    folder = load_settings().corpus_dir
    corpus = Corpus.at(None if folder is None else str(folder))
    if corpus is None:
        print("Real handwriting (CONSTAT_CORPUS_DIR): not there, left out.\n")
    rows = []
    for place, (level, sheet) in enumerate(_backs(chosen.backs, chosen.first_seed, chosen.dpi, pool, corpus)):
        rows.append(_row(sheet, level))
        if chosen.tell and not sheet.blank and rows[-1].answer == "blank":
            print(f"back {place}: {rows[-1]}", flush=True)
        if not (place + 1) % 50:
            tell(f"backs: {place + 1} of {chosen.backs}")
    if rows:
        print(_backs_table(rows))
    if chosen.stacks:
        print(_stacks_table(chosen.stacks, chosen.first_seed, chosen.dpi, pool))
    return 0


def _backs(
    count: int, first_seed: int, dpi: float, pool: FontPool, corpus: Corpus | None
) -> Iterator[tuple[Level, BackedSheet]]:
    kinds = [kind for kind in BackKind if corpus is not None or kind is not BackKind.REAL]
    for place in range(count):
        if place % _BACKS_A_FRONT == 0:
            printed = printed_front(first_seed + place, pool=pool, dpi=dpi, corpus=corpus)
        level = _LEVELS[place // len(kinds) % len(_LEVELS)]
        kind = kinds[place % len(kinds)]
        yield level, backed_sheet(first_seed + place, kind, printed, pool=pool, level=level, corpus=corpus)


def _paper(page: GeneratedPage) -> Paper:
    decoded = decode(jpeg_bytes(page), dpi_hint=None, rotation_deg=0)
    return find_paper(decoded.gray, dpi=decoded.dpi)


def _row(sheet: BackedSheet, level: Level) -> BackRow:
    front, back = _paper(sheet.front), _paper(sheet.back)
    found = blankness(back.image, dpi=back.likely_dpi, other=front.image)
    return BackRow(sheet.kind, level, sheet.through, sheet.depth, found.score)


def _backs_table(rows: Sequence[BackRow]) -> str:
    groups = [(str(kind), [row for row in rows if row.kind is kind]) for kind in BackKind]
    groups += [
        ("all blank", [row for row in rows if row.kind in BLANK_KINDS]),
        ("all with content", [row for row in rows if row.kind not in BLANK_KINDS]),
    ]
    lines = []
    for name, group in groups:
        counts = Counter(row.answer for row in group)
        lines.append(
            (name, str(Rate(counts["blank"], len(group))), str(Rate(counts["ask"], len(group))), str(counts["written"]))
        )
    missed = sum(row.answer == "blank" for row in rows if row.kind not in BLANK_KINDS)
    with_content = sum(row.kind not in BLANK_KINDS for row in rows)
    percent = 100 * upper_bound(missed, with_content)
    bound = f"Content called surely blank: {missed}; exact 95 % upper bound {percent:.3f} %.\n"
    return table("Backs", ("", "surely blank", "asked one by one", "written"), lines) + bound


def upper_bound(hits: int, trials: int) -> float:
    """The exact one-sided 95 % bound of a share (Clopper and Pearson), by halving; 1.0 without trials."""
    low, high = 0.0, 1.0
    for _ in range(60 if trials else 0):
        share = (low + high) / 2
        chance = term = (1.0 - share) ** trials
        for hit in range(1, hits + 1):
            term *= (trials - hit + 1) / hit * share / max(1e-300, 1.0 - share)
            chance += term
        low, high = (share, high) if chance > 0.05 else (low, share)
    return high


# Stacks


def _stacks_table(count: int, first_seed: int, dpi: float, pool: FontPool) -> str:
    """Stacks in the same order, turned over, and with the back of one sheet lost."""
    wrong, refused, unsure, sheets = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for place in range(count):
        fronts, backs = _stack(first_seed + 50_000 + 100 * place, dpi, pool)
        ways = {"same order": backs, "turned over": backs[::-1], "one back lost": [*backs[:2], *backs[3:]]}
        for name, its in ways.items():
            found = tied([front.image for front in fronts], [back.image for back in its], dpi=fronts[0].likely_dpi)
            order = its[::-1] if found.reversed else its
            for index, sheet in enumerate(found.sheets):
                right = order[index] is backs[index]
                sheets[name] += 1
                wrong[name] += sheet.verdict is Verdict.YES and not right
                refused[name] += sheet.verdict is Verdict.NO and right
                unsure[name] += sheet.verdict is Verdict.UNSURE
        tell(f"stacks: {place + 1} of {count}")
    lines = [
        (name, *(str(Rate(each[name], total)) for each in (wrong, refused, unsure))) for name, total in sheets.items()
    ]
    head = ("", "another's back taken", "its own back refused: an alarm", "not sure: told")
    return table("Stacks in two passes", head, lines)


def _stack(seed: int, dpi: float, pool: FontPool) -> tuple[list[Paper], list[Paper]]:
    """Sheets with one form, filled by different people; their backs are blank or have a note."""
    kinds = (BackKind.BARE, BackKind.PEN, BackKind.FOLDED)
    fronts, backs = [], []
    for place in range(_STACK):
        printed = printed_front(seed + place, pool=pool, dpi=dpi, layout_id=_LAYOUT)
        made = backed_sheet(seed + place, kinds[place % 3], printed, pool=pool, level=_LEVELS[seed // 100 % 2])
        fronts.append(_paper(made.front))
        backs.append(_paper(made.back))
    return fronts, backs


if __name__ == "__main__":
    raise SystemExit(main())
