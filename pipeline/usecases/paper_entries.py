"""What the ledger keeps of boxes, holds, samples and destructions: after each change, how the thing stands now.

Words of people (reasons, notes, numbers of statements on hold) go into the records; the ledger has their digests. Who
acted is named: staff answer for what they do with paper.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence

from pipeline.custody import LedgerEntry
from pipeline.custody.boxes import BoxRow, Destruction, Hold, Person, RetentionApplied, Sample, SheetRef
from pipeline.evidence.canonical import Json, canonical_json, digest_of
from pipeline.evidence.retention import contents_digest
from pipeline.evidence.verdict import Difference
from pipeline.ports import Records

SORTS: Mapping[str, str] = {
    "box_made": "box",
    "box_filled": "box",
    "box_emptied": "box",
    "box_sealed": "box",
    "box_reopened": "box",
    "box_destroyed": "box",
    "hold_placed": "hold",
    "hold_released": "hold",
    "sample_drawn": "sample",
    "sample_recorded": "sample",
    "destruction_authorised": "destruction",
    "destruction_withdrawn": "destruction",
    "paper_destroyed": "destruction",
    "retention_applied": "retention",
}
"""Kinds of entries, and the sort of thing that each is about."""


def entry_body(now: Mapping[str, Json], who: Person, **more: Json) -> str:
    """Canonical JSON of an entry: how the thing stands now, who acted, and what else is to be said of the change."""
    return canonical_json({"now": now, "who": _person(who), **more})


def box_now(row: BoxRow, sheets: Iterable[SheetRef]) -> dict[str, Json]:
    listed = tuple(sheets)
    return {
        "place": row.place,
        "state": row.state,
        "counted": row.counted,
        "sheets": len(listed),
        "contents": contents_digest(listed),
    }


def hold_now(hold: Hold) -> dict[str, Json]:
    return {
        "kind": hold.kind,
        "subject": digest_of(canonical_json([hold.kind, hold.issuer, hold.subject])),
        "reason": digest_of(hold.reason),
        "in_force": hold.in_force,
        "placed_by": _person(hold.placed_by),
        "released_by": None if hold.released_by is None else _person(hold.released_by),
        "release_reason": digest_of(hold.release_reason),
    }


def sample_now(sample: Sample) -> dict[str, Json]:
    pages: list[Json] = [
        [its.page, its.verdict, its.note, None if its.by is None else _person(its.by)] for its in sample.pages
    ]
    return {
        "box": sample.box,
        "seed": sample.seed,
        "contents": sample.contents,
        "most_faults": sample.most_faults,
        "pages": len(pages),
        "waiting": len(sample.waiting),
        "faults": len(sample.faults),
        "pages_digest": digest_of(canonical_json(pages)),
    }


def destruction_now(its: Destruction) -> dict[str, Json]:
    return {
        "box": its.box,
        "state": its.state,
        "contents": its.contents,
        "certificate": its.certificate,
        "authorised_by": _person(its.authorised_by),
        "completed": its.completed,
        "destroyed_on": None if its.destroyed_on is None else its.destroyed_on.isoformat(),
        "destroyed_by": None if its.destroyed_by is None else _person(its.destroyed_by),
        "witness": its.witness,
    }


def retention_now(its: RetentionApplied) -> dict[str, Json]:
    return {"objects": its.objects, "terms": its.digest}


def sheet_ranges(numbers: Iterable[int]) -> str:
    """`1-3,7`."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def paper_told(entries: Iterable[LedgerEntry]) -> dict[tuple[str, str], str]:
    """How each thing stands by its last entry: canonical JSON by sort and id. Unreadable entries are not understood."""
    told: dict[tuple[str, str], str] = {}
    for entry in entries:
        sort = SORTS.get(entry.kind)
        if sort is not None:
            try:
                told[sort, entry.subject] = canonical_json(json.loads(entry.body)["now"])
            except (ValueError, KeyError, TypeError, RecursionError):
                told[sort, entry.subject] = ""
    return told


def compare_paper(records: Records) -> Iterator[Difference]:
    """Every box, hold, sample, destruction and applied retention against its last entry in the ledger.

    Returns:
        `paper_record_altered` (it is not as its last entry says), `record_unknown_to_ledger`, `record_missing`.
    """
    told = paper_told(records.seals.entries_of(SORTS))
    found = dict(_recorded(records))
    for (sort, subject), now in found.items():
        said = told.get((sort, subject))
        if said is None:
            yield Difference("record_unknown_to_ledger", subject)
        elif said != now:
            yield Difference("paper_record_altered", subject)
    yield from (Difference("record_missing", subject) for sort, subject in sorted(told.keys() - found.keys()))


def _recorded(records: Records) -> Iterator[tuple[tuple[str, str], str]]:
    boxes = records.boxes
    for row in boxes.all():
        yield ("box", row.name), canonical_json(box_now(row, boxes.sheets(row.name)))
        for sample in boxes.samples(row.name):
            yield ("sample", sample.id), canonical_json(sample_now(sample))
        for destruction in boxes.destructions(row.name):
            yield ("destruction", destruction.id), canonical_json(destruction_now(destruction))
    for hold in boxes.holds():
        yield ("hold", hold.id), canonical_json(hold_now(hold))
    for batch in records.batches():
        applied = boxes.retention_applied(batch.id)
        if applied is not None:
            yield ("retention", batch.id), canonical_json(retention_now(applied))


def _person(person: Person) -> dict[str, Json]:
    return {"by": person.by, "account": person.account}


def numbered(sheets: Sequence[SheetRef]) -> str:
    """`2026-11-24-001: 1-60; 2026-11-25-001: 4`."""
    batches = sorted({each.batch for each in sheets})
    return "; ".join(
        f"{batch}: {sheet_ranges(each.sheet for each in sheets if each.batch == batch)}" for batch in batches
    )
