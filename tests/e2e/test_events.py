"""Events of a real scan: from the command that takes it in to the closed batch."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.custody.events import EventKind
from pipeline.custody.review import Queue, Reviewer, SiteRules, TaskState, Verb, Verdict
from pipeline.usecases.events import told_by
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.review import Closed, close_batch, decide
from pipeline.usecases.telling import standing_now
from tests.e2e.command import ROOT, constat, document
from tests.e2e.light_intake import keeping_of
from tests.unit.reviewing import desk_of

SCAN = ROOT / "samples" / "batches" / "inspection" / "general-002.pdf"
"""One sheet, so that the test is short."""
CHIEF = Reviewer("chief", frozenset(Queue))
ORDER = (EventKind.RECEIVED, EventKind.READABLE, EventKind.REVIEWED, EventKind.ARCHIVED)


def _events(data_dir: Path, *arguments: str) -> list[dict[str, Any]]:
    found = document(constat("events", "--json", "--most", "10000", *arguments, data_dir=data_dir))
    assert isinstance(found["events"], list)
    return found["events"]


def _decide_everything(keeping: Keeping) -> None:
    """As a supervisor without eyes: what was proposed stands, the rest is illegible; pages stay as they are."""
    desk = desk_of(keeping)
    for _ in range(3):
        for task in keeping.records.review.tasks(states=frozenset({TaskState.OPEN})):
            verbs = (Verb.ACCEPT, Verb.ILLEGIBLE) if task.field else (Verb.AS_IS,)
            for verb in verbs:
                decide(task.id, task.version, Verdict(verb, reason="as it is"), CHIEF, desk=desk)


@pytest.mark.servers
def test_a_scan_is_told_of_in_order_from_receipt_to_archive(tmp_path: Path) -> None:
    mail = date.today() - timedelta(days=2)
    taken = constat("intake", SCAN, "--received-on", mail.isoformat(), "--workers", "1", "--json", data_dir=tmp_path)
    first = _events(tmp_path)
    keeping = keeping_of(tmp_path)
    (batch,) = keeping.records.batches()
    _decide_everything(Keeping(keeping.records, keeping.objects, keeping.sources, keeping.clock, site=SiteRules(False)))
    closed = close_batch(batch.id, CHIEF, desk=desk_of(keeping), reason="as they are")
    events = tuple(keeping.records.events.all())
    rest = _events(tmp_path, "--after", str(first[-1]["sequence"]))

    assert taken.returncode in (0, 1), taken.stderr
    assert isinstance(closed, Closed), closed
    assert [its["sequence"] for its in (*first, *rest)] == list(range(1, len(events) + 1))
    assert {its["kind"] for its in first} >= {"received", "readable", "published"}
    assert {its["age_days"] for its in (*first, *rest)} == {2}
    for row in keeping.records.statements(batch.id):
        own = [its for its in events if its.statement == row.id]
        steps = [its.kind for its in own if its.kind in ORDER]
        assert steps == sorted(steps, key=ORDER.index)
        assert len(steps) == len(set(steps))
        assert told_by(own) == standing_now(row, keeping.records)
        if row.counts and row.number:
            assert steps == list(ORDER)
    verified = constat("verify", "--all", "--json", data_dir=tmp_path)
    assert verified.returncode == 0, verified.stdout
    assert json.loads(verified.stdout)["checked"]["events"] == len(events)
