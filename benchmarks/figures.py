"""Figures over a large archive: `python -m benchmarks.figures [PAGES]` makes rows as 90 days of work leave them and
times each count; `python -m benchmarks.figures PAGES DATA_DIR` only adds the rows to an archive, to be looked at.

Rows are written as they are kept, without objects and without a ledger: they are for counting, not for evidence.
"""

from __future__ import annotations

import json
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from pipeline.custody.figures import BatchesWanted, BatchOrder, Span
from pipeline.storage.clock import SystemClock
from pipeline.storage.migrations.versions import r0009_figures
from pipeline.storage.records.sql import open_records
from pipeline.usecases.figures import Question, figures_of

DAYS = 90
PAGES_A_BATCH = 120
PEOPLE = ("atremblay", "bcote", "croy", "dgagnon", "ebouchard", "flavoie")
ISSUERS = ("valmont", "saint-aubin", "rivière-claire")
NAMES = ("Courrier du matin", "Courrier de l’après-midi", "Envoi du greffe", "")
LAYOUTS = tuple(
    f"{schedule}.statement.front.{language}@generic-1" for schedule in ("i", "iii") for language in ("fr", "en")
)
KINDS = ("date", "person", "amount", "statement_no", "plate", "address", "time", "mark", "code", "choice")
DOUBTFUL, SAMPLED = 0.14, 0.03


@dataclass
class Rows:
    """Rows by table, in the order of their columns."""

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, **columns: object) -> None:
        self.tables.setdefault(table, []).append(columns)

    def write(self, path: Path) -> None:
        with sqlite3.connect(path) as connection:
            for table, rows in self.tables.items():
                names = ", ".join(f'"{name}"' for name in rows[0])
                places = ", ".join(f":{name}" for name in rows[0])
                connection.executemany(f"INSERT INTO {table} ({names}) VALUES ({places})", rows)
            for table in ("page_counts", "judged_readings", "work_hours", "batch_work"):
                connection.execute(f"DELETE FROM {table}")
            for statement in r0009_figures.FILL:
                connection.execute(statement)


class Office:
    """Makes batches day by day; each person goes on where they stopped."""

    def __init__(self, today: date, seed: int = 1) -> None:
        self.chance = random.Random(seed)
        self.today = today
        self.rows = Rows()
        self.at: dict[str, datetime] = {}

    def batch(self, day: date, number: int, pages: int) -> None:
        chance, rows = self.chance, self.rows
        name = f"{day}-{900 + number}"
        scanned = datetime(day.year, day.month, day.day, 12, 30, tzinfo=UTC) + timedelta(minutes=25 * number)
        finished = scanned + timedelta(minutes=chance.uniform(6, 20))
        mail = day - timedelta(days=chance.choice((0, 1, 1, 2)))
        rows.add(
            "batches",
            id=name,
            name=chance.choice(NAMES) or None,
            received_on=str(mail) if chance.random() < 0.9 else None,
            expected_sheets=pages // 2,
            issuer=chance.choice(ISSUERS),
            state="complete",
            started_at=scanned.isoformat(),
            finished_at=finished.isoformat(),
            wall_s=600.0,
            cpu_s=900.0,
            operator="os:scan",
            scan_profile=None,
        )
        self._file(name, scanned, pages)
        open_tasks, last = self._pages(name, day, mail, finished, pages)
        closed = None if open_tasks or chance.random() < 0.1 else last + timedelta(hours=chance.uniform(0.5, 20))
        if closed is not None and closed.date() > self.today:
            closed = None
        rows.add(
            "review_batches",
            batch_id=name,
            made_at=finished.isoformat(),
            closed_at=None if closed is None else closed.isoformat(),
            closed_by=None if closed is None else "chief",
            reason="",
        )

    def _file(self, batch: str, at: datetime, pages: int) -> None:
        self.rows.add(
            "files",
            id=f"{batch}.0001",
            batch_id=batch,
            position=0,
            source_path=b"/scans/mail.pdf",
            name="mail.pdf",
            size_bytes=pages * 90_000,
            group_number=1,
            duplex=True,
            state="split",
            digest="0" * 64,
            received_at=(at + timedelta(seconds=40)).isoformat(),
            page_count=pages,
            reason=None,
            duplicate_of=None,
        )

    def _pages(self, batch: str, day: date, mail: date, made: datetime, pages: int) -> tuple[int, datetime]:
        open_tasks, last = 0, made
        settled = day + timedelta(days=self.chance.choice((0, 1, 1, 2, 3, 5)))
        done = min(1.0, max(0.0, ((self.today - settled).days + 1) / 2.0))
        for number in range(1, pages + 1):
            page, front = f"{batch}.0001.{number:04d}", number % 2 == 1
            label = "form" if front else self.chance.choice(("blank", "blank", "enclosure", "form"))
            lost = label == "form" and self.chance.random() < 0.004
            fields = [self._field(index) for index in range(10)] if label == "form" and not lost else []
            tasks = list(self._tasks(fields))
            statement = f"{batch}.s{(number + 1) // 2:04d}"
            waits = 0
            for index, sample in tasks:
                said = self.chance.random() < done
                waits += not said
                at = self._task(batch, page, statement, fields, index, sample, mail, made, said)
                last = max(last, at or last)
            open_tasks += waits
            self._page(batch, page, number, "unidentified" if lost else label, waits, fields)
            if front:
                self._statement(batch, statement, number // 2, mail, page)
        return open_tasks, last

    def _field(self, index: int) -> dict[str, object]:
        doubtful, empty = self.chance.random() < DOUBTFUL, self.chance.random() < 0.12
        sure = 1.0 - self.chance.random() ** 2 * 0.02
        confidence = min(0.979, max(0.05, self.chance.betavariate(4, 2))) if doubtful else sure
        return {
            "name": f"field_{index}",
            "kind": KINDS[index],
            "value": None if empty and not doubtful else "2026-03-14",
            "confidence": round(confidence, 4),
            "decision": "review" if doubtful else "empty" if empty else "accepted",
            "reader": "ppocr",
        }

    def _tasks(self, fields: list[dict[str, object]]) -> Iterator[tuple[int, bool]]:
        for index, its in enumerate(fields):
            if its["decision"] == "review":
                yield index, False
            elif its["decision"] == "accepted" and self.chance.random() < SAMPLED:
                yield index, True

    def _task(
        self,
        batch: str,
        page: str,
        statement: str,
        fields: list[dict[str, object]],
        index: int,
        sample: bool,
        mail: date,
        made: datetime,
        said: bool,
    ) -> datetime | None:
        its, layout = fields[index], LAYOUTS[hash_of(page) % len(LAYOUTS)]
        task, due = f"{page}/{its['name']}", mail + timedelta(days=self.chance.randint(8, 28))
        queue = self.chance.choices(("reviewer", "second", "supervisor"), (80, 15, 5))[0]
        self.rows.add(
            "review_tasks",
            id=task,
            subject="field",
            batch_id=batch,
            page_id=page,
            statement_id=statement,
            field=its["name"],
            kind=its["kind"],
            layout=layout,
            critical=False,
            reading="null",
            position=index,
            urgent_on=str(due),
            due_on=str(due),
            made_at=made.isoformat(),
            queue=queue,
            state="decided" if said else "open",
            version=int(said),
            excluded="[]",
            blind=False,
            sample=sample,
            held_by=None,
            held_until=None,
        )
        return self._said(batch, page, task, layout, its, sample, made) if said else None

    def _said(
        self, batch: str, page: str, task: str, layout: str, its: dict[str, object], sample: bool, made: datetime
    ) -> datetime:
        who = self.chance.choice(PEOPLE)
        at = self._later(who, made)
        confidence = its["confidence"]
        assert isinstance(confidence, float)
        right = self.chance.random() < (confidence if sample else confidence**0.9)
        self.rows.add(
            "field_history",
            task_id=task,
            number=1,
            at=at.isoformat(),
            who=who,
            queue="reviewer",
            verb="accept" if right else "typed",
            value=json.dumps("2026-03-14" if right else "2026-08-14"),
            reason="",
            salt="",
            undoes=None,
            second_person=False,
            double_keying=False,
            place=None,
        )
        if sample:
            self.rows.add(
                "quality_looks",
                task_id=task,
                batch_id=batch,
                page_id=page,
                field=its["name"],
                kind=its["kind"],
                layout=layout,
                reader="ppocr",
                work="reader",
                finding="right" if right else "wrong",
                at=at.isoformat(),
            )
        return at

    def _later(self, who: str, made: datetime) -> datetime:
        """The person's next decision: from 13:00 to 20:00 UTC, a few seconds each, with breaks."""
        at = max(self.at.get(who, made), made) + timedelta(seconds=self.chance.gammavariate(3, 3))
        if self.chance.random() < 0.004:
            at += timedelta(minutes=self.chance.uniform(6, 50))
        if at.hour < 13:
            at = at.replace(hour=13, minute=self.chance.randint(0, 20))
        if at.hour >= 20 or at.weekday() >= 5:
            at = (at + timedelta(days=1 if at.weekday() < 4 else 7 - at.weekday())).replace(hour=13, minute=2)
        self.at[who] = at
        return at

    def _page(
        self, batch: str, page: str, number: int, label: str, waits: int, fields: list[dict[str, object]]
    ) -> None:
        lost = label == "unidentified"
        self.rows.add(
            "pages",
            id=page,
            batch_id=batch,
            file_id=f"{batch}.0001",
            page_index=number - 1,
            sha256="0" * 64,
            state="exception" if lost else "in_review" if waits else "ready",
            sheet=(number + 1) // 2,
            side="front" if number % 2 else "back",
            group_number=1,
            label=label,
            outcome_digest="0" * 64,
            reasons='[["unknown_layout", []]]' if lost else "[]",
        )
        layout = LAYOUTS[hash_of(page) % len(LAYOUTS)] if fields else None
        body = json.dumps({"fields": fields, "label": label, "layout": layout, "size_px": [2550, 3300]})
        self.rows.add("outcomes", page_id=page, body=body)

    def _statement(self, batch: str, statement: str, position: int, mail: date, page: str) -> None:
        self.rows.add(
            "statements",
            id=statement,
            batch_id=batch,
            position=position,
            issuer="valmont",
            number=statement.replace("-", "").replace(".s", ""),
            schedule="iii",
            state="in_review",
            received_on=str(mail),
            designation=None,
            rules="[]",
            reasons="[]",
            forms="[]",
        )
        self.rows.add("statement_pages", statement_id=statement, position=0, page_id=page, role="statement")


def hash_of(text: str) -> int:
    return sum(map(ord, text))


def make_rows(pages: int, today: date) -> Rows:
    """Of working days; the last ones are still in work."""
    office = Office(today)
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    working = [day for day in days if day.weekday() < 5]
    left, numbers = pages, dict.fromkeys(working, 0)
    while left > 0:
        day = working[(pages - left) // PAGES_A_BATCH % len(working)]
        size = 2 * max(1, min(left, office.chance.randint(PAGES_A_BATCH // 2, PAGES_A_BATCH * 3 // 2)) // 2)
        numbers[day] += 1
        left -= size
    for day in working:
        for number in range(numbers[day]):
            size = 2 * (office.chance.randint(PAGES_A_BATCH // 2, PAGES_A_BATCH * 3 // 2) // 2)
            office.batch(day, number, size)
    return office.rows


def main() -> None:
    pages = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    today = datetime.now(UTC).date()
    if len(sys.argv) > 2:
        make_rows(pages, today).write(Path(sys.argv[2]) / "constat.sqlite")
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = open_records(f"sqlite:///{folder / 'c.sqlite'}", head_path=folder / "head.json", clock=SystemClock())
        rows = make_rows(pages, today)
        print({table: len(each) for table, each in rows.tables.items()})
        begin = time.perf_counter()
        rows.write(folder / "c.sqlite")
        print(f"written and counted in {time.perf_counter() - begin:.1f} s")
        kept = records.figures
        for days in (7, 30, 90):
            span = Span(today - timedelta(days=days - 1), today)
            _time(f"figures of {days} days", lambda span=span: figures_of(Question(span, today), records=records))
        last = BatchesWanted(most=50, order=BatchOrder.DEADLINE)
        for what, call in {
            "batches, 50 by deadline": lambda: kept.batches(last),
            "fields": lambda: kept.fields(span),
            "readings": lambda: kept.readings(span),
            "decided": lambda: kept.decided(span),
            "work": lambda: kept.work(span),
            "waiting": kept.waiting,
            "due": lambda: kept.due(today + timedelta(days=5)),
            "returns waiting": kept.returns_waiting,
        }.items():
            _time(what, call)


def _time(what: str, call: object) -> None:
    assert callable(call)
    walls, works = [], []
    for _ in range(5):
        begin, work = time.perf_counter(), time.process_time()
        call()
        walls.append((time.perf_counter() - begin) * 1000.0)
        works.append((time.process_time() - work) * 1000.0)
    print(f"{what}: {sorted(works)[2]:.0f} ms of a processor, {sorted(walls)[2]:.0f} ms by the clock")


if __name__ == "__main__":
    main()
