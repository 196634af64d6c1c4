"""A process of its own that decides tasks as fast as it can; started twice by `test_review_rivals`."""

from __future__ import annotations

import sys
from pathlib import Path

from pipeline.custody.review import Reviewer, Verb, Verdict
from pipeline.storage.clock import SystemClock
from pipeline.storage.records.sql import open_records
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review import Conflict, Decided, decide, open_tasks
from tests.fakes import MemoryStore
from tests.unit.reviewing import desk_of


def main(folder: Path, name: str) -> None:
    clock = SystemClock()
    records = open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=clock)
    desk = desk_of(Keeping(records, MemoryStore(folder), SourceFiles(), clock))
    tasks = open_tasks(desk=desk)
    print("ready", flush=True)
    sys.stdin.readline()
    for task in tasks:
        answer = decide(task.id, 0, Verdict(Verb.TYPED, text=name), Reviewer(name), desk=desk)
        if isinstance(answer, Decided):
            print(f"won {task.id}", flush=True)
        elif not isinstance(answer, Conflict):
            print(f"odd {answer}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
