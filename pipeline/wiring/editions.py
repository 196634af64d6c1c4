"""Forms in force: those that are files, and the editions that the records have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Lock

from pipeline.config import Settings
from pipeline.custody.layouts import Edition
from pipeline.model import Layout, LayoutId
from pipeline.ports import LayoutRecords
from pipeline.wiring.database import anything_kept, database_url
from pipeline.wiring.forms import with_editions


def recorded_editions(settings: Settings) -> tuple[Edition, ...]:
    """Every edition that was ever put in force; none where nothing is kept. Raises as `editions` and `Records`."""
    if not anything_kept(settings):
        return ()
    from pipeline.storage.clock import SystemClock
    from pipeline.storage.records.sql import open_records
    from pipeline.usecases.layouts.editions import editions

    head = settings.data_dir / "ledger-head.json"
    return editions(records=open_records(database_url(settings), head_path=head, clock=SystemClock()).layouts)


def known_layouts(settings: Settings, *, withdrawn: bool = True) -> tuple[Layout, ...]:
    """Forms that are files and editions in force, by id; with those that were withdrawn, whose pages are still here.

    Raises as `with_editions` and `recorded_editions`.
    """
    found = (its for its in recorded_editions(settings) if withdrawn or its.recognised)
    return with_editions(found, settings.layouts_dir)


class LayoutsNow(Mapping[LayoutId, Layout]):
    """Known forms by id, as they are at each moment: what is put in force is there for whoever asks next.

    An edition in force never changes, so one that is known needs no second look; only what is not known, and the whole,
    ask the records. May be shared by threads.
    """

    def __init__(self, records: LayoutRecords, layouts_dir: Path | None) -> None:
        """Raises as `with_editions` and `editions`."""
        self._records = records
        self._layouts_dir = layouts_dir
        self._turn = Lock()
        self._count = -1
        self._known: Mapping[LayoutId, Layout] = {}
        self._now()

    def __getitem__(self, layout: LayoutId) -> Layout:
        known = self._known.get(layout)
        return self._now()[layout] if known is None else known

    def __iter__(self) -> Iterator[LayoutId]:
        return iter(self._now())

    def __len__(self) -> int:
        return len(self._now())

    def _now(self) -> Mapping[LayoutId, Layout]:
        from pipeline.usecases.layouts.editions import editions

        with self._turn:
            count = self._records.count()
            if count != self._count:
                found = with_editions(editions(records=self._records), self._layouts_dir)
                self._known, self._count = {layout.id: layout for layout in found}, count
            return self._known
