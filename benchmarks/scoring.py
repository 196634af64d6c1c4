"""What the benchmark counts, from values alone: identification, placing, and what was read against what is true."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.intervals import Rate
from pipeline.geometry import MM_PER_INCH, Point
from pipeline.model import MARK_KINDS, PRESENCE_KINDS, Decision, FieldValue, Kind

PRINT, HAND, REAL_HAND, NOTHING = "print", "hand", "real hand", "none"


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field of one page: truth beside outcome.

    Attributes:
        writing: `print`, `hand` (drawn), `real hand` (of the corpus), or `none` where nobody entered anything.
        decision: a field of a page that was not identified, or not rightly, counts as one for review.
        by_artwork: the form itself prints the value.
        print_of: schedule and edition of the form, `iii generic-1`.
    """

    page: str
    name: str
    kind: Kind
    writing: str
    truth: FieldValue
    value: FieldValue
    decision: Decision
    critical: bool = False
    by_artwork: bool = False
    confidence: float = 0.0
    level: str = ""
    print_of: str = ""

    @property
    def exact(self) -> bool:
        return self.value == self.truth

    @property
    def accepted(self) -> bool:
        return self.decision is Decision.ACCEPTED

    @property
    def is_mark(self) -> bool:
        return self.kind in MARK_KINDS

    @property
    def is_presence(self) -> bool:
        return self.kind in PRESENCE_KINDS

    @property
    def is_entry(self) -> bool:
        """A text or barcode that somebody entered."""
        filled = self.truth is not None and not self.by_artwork
        return filled and not self.is_mark and not self.is_presence

    @property
    def is_empty_entry(self) -> bool:
        """A space for a text or barcode in which nothing stands."""
        return self.truth is None and not self.by_artwork and not self.is_mark and not self.is_presence


@dataclass(frozen=True, slots=True)
class PageRow:
    """One page: its true family and layout, and what was found.

    Attributes:
        label: the label that the flow gave.
        misses_mm: distances between true and found zone corners; empty unless rightly identified.
        residual_mm: the fit's own measure.
    """

    page: str
    family: str
    level: str
    layout: str | None
    found: str | None
    label: str
    misses_mm: tuple[float, ...] = ()
    residual_mm: float | None = None
    doubted: bool = False


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one group of entries.

    `exact`: best value right, decided or not. `accepted` among all; `wrong`: errors among the accepted. `missed`:
    taken for empty although something stands there.
    """

    exact: Rate
    accepted: Rate
    wrong: Rate
    missed: Rate

    @staticmethod
    def of(rows: Sequence[FieldRow]) -> Tally:
        taken = [row for row in rows if row.accepted]
        return Tally(
            exact=Rate(sum(row.exact for row in rows), len(rows)),
            accepted=Rate(len(taken), len(rows)),
            wrong=Rate(sum(not row.exact for row in taken), len(taken)),
            missed=Rate(sum(row.decision is Decision.EMPTY for row in rows), len(rows)),
        )


def entry_tallies(rows: Iterable[FieldRow]) -> Mapping[tuple[str, str], Tally]:
    """Tallies of entries by (kind, writing), and of all kinds together under `all`; barcodes apart from print."""
    groups: dict[tuple[str, str], list[FieldRow]] = {}
    for row in rows:
        if not row.is_entry:
            continue
        groups.setdefault((str(row.kind), row.writing), []).append(row)
        if row.kind is not Kind.BARCODE:
            groups.setdefault(("all", row.writing), []).append(row)
    return {key: Tally.of(groups[key]) for key in sorted(groups, key=lambda key: (key[1], key[0] == "all", key[0]))}


@dataclass(frozen=True, slots=True)
class MarkTally:
    """Check boxes and signatures: `wrong` accepted with another value; by what is true of them."""

    group: str
    rows: int
    exact: Rate
    accepted: Rate
    wrong: Rate


def mark_tallies(rows: Iterable[FieldRow]) -> tuple[MarkTally, ...]:
    """Marks, choices and presence kinds, each with set and unset ones apart."""
    groups: dict[str, list[FieldRow]] = {}
    for row in rows:
        if row.is_mark or row.is_presence:
            made = row.truth not in (None, False, "absent")
            groups.setdefault(f"{row.kind}, {'made' if made else 'not made'}", []).append(row)
    tallies = []
    for group in sorted(groups):
        tally = Tally.of(groups[group])
        tallies.append(MarkTally(group, len(groups[group]), tally.exact, tally.accepted, tally.wrong))
    return tuple(tallies)


@dataclass(frozen=True, slots=True)
class EmptyTally:
    """Spaces with nothing in them: called empty, called filled for a person to look at, accepted with a value."""

    called_empty: Rate
    sent_to_review: Rate
    accepted_value: Rate


def empty_tally(rows: Iterable[FieldRow]) -> EmptyTally:
    own = [row for row in rows if row.is_empty_entry]
    decisions = [row.decision for row in own]
    return EmptyTally(
        *(Rate(decisions.count(each), len(own)) for each in (Decision.EMPTY, Decision.REVIEW, Decision.ACCEPTED))
    )


@dataclass(frozen=True, slots=True)
class Identified:
    """Rates over pages: forms rightly identified, forms taken for another, foreign pages taken for a form."""

    right: Rate
    other: Rate
    other_edition: Rate
    false: Rate
    forms_called_blank: Rate


def identified(pages: Sequence[PageRow]) -> Identified:
    forms = [page for page in pages if page.layout is not None]
    foreign = [page for page in pages if page.layout is None]
    return Identified(
        right=Rate(sum(page.found == page.layout for page in forms), len(forms)),
        other=Rate(sum(page.found not in (None, page.layout) for page in forms), len(forms)),
        other_edition=Rate(sum(_other_edition(page) for page in forms), len(forms)),
        false=Rate(sum(page.found is not None for page in foreign), len(foreign)),
        forms_called_blank=Rate(sum(page.label == "blank" for page in forms), len(forms)),
    )


def _other_edition(page: PageRow) -> bool:
    """Taken for the same face as another issuer or another year prints it."""
    if page.layout is None or page.found is None or page.found == page.layout:
        return False
    return page.found.partition("@")[0] == page.layout.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Spread:
    """Median, 95th and 99th percentile and largest of some measure; null without any."""

    median: float
    p95: float
    p99: float
    largest: float
    count: int

    @staticmethod
    def of(values: Sequence[float]) -> Spread | None:
        if not values:
            return None
        median, p95, p99, largest = np.percentile(values, [50, 95, 99, 100])
        return Spread(float(median), float(p95), float(p99), float(largest), len(values))


def corner_misses_mm(
    true: Mapping[str, Sequence[Point]], found: Mapping[str, Sequence[Point]], *, dpi: float
) -> tuple[float, ...]:
    """Distance of each found corner from the true one, in millimetres of the scan; zones in the order of `true`.

    Raises:
        KeyError: a zone was not found.
    """
    misses = []
    for name, corners in true.items():
        for (x, y), (seen_x, seen_y) in zip(corners, found[name], strict=True):
            misses.append(math.hypot(x - seen_x, y - seen_y) * MM_PER_INCH / dpi)
    return tuple(misses)
