"""The benchmark's tables, in Markdown, from rows and measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from benchmarks.intervals import Rate
from benchmarks.pages import BenchPage
from benchmarks.scoring import (
    HAND,
    PRINT,
    REAL_HAND,
    FieldRow,
    PageRow,
    Spread,
    Tally,
    empty_tally,
    entry_tallies,
    identified,
    mark_tallies,
)
from benchmarks.speed import Rush
from benchmarks.tables import table

WRITINGS = (PRINT, HAND, REAL_HAND)


def pages_table(pages: Sequence[BenchPage]) -> str:
    """What was measured on."""
    families = sorted({page.family for page in pages}, key=lambda family: (family != "form", family))
    levels = ("light", "medium", "heavy")
    rows = []
    for family in families:
        own = [page for page in pages if page.family == family]
        rows.append([family, len(own), *(sum(page.level == level for page in own) for level in levels)])
    return table("Pages", ("page", "images", *levels), rows)


def identification_table(pages: Sequence[PageRow]) -> str:
    found = identified(pages)
    rows: list[tuple[str, Rate]] = [
        ("forms given their layout", found.right),
        ("forms given another layout", found.other),
        ("forms given another edition of their face", found.other_edition),
        ("forms labelled blank", found.forms_called_blank),
        ("other pages taken for a form", found.false),
    ]
    for level in ("light", "medium", "heavy"):
        own = [page for page in pages if page.level == level]
        rows.append((f"forms given their layout, {level}", identified(own).right))
    for family in sorted({page.family for page in pages if page.layout is None}):
        own = [page for page in pages if page.family == family]
        right = "blank" if family in ("blank", "back") else "enclosure"
        rows.append((f"{family} labelled {right}", Rate(sum(page.label == right for page in own), len(own))))
    return table("Identification (95 % intervals)", ("pages", "rate"), rows)


def placing_table(pages: Sequence[PageRow]) -> str:
    """Registration error at the true zone corners, and what the fit itself says."""
    rows: list[list[str]] = []
    for level in ("all", "light", "medium", "heavy"):
        own = [page for page in pages if page.misses_mm and level in ("all", page.level)]
        measures = (
            ("true zone corners", [miss for page in own for miss in page.misses_mm]),
            ("worst corner of a page", [max(page.misses_mm) for page in own]),
            ("fit's own residual", [page.residual_mm for page in own if page.residual_mm is not None]),
        )
        for name, values in measures:
            spread = Spread.of(values)
            if spread is not None and (level == "all" or name == "true zone corners"):
                rows.append([f"{name}, {level}", str(spread.count), *_millimetres(spread)])
    return table("Registration error, mm", ("measure", "n", "median", "p95", "p99", "largest"), rows)


def _millimetres(spread: Spread) -> list[str]:
    return [f"{value:.3f}" for value in (spread.median, spread.p95, spread.p99, spread.largest)]


def entries_table(rows: Sequence[FieldRow]) -> str:
    """Entries by kind and writing: best value exact, share accepted, errors among the accepted."""
    shown = [(kind, writing, tally) for (kind, writing), tally in entry_tallies(rows).items()]
    for level in ("light", "medium", "heavy"):
        tallies = entry_tallies([row for row in rows if row.level == level])
        shown += [
            (f"all, {level}", writing, tallies["all", writing]) for writing in WRITINGS if ("all", writing) in tallies
        ]
    critical = entry_tallies([row for row in rows if row.critical])
    shown += [
        ("all critical", writing, critical["all", writing]) for writing in WRITINGS if ("all", writing) in critical
    ]
    head = ("entries", "written", "n", "exact", "accepted", "errors among accepted", "taken for empty")
    return table("Fields with an entry", head, [_entry_line(*each) for each in shown])


def prints_table(rows: Sequence[FieldRow]) -> str:
    """Entries by schedule and edition."""
    shown = []
    for name in sorted({row.print_of for row in rows}):
        tallies = entry_tallies([row for row in rows if row.print_of == name])
        shown += [(name, writing, tallies["all", writing]) for writing in WRITINGS if ("all", writing) in tallies]
    head = ("form", "written", "n", "exact", "accepted", "errors among accepted", "taken for empty")
    return table("Entries by schedule and edition", head, [_entry_line(*each) for each in shown])


def _entry_line(kind: str, writing: str, tally: Tally) -> list[str]:
    n, wrong, missed = tally.exact.trials, tally.wrong, tally.missed
    errors = f"{wrong.hits} of {wrong.trials}"
    if wrong.trials:
        errors += f" = {100 * wrong.share:.2f} % [{100 * wrong.low:.2f}, {100 * wrong.high:.2f}]"
    return [kind, writing, str(n), _percent(tally.exact), _percent(tally.accepted), errors, str(missed.hits)]


def _percent(rate: Rate) -> str:
    return f"{100 * rate.share:.1f} %" if rate.trials else "-"


def marks_table(rows: Sequence[FieldRow]) -> str:
    lines = [
        [tally.group, str(tally.rows), _percent(tally.exact), _percent(tally.accepted), str(tally.wrong)]
        for tally in mark_tallies(rows)
    ]
    return table("Check boxes, signatures, stamps", ("field", "n", "exact", "accepted", "errors among accepted"), lines)


def empties_table(rows: Sequence[FieldRow]) -> str:
    tally = empty_tally(rows)
    named = (
        ("called empty", tally.called_empty),
        ("for review", tally.sent_to_review),
        ("accepted with a value", tally.accepted_value),
    )
    return table("Spaces without an entry", ("outcome", "rate"), named)


def stages_table(stages: Iterable[tuple[str, Spread]]) -> str:
    lines = [[name, spread.count, f"{spread.median:.0f}", f"{spread.p95:.0f}"] for name, spread in stages]
    return table("Milliseconds on one core, one process", ("stage", "pages", "median", "p95"), lines)


def speed_table(runs: Sequence[Rush], peers: Sequence[Rush]) -> str:
    """Images a minute on two cores: the median of constat's runs, OCRmyPDF's total, and their ratio."""
    rates = sorted(run.per_minute for run in runs)
    lines = [
        [
            "constat intake --workers 2",
            sum(run.images for run in runs),
            f"{_median(rates):.1f}",
            f"{rates[0]:.1f} to {rates[-1]:.1f}",
        ]
    ]
    if peers:
        whole = Rush(sum(run.images for run in peers), sum(run.seconds for run in peers))
        parts = sorted(run.per_minute for run in peers)
        lines.append(
            [
                "OCRmyPDF --deskew -l fra+eng --jobs 2",
                whole.images,
                f"{whole.per_minute:.1f}",
                f"{parts[0]:.1f} to {parts[-1]:.1f}",
            ]
        )
        ratios = [rate / whole.per_minute for rate in rates]
        lines.append(["ratio", "", f"{_median(ratios):.1f}", f"{ratios[0]:.1f} to {ratios[-1]:.1f}"])
    return table("Images a minute, two cores", ("program", "images", "median", "range"), lines)


def _median(ordered: Sequence[float]) -> float:
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def readers_table(own: Sequence[FieldRow], peers: Mapping[str, Sequence[FieldRow]]) -> str:
    """Exact match on the same text zones: constat end to end, the peers on zones cut out where they truly are."""
    wanted = {(row.page, row.name) for rows in peers.values() for row in rows}
    readers = {"constat": [row for row in own if (row.page, row.name) in wanted]} | dict(peers)
    lines = []
    for writing in WRITINGS:
        for name, rows in readers.items():
            of_writing = [row for row in rows if row.writing == writing]
            lines.append([name, writing, str(Rate(sum(row.exact for row in of_writing), len(of_writing)))])
    return table("Exact match of the same text zones", ("reader", "written", "exact"), lines)
