"""What the core asks of scanners, whatever speaks to them.

Each error names the `scanner` by its address. `scanner_unreachable` and `scanner_failed` give a `detail`, what the
device or its driver said; `scanner_cannot` gives the `wish` (`source`, `mode`, `dpi`, `size`, `option`) and its
`value`; `scanner_odd_images` the number of `images`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from pipeline.custody.scanning import Abilities, Delivered, FoundScanner, ScanWish


class ScanRun(Protocol):
    """One run of a scanner: from the first sheet to an empty feeder, or to whatever stops it."""

    def __iter__(self) -> Iterator[Delivered]:
        """Files as they are delivered, sheet by sheet, front before back. Ends when the feeder is empty, or after
        `stop`. What was delivered before an error stays good; the sheet that was under way is to be fed again.

        Raises:
            OperatorError: `scanner_jam`, `scanner_double_feed`, `scanner_cover_open`, `scanner_no_paper` (before the
                first sheet), `scanner_canceled` (at the device itself), `scanner_odd_images` (of sheets with two
                sides; after the last one). Of a folder: `folder_set_aside`, `folder_file_changed` (at the end).
            Unavailable: `scanner_lost` (it no longer answers), `scanner_failed` (it says that something is broken, or
                what it sends cannot be understood).
        """
        ...

    @property
    def sheets_fed(self) -> int | None:
        """As the device counts, the one in which it stopped included; null where it does not count."""
        ...

    def stop(self) -> None:
        """End after the sheet that is under way. From any thread; more than once."""
        ...


class Scanner(Protocol):
    """One scanner, or a folder that something else puts scans into."""

    @property
    def uri(self) -> str:
        """`sane:...`, `escl:...`, `folder:...`: as it was asked for."""
        ...

    def abilities(self) -> Abilities:
        """Raises:
        Unavailable: `scanner_unreachable`, `scanner_busy`, `scanner_failed`, `scanner_program_missing`.
        OperatorError: `scanner_not_found`, `scanner_denied`.
        """
        ...

    def run(self, wish: ScanWish, *, into: Path) -> AbstractContextManager[ScanRun]:
        """Begin a run. At its end the device is free again, whatever happened.

        Args:
            into: an empty folder for the files of the run.

        Raises:
            Unavailable: `scanner_unreachable`, `scanner_busy`, `scanner_failed`, `scanner_program_missing`.
            OperatorError: `scanner_not_found`, `scanner_denied`; `scanner_cannot` for a wish that the device cannot
                fulfil.
        """
        ...


class Scanners(Protocol):
    """Scanners by their addresses."""

    def at(self, uri: str) -> Scanner:
        """Raises OperatorError `scanner_uri` for an address of no known kind."""
        ...

    def found(self) -> tuple[FoundScanner, ...]:
        """Looks for scanners, at this machine and in its network; takes some seconds. By name."""
        ...
