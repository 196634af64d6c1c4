"""What a page's history says of how it is to be read, and whether it was read so: pure folds over rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pipeline.custody import OutcomeVersion, Placement, placement_from
from pipeline.custody.review import Said, Verb
from pipeline.errors import IntegrityError
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.geometry import BoxPx
from pipeline.model import Digest, PageId, PageOutcome, Placing
from pipeline.statements.review import in_force, standing_of_exception

PAGE_READ_AGAIN = "page_read_again"
PAGE_DIVIDED = "page_divided"
READ_ANEW = (PAGE_READ_AGAIN, PAGE_DIVIDED)


def placed_row(said: Sequence[Said], versions: Iterable[OutcomeVersion]) -> Said | None:
    """The row by which a page is to be read and has not been yet; null where nothing is to be done.

    Args:
        said: the history of the page's own task, by number.
        versions: what was recorded of the page before each reading; one names the row that asked for it.
    """
    stands = standing_of_exception(said).stands
    if stands is None or stands.verb is not Verb.PLACED:
        return None
    return None if any(version.said == stands.number for version in versions) else stands


def placement_of(row: Said) -> Placement:
    """What a row says of how its page is to be read.

    Raises:
        IntegrityError: `decision_altered`: the row says nothing of the kind.
    """
    try:
        return placement_from(str(row.value))
    except ValueError as error:
        raise IntegrityError("decision_altered", page=row.task) from error


def placement_standing(said: Sequence[Said]) -> Placement:
    """How the page is to be read by what stands. Raises as `placement_of`."""
    stands = standing_of_exception(said).stands
    return Placement() if stands is None or stands.verb is not Verb.PLACED else placement_of(stands)


def with_masks_said(placement: Placement, said: Sequence[Said]) -> Placement:
    """A placement with the masks that persons have asked for: whoever places a page anew does not lay anything bare.
    Raises as `placement_of`."""
    kept = _last_said(said)
    return replace(placement, masks=kept.masks, shown=kept.shown)


def placement_of_form(said: Sequence[Said], outcome: PageOutcome) -> Placement:
    """How a page is to be read: by what stands; a form that is asked about again, as the form that it was placed as.
    Raises as `placement_of`."""
    last, stands = _last_said(said), standing_of_exception(said).stands
    if stands is None and last.layout is not None and last.layout == outcome.layout:
        return replace(last, parts=())
    return placement_standing(said)


def _last_said(said: Sequence[Said]) -> Placement:
    """The last placement that was not taken back, also where the page was opened again since."""
    last = next((row for row in reversed(in_force(said)) if row.verb is Verb.PLACED), None)
    return Placement() if last is None else placement_of(last)


def masks_alone(said: Sequence[Said], row: Said, versions: Sequence[OutcomeVersion]) -> bool:
    """Whether a row changes what is covered and nothing of how the page was read last. Raises as `placement_of`.

    Args:
        versions: as of `placed_row`; how the page was placed before may not have been read yet.
    """
    before = tuple(its for its in said if its.number < row.number)
    as_before = (placement_standing(before).bare, _last_said(before).bare)
    return placed_row(before, versions) is None and placement_of(row).bare in as_before


def mask_waits(said: Sequence[Said], versions: Sequence[OutcomeVersion]) -> bool:
    """Whether a place that a person wants covered, or shown, is not so yet: until the page is read, nothing else may be
    said of it that would let the mask be forgotten. Raises as `placement_of`."""
    row = placed_row(said, versions)
    placement = Placement() if row is None else placement_of(row)
    return bool(placement.masks or placement.shown)


def placing_of(placement: Placement, part: BoxPx | None = None) -> Placing:
    """How a page is to be read, or this part of its image."""
    return Placing(placement.layout, placement.quarter_turns, part, placement.masks, placement.shown)


def part_id(page: PageId, number: int) -> PageId:
    """`2026-11-22-001.0003.0012.p1` for the first part of an image."""
    return PageId(f"{page}.p{number}")


def version_text(version: OutcomeVersion) -> str:
    """All that a version says, as text."""
    derivatives: Json = {ref.name: [ref.media_type, ref.digest] for ref in version.derivatives}
    return canonical_json(
        {
            "page": version.page,
            "number": version.number,
            "said": version.said,
            "outcome": version.outcome,
            "label": version.label,
            "derivatives": derivatives,
        }
    )


def version_digest(version: OutcomeVersion) -> Digest:
    """What the ledger keeps of a version."""
    return digest_of(version_text(version))
