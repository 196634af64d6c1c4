"""What the ledger says of pages that were read as persons placed them, and the records compared with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.custody import FileRow, PageRow
from pipeline.evidence.canonical import Json
from pipeline.evidence.verdict import Difference
from pipeline.model import BatchId
from pipeline.ports import Records
from pipeline.usecases.keeping import page_id
from pipeline.usecases.review.versions import PAGE_READ_AGAIN, version_digest


@dataclass(frozen=True, slots=True)
class Processed:
    """What the ledger says of a processed page; `failure` is the code of why it could not be processed."""

    outcome: str | None
    derivatives: Mapping[str, str]
    failure: str | None = None


@dataclass(frozen=True, slots=True)
class ToldReading:
    """What came of reading a page, or a part of one, as a row of the history of `placed` says.

    Attributes:
        box: the part of the scan; null for a page that is an image of its own.
    """

    page: str
    placed: str
    said: int
    found: Processed
    box: tuple[int, ...] | None = None


@dataclass(slots=True)
class PlacingTestimony:
    """All that the ledger says of placed pages, by id.

    Attributes:
        first: what came of pages that were read before anybody had placed them.
        readings: all readings of placed pages, in their order.
        parts: of each part, the page that it is cut from, and where.
        added: parts that the last digest of all pages of a batch does not cover.
        versions: digests of what was recorded of a page before each reading.
    """

    first: dict[str, Processed] = field(default_factory=dict)
    readings: list[ToldReading] = field(default_factory=list)
    parts: dict[str, tuple[str, tuple[int, ...]]] = field(default_factory=dict)
    added: set[str] = field(default_factory=set)
    versions: dict[str, dict[int, str]] = field(default_factory=dict)


def hear_placing(told: PlacingTestimony, kind: str, subject: str, facts: Mapping[str, Json]) -> dict[str, Processed]:
    """Take an entry of `READ_ANEW` in. Returns what is recorded of pages from now on, by id.

    Raises:
        ValueError, KeyError, TypeError: the entry cannot be understood.
    """
    said, number = int(str(facts["said"])), int(str(facts["version"]))
    told.versions.setdefault(subject, {})[number] = str(facts["kept"])
    if kind == PAGE_READ_AGAIN:
        if "outcome" not in facts:
            return {}
        box = told.parts.get(subject, (None, None))[1]
        told.readings.append(ToldReading(subject, subject, said, processed_from(facts), box))
        return {subject: told.readings[-1].found}
    found: dict[str, Processed] = {}
    for part in listed(facts["parts"]):
        its, (x, y, width, height) = str(part["page"]), (int(str(side)) for side in _sides(part["box"]))
        told.parts[its] = subject, (x, y, width, height)
        told.added.add(its)
        found[its] = processed_from(part)
        told.readings.append(ToldReading(its, subject, said, found[its], (x, y, width, height)))
    return found


def processed_from(facts: Mapping[str, Json]) -> Processed:
    """Raises as `hear_placing`."""
    outcome, derivatives, failure = facts["outcome"], facts["derivatives"], facts.get("failure")
    if not isinstance(derivatives, Mapping):
        raise TypeError("no derivatives")
    return Processed(
        None if outcome is None else str(outcome),
        {name: str(digest) for name, digest in derivatives.items()},
        None if failure is None else str(failure),
    )


def compare_parts(
    pages: Sequence[PageRow],
    files: Sequence[FileRow],
    told: PlacingTestimony,
    *,
    records: Records,
    batch: BatchId | None,
) -> Iterator[Difference]:
    """Parts against the images that they are of; other pages against their places in the files.

    Args:
        batch: also name parts that only the ledger knows.
    """
    by_id = {file.id: file for file in files}
    for page in pages:
        said = told.parts.get(page.id)
        if page.part_of is None and page.part_box is None:
            file = by_id.get(page.file)
            if said is not None or file is None or page.id != page_id(file, page.page_index):
                yield Difference("page_record_altered", page.id)
            continue
        box = None if page.part_box is None else page.part_box.as_tuple()
        if said is None:
            yield Difference("record_unknown_to_ledger", page.id)
        elif said != (page.part_of, box) or not _lies_with(page, records):
            yield Difference("page_record_altered", page.id)
    if batch is not None:
        known = {page.id for page in pages}
        missing = (part for part in told.parts if part.startswith(f"{batch}.") and part not in known)
        yield from (Difference("page_missing", part) for part in missing)


def compare_versions(
    batch: BatchId, pages: Sequence[PageRow], told: PlacingTestimony, *, records: Records
) -> Iterator[Difference]:
    """What was recorded of pages before, against its digests; a version that only the ledger knows is missed too."""
    kept = records.placing.versions_of(batch)
    for page in pages:
        found = {its.number: str(version_digest(its)) for its in kept.get(page.id, ())}
        if found != told.versions.get(page.id, {}):
            yield Difference("outcome_version_altered", page.id)


def _lies_with(part: PageRow, records: Records) -> bool:
    """Whether a part is where its image is."""
    whole = None if part.part_of is None else records.page(part.part_of)
    if whole is None:
        return False
    return (part.batch, part.file, part.page_index, part.sha256, part.sheet, part.side, part.group) == (
        whole.batch,
        whole.file,
        whole.page_index,
        whole.sha256,
        whole.sheet,
        whole.side,
        whole.group,
    )


def listed(value: Json) -> Iterator[Mapping[str, Json]]:
    """The objects of a list. Raises TypeError where it is none."""
    if not isinstance(value, list):
        raise TypeError("no parts")
    for each in value:
        if not isinstance(each, Mapping):
            raise TypeError("no part")
        yield each


def _sides(value: Json) -> Sequence[Json]:
    if not isinstance(value, list):
        raise TypeError("no box")
    return value
