"""The outbox: its chain, what the ledger was told of it, and whether what was told of each statement is what stands."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pipeline.custody import StatementRow
from pipeline.custody.events import Event, EventKind
from pipeline.errors import IntegrityError
from pipeline.evidence.event_chain import verify_events
from pipeline.evidence.verdict import Difference
from pipeline.usecases.events import NOTHING, Told, knowing
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.telling import standing_now
from pipeline.usecases.verify.report import Report


class _Read:
    """Events as they go by, and what they come to: the outbox is read once and not kept."""

    def __init__(self) -> None:
        self.told: dict[str, Told] = {}
        self.assigned: Counter[str] = Counter()
        self.hashes: dict[str, str] = {}
        self.count = 0

    def through(self, events: Iterable[Event], anchored: frozenset[str]) -> Iterator[Event]:
        for event in events:
            self.count += 1
            before = self.told.get(event.statement, NOTHING)
            self.told[event.statement] = knowing(before, event.kind, event.data, event.number)
            if event.kind is EventKind.NUMBER_ASSIGNED:
                self.assigned[event.data.get("assignment", "")] += 1
            if str(event.sequence) in anchored:
                self.hashes[str(event.sequence)] = event.hash
            yield event


def check_events(report: Report, keeping: Keeping) -> None:
    """Every event, and every statement that there is."""
    anchors = {entry.subject: _hash_told(entry.body) for entry in keeping.records.events.attested()}
    read = _Read()
    report.differences.extend(verify_events(read.through(keeping.records.events.all(), frozenset(anchors))))
    for sequence, told in anchors.items():
        if read.hashes.get(sequence) != told:
            report.add("event_anchor_differs", sequence)
    report.differences.extend(_untold_numbers(read, keeping))
    _check_standing(read.told, report, keeping)
    if read.count:
        report.count("events", read.count)


def _check_standing(told: Mapping[str, Told], report: Report, keeping: Keeping) -> None:
    left = dict(told)
    for batch in keeping.records.batches():
        for row in keeping.records.statements(batch.id):
            said = left.pop(row.id, NOTHING)
            if not _is_so(row, said, keeping):
                report.add("events_differ", row.id)
    for statement, said in left.items():
        if said.counts:
            report.add("events_differ", statement)


def _is_so(row: StatementRow, said: Told, keeping: Keeping) -> bool:
    """True where a page cannot be read: that is named with the page."""
    try:
        return standing_now(row, keeping.records) == said
    except IntegrityError:
        return True


def _untold_numbers(read: _Read, keeping: Keeping) -> Iterator[Difference]:
    numbers, _ = keeping.records.court.attested()
    assigned = {str(row.sequence) for row in numbers}
    for sequence in sorted(assigned ^ read.assigned.keys()):
        yield Difference("events_differ", f"court_number:{sequence}")


def _hash_told(body: str) -> str:
    """Empty, which is no hash, when the entry cannot be read; that is reported with the ledger."""
    try:
        return str(json.loads(body)["hash"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return ""
