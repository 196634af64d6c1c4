"""The comparison of copies with the paper: a random sample of a box's images, and what a person found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.custody import FileRow, PageRow
from pipeline.custody.boxes import BoxName, BoxState, PageVerdict, Person, Sample, SampledPage, SheetRef
from pipeline.custody.retention import SampleSize
from pipeline.errors import OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.evidence.retention import contents_digest, draw, sample_size
from pipeline.model import BatchId, Digest, PageId
from pipeline.ports import Records
from pipeline.usecases.boxes import known_box, opened
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.paper_entries import entry_body, sample_now

WITHOUT_RULE = SampleSize(least=30, percent=2.0, most_faults=0)
"""Where no rule in force says how much: a sample may be drawn before the rule that it serves comes into force."""


@dataclass(frozen=True, slots=True)
class PageToCompare:
    """A page of a sample and where to find its paper and its file."""

    row: PageRow
    file_name: str
    file_digest: Digest
    sampled: SampledPage


def box_pages(sheets: Sequence[SheetRef], *, records: Records) -> tuple[PageRow, ...]:
    """Pages of the sheets of a box, in their order, fronts first."""
    wanted = frozenset(sheets)
    batches = sorted({each.batch for each in wanted})
    known = (page for batch in batches for page in records.pages(batch) if page.part_of is None)
    pages = [page for page in known if SheetRef(page.batch, page.sheet) in wanted]
    return tuple(sorted(pages, key=lambda page: (page.batch, page.sheet, page.side == "back", page.id)))


def draw_sample(name: str, *, size: SampleSize, images: int | None, seed: str, who: Person, keeping: Keeping) -> Sample:
    """Draw a sample of a sealed box. One that waits for verdicts on the same contents is handed out again: nobody
    draws until the pages please.

    Pages once found at fault that are still in the box are drawn again with the rest: only a second look, or the
    sheet's leaving, ends a fault.

    Args:
        size: what the rule in force wants; `images`: how many instead, which destruction compares with the rule.
        seed: random text, recorded with the sample.

    Raises:
        OperatorError: `unknown_box`, `box_not_sealed`.
    """
    records = keeping.records
    with records.transaction() as change:
        row = known_box(name, records=records)
        if row.state is not BoxState.SEALED:
            raise OperatorError("box_not_sealed", box=name)
        sheets = records.boxes.sheets(row.name)
        before = records.boxes.samples(row.name)
        contents = contents_digest(sheets)
        if before and before[-1].waiting and before[-1].contents == contents:
            return before[-1]
        pages = tuple(page.id for page in box_pages(sheets, records=records) if page.sha256 is not None)
        count = sample_size(size, len(pages)) if images is None else images
        chosen = {*draw(pages, count=count, seed=seed), *(pages_at_fault(before) & frozenset(pages))}
        sample = Sample(
            id=f"{row.name}/{len(before) + 1}",
            box=row.name,
            seed=seed,
            contents=contents,
            most_faults=size.most_faults,
            drawn_at=keeping.clock.now(),
            drawn_by=who,
            pages=tuple(SampledPage(page) for page in pages if page in chosen),
        )
        change.boxes.put_sample(sample)
        change.append("sample_drawn", sample.id, entry_body(sample_now(sample), who))
    return sample


def record_verdicts(
    name: str, verdicts: Mapping[PageId, tuple[PageVerdict, str]], *, who: Person, keeping: Keeping
) -> Sample:
    """Record what a person found on pages of the last sample: a verdict and a note each.

    A fault opens the box again: the sheet has to be scanned anew, and what the box then holds is sampled anew.

    Raises:
        OperatorError: `unknown_box`, `no_sample`, `box_already_destroyed`, `page_not_in_sample`; `fault_stands` when a
            page found at fault is called well in the same sample.
    """
    records = keeping.records
    with records.transaction() as change:
        row = known_box(name, records=records)
        sample = last_sample(row.name, records=records)
        if row.state is BoxState.DESTROYED:
            raise OperatorError("box_already_destroyed", box=name)
        known = {page.page: page for page in sample.pages}
        for page, (verdict, _) in verdicts.items():
            if page not in known:
                raise OperatorError("page_not_in_sample", page=page, sample=sample.id)
            if known[page].verdict is PageVerdict.FAULT and verdict is PageVerdict.OK:
                raise OperatorError("fault_stands", page=page, sample=sample.id)
        now = keeping.clock.now()
        found = {page: SampledPage(page, verdict, note, now, who) for page, (verdict, note) in verdicts.items()}
        seen = replace(sample, pages=tuple(found.get(page.page, page) for page in sample.pages))
        change.boxes.put_sample(seen)
        told = [[page, str(verdict)] for page, (verdict, _) in sorted(verdicts.items())]
        change.append("sample_recorded", seen.id, entry_body(sample_now(seen), who, verdicts=told))
        if any(verdict is PageVerdict.FAULT for verdict, _ in verdicts.values()):
            opened(row, change, records, who=who, why=canonical_json(["fault", seen.id]))
    return seen


def all_well(name: str, *, who: Person, keeping: Keeping) -> Sample:
    """Record that every page of the last sample that waits was compared with the paper and is well. Raises as above."""
    sample = last_sample(known_box(name, records=keeping.records).name, records=keeping.records)
    verdicts = {page.page: (PageVerdict.OK, "") for page in sample.waiting}
    return record_verdicts(name, verdicts, who=who, keeping=keeping) if verdicts else sample


def last_sample(box: BoxName, *, records: Records) -> Sample:
    """Raises OperatorError `no_sample`."""
    samples = records.boxes.samples(box)
    if not samples:
        raise OperatorError("no_sample", box=box)
    return samples[-1]


def pages_at_fault(samples: Sequence[Sample]) -> frozenset[PageId]:
    """Pages whose last verdict, in samples oldest first, is a fault."""
    last = {page.page: page.verdict for sample in samples for page in sample.pages if page.verdict is not None}
    return frozenset(page for page, verdict in last.items() if verdict is PageVerdict.FAULT)


def pages_to_compare(sample: Sample, *, records: Records) -> tuple[PageToCompare, ...]:
    """The pages of a sample with their sheets and files, in the order of the box."""
    batches = sorted({BatchId(page.page.rsplit(".", 2)[0]) for page in sample.pages})
    rows = {page.id: page for batch in batches for page in records.pages(batch)}
    files: dict[str, FileRow] = {file.id: file for batch in batches for file in records.files(batch)}
    found = []
    for page in sample.pages:
        row = rows[page.page]
        file = files[row.file]
        if file.digest is not None:
            found.append(PageToCompare(row, file.name, file.digest, page))
    return tuple(found)
