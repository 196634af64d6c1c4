"""The same page scanned twice: the very bytes again, or the same sheet in another scan. Both are kept, the later one is
marked and goes to a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from pipeline.custody import PageRow
from pipeline.custody.fingerprints import FingerprintRow
from pipeline.errors import PipelineError
from pipeline.model import GrayImage, PageId, PageOutcome, Reason
from pipeline.usecases.keeping import Keeping

_LONGEST_PX = 1400
_MOST_COMPARED = 20
"""With more that are as near, the nearest are looked at: what is so common is hardly a sheet scanned twice."""

_Near: TypeAlias = tuple[int, PageId, FingerprintRow]
"""A page that is near: in how many bits it differs."""


def known_by(pages: Sequence[PageRow], outcomes: Mapping[PageId, PageOutcome]) -> tuple[FingerprintRow, ...]:
    """What the pages of a batch are known by, in the order of the paper. Blank sides look alike and are left out."""
    ordered = sorted(pages, key=lambda page: (page.sheet, page.side == "back", page.id))
    return tuple(
        FingerprintRow(page.id, page.batch, page.sha256, outcome.fingerprint)
        for page in ordered
        if (outcome := outcomes.get(page.id)) is not None and page.sha256 is not None and outcome.fingerprint
    )


def with_duplicates(
    rows: Sequence[FingerprintRow], outcomes: Mapping[PageId, PageOutcome], *, keeping: Keeping
) -> dict[PageId, PageOutcome]:
    """Outcomes of those pages that an earlier one, of this batch or another, stands for as well, with the reason."""
    known = keeping.records.fingerprints
    scans: dict[str, FingerprintRow] = {}
    for row in known.same_scan(its.sha256 for its in rows):
        scans.setdefault(row.sha256, row)
    own = {row.page for row in rows}
    within = _near_within(rows)
    marked: dict[PageId, PageOutcome] = {}
    for place, row in enumerate(rows):
        earlier = scans.setdefault(row.sha256, row)
        if earlier.page != row.page:
            reason = Reason("same_scan", (("page", earlier.page), ("batch", earlier.batch)))
        else:
            others = (its for its in known.alike(row.bits or "") if its.page not in own)
            twin = _twin(row, (*_near(row, others), *within[place]), keeping)
            if twin is None:
                continue
            reason = Reason("same_sheet_twice", (("page", twin.page), ("batch", twin.batch)))
        outcome = outcomes[row.page]
        marked[row.page] = replace(outcome, reasons=(*outcome.reasons, reason))
    return marked


def _twin(row: FingerprintRow, found: Sequence[_Near], keeping: Keeping) -> FingerprintRow | None:
    """The nearest page that shows the same sheet; one that cannot be compared any more counts as such."""
    from pipeline.imaging.fingerprint import same_sheet_twice

    near = sorted(found, key=lambda its: its[:2])[:_MOST_COMPARED]
    own = _picture(row.page, keeping) if near else None
    for _, _, its in near:
        theirs = _picture(its.page, keeping)
        if own is None or theirs is None:
            return its
        if same_sheet_twice(own[0], theirs[0], dpi=own[1]).same:
            return its
    return None


def _near_within(rows: Sequence[FingerprintRow]) -> tuple[tuple[_Near, ...], ...]:
    """For each page of a batch the near ones before it."""
    printed = [place for place, row in enumerate(rows) if row.bits]
    found: list[tuple[_Near, ...]] = [()] * len(rows)
    if len(printed) < 2:
        return tuple(found)
    from pipeline.imaging.fingerprint import Fingerprint, near_before

    for place, near in zip(printed, near_before([Fingerprint(rows[its].bits or "") for its in printed]), strict=True):
        others = ((distance, rows[printed[its]]) for distance, its in near)
        found[place] = tuple((distance, other.page, other) for distance, other in others)
    return tuple(found)


def _near(row: FingerprintRow, others: Iterable[FingerprintRow]) -> Iterator[_Near]:
    from pipeline.imaging.fingerprint import NEAR, Fingerprint

    mine = Fingerprint(row.bits or "0")
    for its in others:
        if its.bits is not None and (distance := mine.distance(Fingerprint(its.bits))) <= NEAR:
            yield distance, its.page, its


def _picture(page: PageId, keeping: Keeping) -> tuple[GrayImage, float] | None:
    """The page as it is kept, made small, and its dots per inch; null where it is no more to be had."""
    from pipeline.imaging.decode import decode
    from pipeline.imaging.reduce import reduced
    from pipeline.screens.derivatives import PAGE, REGISTERED, UPRIGHT

    refs = {ref.name: ref for ref in keeping.records.derivatives_of(page)}
    ref = next((refs[name] for name in (REGISTERED, UPRIGHT, PAGE) if name in refs), None)
    if ref is None:
        return None
    try:
        decoded = decode(keeping.objects.get(ref.digest), dpi_hint=None, rotation_deg=0)
    except (KeyError, PipelineError):
        return None
    small = reduced(decoded.gray, longest_px=_LONGEST_PX)
    return small.image, (decoded.dpi or 300.0) / small.factor
