"""A mail room in memory: an archive, a scanner, and shorthand for feeding it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pipeline.custody import BatchOptions
from pipeline.custody.scanning import Feeding, MailHeader, PaperSource, ScanWish
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import BatchId
from pipeline.ports import Records, Scanner
from pipeline.storage.source_files import SourceFiles
from pipeline.usecases.intake import carry_on
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.qualification import ScannerRules
from pipeline.usecases.scanning import SessionView, end_session, feed, open_session, session_view
from tests.fake_scanner import FakeScanner, Trouble, fed_with
from tests.unit.custody import Archive

JAM = OperatorError("scanner_jam", scanner="fake:feeder")
DOUBLE_FEED = OperatorError("scanner_double_feed", scanner="fake:feeder")
LOST = Unavailable("scanner_lost", scanner="fake:feeder")
SIMPLEX = ScanWish(PaperSource.FEEDER)
NO_RULES = ScannerRules(enforcement="off")


def sheet(number: int, back: str = "blank") -> tuple[bytes, bytes]:
    """A statement with this number and what is on its back."""
    return f"no {812000 + number}".encode(), f"{back} {number}".encode()


@dataclass
class MailRoom:
    archive: Archive
    folder: Path
    batch: BatchId

    @staticmethod
    def make(folder: Path, *, expected: int | None = None, on: Records | None = None) -> MailRoom:
        archive = Archive.make(folder)
        archive = archive if on is None else archive.on(on)
        archive.keeping = replace(archive.keeping, sources=SourceFiles())
        options = BatchOptions(expected_sheets=expected)
        return MailRoom(archive, folder, open_session(options, MailHeader(), who="anne", keeping=archive.keeping))

    @property
    def keeping(self) -> Keeping:
        return self.archive.keeping

    def feed(self, scanner: Scanner, wish: ScanWish | None = None, **more: Any) -> Feeding:  # as `feed`
        with tempfile.TemporaryDirectory(dir=self.folder) as into:
            given = {"who": "anne", "keeping": self.keeping, "into": Path(into), "rules": NO_RULES, **more}
            return feed(self.batch, scanner, wish or ScanWish(), **given)

    def feed_sheets(self, *numbers: int, troubles: dict[int, PipelineError] | None = None, **more: Any) -> Feeding:
        """Sheets with these numbers; what stops the run at which of them, from 1."""
        return self.feed(self.loaded(numbers, troubles), **more)

    def loaded(self, numbers: Sequence[int], troubles: dict[int, PipelineError] | None = None) -> FakeScanner:
        scanner = fed_with(*(sheet(number) for number in numbers))
        scanner.troubles = {place: Trouble(error) for place, error in (troubles or {}).items()}
        return scanner

    def view(self) -> SessionView:
        return session_view(self.batch, keeping=self.keeping, now=self.keeping.clock.now())

    def alarms(self) -> dict[str, tuple[int, ...]]:
        return {its.code: its.sheets for its in self.view().alarms}

    def end(self, *, reason: str = "", supervisor: bool = False) -> SessionView:
        return end_session(self.batch, who="anne", supervisor=supervisor, reason=reason, keeping=self.keeping)

    def read(self) -> None:
        carry_on(self.batch, keeping=self.keeping, runner=self.archive.runner)

    def standing(self) -> list[tuple[int, str]]:
        """Sheet and content of what stands, in the order of the paper."""
        sides = [side for its in self.view().sheets for side in its.sides]
        return [(its.sheet, self.keeping.objects.get(its.digest).decode()) for its in sides]
