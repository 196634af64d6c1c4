"""Review without HTTP: 50 people at one database, each looks at a task, thinks for five seconds and decides.

`python -m benchmarks.review [PEOPLE] [PAGES] [SECONDS]` prints the times of each step and checks that nothing was lost.
"""

from __future__ import annotations

import random
import secrets
import sys
import tempfile
import threading
import time
from collections import defaultdict
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

from pipeline.custody import BatchOptions, BatchRow, BatchState, FileRow, FileState, PageRow
from pipeline.custody.review import Reviewer, TaskId, Verb, Verdict
from pipeline.evidence.canonical import digest_of
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    BatchId,
    Decision,
    Digest,
    Field,
    FileId,
    Kind,
    LayoutId,
    PageId,
    PageLabel,
    PageOutcome,
    PageState,
    Reason,
)
from pipeline.storage.clock import SystemClock
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.objects.directory import DirectoryStore
from pipeline.storage.records.sql import open_records
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review import Decided, Desk, Pile, decide_and_next, make_tasks, next_task, task_view
from pipeline.usecases.stored_outcome import outcome_text

FIELDS_A_PAGE, DOUBTFUL = 40, 10
"""About what the samples have: a quarter of the fields of a filled form is in doubt."""
BATCH, FILE = BatchId("2026-11-20-001"), FileId("2026-11-20-001.0001")


@dataclass
class Times:
    """Seconds of each step, and how often each task was decided."""

    steps: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    decided: dict[TaskId, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, other: Times) -> None:
        for name, seconds in other.steps.items():
            self.steps[name] += seconds
        for task, count in other.decided.items():
            self.decided[task] += count


def outcome(number: int) -> PageOutcome:
    """A form with `FIELDS_A_PAGE` fields, `DOUBTFUL` of them for review."""
    fields = tuple(
        Field(
            name=f"field_{index:02d}",
            kind=Kind.TEXT,
            critical=False,
            value=f"value {number} {index}",
            text=f"value {number} {index}",
            confidence=0.6,
            decision=Decision.REVIEW if index < DOUBTFUL else Decision.ACCEPTED,
            reader="bench",
            box_mm=BoxMm(10.0, 10.0 + index, 50.0, 8.0),
            box_px=BoxPx(39, 39, 197, 32),
            reasons=(Reason("low_confidence", (("confidence", "0.600"), ("least", "0.990"))),),
        )
        for index in range(FIELDS_A_PAGE)
    )
    layout = LayoutId("iii.statement.front.fr@generic-1")
    return PageOutcome(label=PageLabel.FORM, size_px=(1700, 2800), layout=layout, fields=fields)


def desk_in(folder: Path, pages: int) -> Desk:
    """A database with one complete batch and its tasks."""
    clock = SystemClock()
    records = open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=clock)
    keeping = Keeping(records, DirectoryStore(folder / "objects"), SourceFiles(), clock)
    digest = Digest(keeping.objects.put(BytesIO(b"bench")).digest)
    with records.transaction() as change:
        change.put_batch(BatchRow(BATCH, BatchOptions(), BatchState.COMPLETE, started_at=clock.now()))
        change.put_file(FileRow(FILE, BATCH, 0, "/bench", "bench", 5, 1, False, FileState.SPLIT, digest))
        for number in range(pages):
            page, text = PageId(f"{FILE}.{number + 1:04d}"), outcome_text(outcome(number))
            row = PageRow(page, BATCH, FILE, number, digest, PageState.IN_REVIEW, sheet=number + 1)
            change.put_page(row)
            change.put_outcome(page, text, ())
            change.append("bench", page, f'{{"outcome":"{digest_of(text)}"}}')
    make_tasks(BATCH, keeping=keeping)
    return Desk(keeping, {}, issuer_named("generic", None), lambda: secrets.token_hex(16))


def work(who: Reviewer, desk: Desk, told: Times, thinks_s: float) -> None:
    """One person, until nothing is left; `thinks_s` between seeing and deciding."""
    chance = random.Random(who.account)
    # People do not press their keys in step.
    time.sleep(chance.uniform(0.0, thinks_s))
    task = next_task(who, desk=desk)
    while task is not None:
        begun = time.perf_counter()
        task_view(task.id, desk=desk)
        seen = time.perf_counter()
        time.sleep(chance.uniform(0.5, 1.5) * thinks_s)
        pressed = time.perf_counter()
        answer, left = decide_and_next(task.id, task.version, Verdict(Verb.ACCEPT), who, Pile(), desk=desk)
        told.steps["view"].append(seen - begun)
        told.steps["decide and next"].append(time.perf_counter() - pressed)
        told.decided[task.id] += isinstance(answer, Decided)
        task = left


def main(people: int, pages: int, thinks_s: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        desk = desk_in(Path(folder), pages)
        told = [Times() for _ in range(people)]
        threads = [
            threading.Thread(target=work, args=(Reviewer(f"person-{index}"), desk, told[index], thinks_s))
            for index in range(people)
        ]
        begun = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wall = time.perf_counter() - begun
        every = Times()
        for each in told:
            every.add(each)
        histories = desk.keeping.records.review.histories(batch=BATCH)
    total = len(every.decided)
    once = all(count == 1 for count in every.decided.values()) and all(len(rows) == 1 for rows in histories.values())
    print(
        f"{people} people, {total} of {pages * DOUBTFUL} tasks in {wall:.1f} s: {total / wall:.0f} decisions a second"
    )
    for name, seconds in every.steps.items():
        ordered = sorted(seconds)
        shown = ", ".join(
            f"p{share} {1000 * ordered[int(len(ordered) * share / 100) - 1]:.0f} ms" for share in (50, 95)
        )
        print(f"{name}: {shown}")
    print("each decided once, none lost" if once and total == pages * DOUBTFUL == len(histories) else "LOST UPDATES")


if __name__ == "__main__":
    given = [float(argument) for argument in sys.argv[1:]] + [50, 100, 5.0][len(sys.argv) - 1 :]
    main(int(given[0]), int(given[1]), given[2])
