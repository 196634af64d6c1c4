"""A page is read by the forms that were in force when its batch began, or when a person placed it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.config import Settings
from pipeline.custody import Placement
from pipeline.custody.layouts import DraftId, Edition
from pipeline.custody.review import TaskId
from pipeline.errors import IntegrityError
from pipeline.flow import FlowKit
from pipeline.model import Digest, LayoutId, PageBytes, PageState, Placing, SheetOutcome
from pipeline.ocr.readers import Readers
from pipeline.storage.calibration_files import load_calibration, load_thresholds
from pipeline.storage.issuer_files import issuer_named
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.templates.library import LayoutLibrary
from pipeline.usecases.process import sheet_jobs
from pipeline.wiring import work
from tests.fakes import line_flow
from tests.unit import placed
from tests.unit.custody import Archive
from tests.unit.moved_forms import LIKE, MOVED, moved_layout
from tests.unit.placed import STATEMENT, PlacedOffice, placed_flow

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
EDITION = Edition(DraftId("f0001"), MOVED, "text", since=NOON, until=NOON + 4 * HOUR)
PAGE = PageBytes(b"", 0, Digest("0" * 64))


class Nobody:
    """Fills no port: nothing is read here."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(name)


@pytest.fixture(scope="module")
def kit() -> FlowKit:
    layouts = [next(each for each in load_layouts() if each.id == LIKE), moved_layout()]
    return FlowKit(
        library=LayoutLibrary.build(layouts, load_fonts()),
        readers=Readers(Nobody()),  # type: ignore[arg-type]  # never asked
        calibration=load_calibration(),
        thresholds=load_thresholds(),
        issuer=issuer_named("generic", None),
    )


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch, kit: FlowKit) -> list[set[LayoutId]]:
    """The forms that each sheet was looked for by."""
    found: list[set[LayoutId]] = []

    def process(sides: tuple[PageBytes, ...], *, kit: FlowKit) -> SheetOutcome:
        found.append({each.layout.id for each in kit.library.prepared})
        assert len(kit.library.down) == len(kit.library.across) == len(kit.library.prepared)
        return SheetOutcome(())

    monkeypatch.setattr("pipeline.flow.process_sheet", process)
    monkeypatch.setattr(work, "flow_kit", lambda *_, **__: kit)
    monkeypatch.setattr(work, "recorded_editions", lambda _: (EDITION,))
    return found


@pytest.mark.parametrize(
    ("known_at", "named", "found"),
    [
        (NOON - HOUR, None, {LIKE}),
        (NOON, None, {LIKE, MOVED}),
        (NOON + HOUR, None, {LIKE, MOVED}),
        (NOON + 4 * HOUR, None, {LIKE}),
        (NOON + 5 * HOUR, MOVED, {LIKE, MOVED}),
        (NOON - HOUR, MOVED, {LIKE}),
    ],
)
def test_an_edition_is_looked_for_while_it_is_in_force_or_where_a_person_named_it(
    seen: list[set[LayoutId]], known_at: datetime, named: LayoutId | None, found: set[LayoutId]
) -> None:
    parts = work.worker_parts(Settings(data_dir=Path("/nowhere")))
    placing = None if named is None else Placing(layout=named)

    parts.flow((replace(PAGE, known_at=known_at, placing=placing),))

    assert seen == [found]


def test_a_worker_asks_again_for_a_job_that_is_younger_than_what_it_knows(
    seen: list[set[LayoutId]], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Settings] = []

    def recorded(settings: Settings) -> tuple[Edition, ...]:
        asked.append(settings)
        return (EDITION,)

    monkeypatch.setattr(work, "recorded_editions", recorded)
    parts = work.worker_parts(Settings(data_dir=Path("/nowhere")))
    for known_at in (NOON, NOON + HOUR, NOON):
        parts.flow((replace(PAGE, known_at=known_at),))
    first = len(asked)
    parts.flow((replace(PAGE, known_at=datetime.now(UTC) + HOUR),))

    assert (first, len(asked)) == (1, 2)


def test_every_page_of_a_batch_is_read_by_the_forms_of_its_beginning(tmp_path: Path) -> None:
    moments: list[datetime | None] = []

    def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        moments.extend(side.known_at for side in sides)
        return line_flow(sides)

    archive = Archive.make(tmp_path, flow=flow)
    batch = archive.take({"a.txt": b"one\ntwo\nthree"})
    row = archive.records.batch(batch)
    assert row is not None

    again = list(sheet_jobs(batch, keeping=archive.keeping, states=frozenset(PageState), keep=False))

    assert moments == [row.started_at] * 3
    assert {job.known_at for job in again} == {row.started_at}


def test_a_placed_page_is_read_by_the_forms_of_the_moment_it_was_placed_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments: list[datetime | None] = []

    def flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
        moments.extend(side.known_at for side in sides)
        return placed_flow(sides)

    monkeypatch.setattr(placed, "placed_flow", flow)
    office = PlacedOffice(tmp_path)
    batch = office.take("unknown // form number=812345! name=TREMBLAI")
    page = office.archive.records.pages(batch)[0].id
    office.placed(page, Placement(layout=STATEMENT))
    (said,) = office.archive.records.review.history(TaskId(page))
    assert moments[-1] == said.at
    moments.clear()

    assert office.differences(again=True) == []

    row = office.archive.records.batch(batch)
    assert row is not None
    assert moments == [row.started_at, said.at]


def test_whoever_verifies_goes_on_without_editions_that_were_changed_outside(
    seen: list[set[LayoutId]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def altered(settings: Settings) -> tuple[Edition, ...]:
        raise IntegrityError("layout_altered", layout=MOVED, draft="f0001")

    monkeypatch.setattr(work, "recorded_editions", altered)
    settings = Settings(data_dir=Path("/nowhere"))
    with pytest.raises(IntegrityError, match="layout_altered"):
        work.worker_factory(settings)

    work.worker_factory(settings, verifies=True)().flow((PAGE,))

    assert len(seen) == 1
