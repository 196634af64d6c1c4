"""A scanner in memory: sheets in its feeder, and what goes wrong at which of them. Held to the real ones by
`tests/contract/test_scanners.py`."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.custody.scanning import Abilities, ColorMode, Delivered, FoundScanner, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.model import Side
from pipeline.ports import Scanner

ABILITIES = Abilities(
    Device("Fake", "Feeder", "F-1", "fake", "1.0"),
    (PaperSource.FEEDER_DUPLEX, PaperSource.FEEDER, PaperSource.GLASS),
    (150, 200, 300),
    tuple(ColorMode),
    (216.0, 356.0),
    double_feed_sensor=True,
)
_MEDIA_TYPES = {
    b"\xff\xd8": ("image/jpeg", ".jpg"),
    b"\x89P": ("image/png", ".png"),
    b"II": ("image/tiff", ".tif"),
    b"%P": ("application/pdf", ".pdf"),
}
_SIDES = (Side.FRONT, Side.BACK)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What stops a run at a sheet, once; before its front, or between front and back. The sheet stays in the feeder."""

    error: PipelineError
    after_front: bool = False


@dataclass
class FakeScanner:
    """Fills `Scanner`.

    Attributes:
        feeder: the sheets that wait, each its front and back as bytes, or its front alone.
        troubles: by the sheet of the run that comes next, from 1.
        counts: whether it says how many sheets it fed.
        imprint_from: the number that it prints on the next sheet; null where it prints none.
        unreachable: raised in place of any answer.
    """

    feeder: list[tuple[bytes, ...]] = field(default_factory=list)
    troubles: dict[int, Trouble] = field(default_factory=dict)
    its: Abilities = ABILITIES
    uri: str = "fake:feeder"
    counts: bool = True
    imprint_from: int | None = None
    unreachable: PipelineError | None = None
    runs: int = 0
    """Runs that were begun."""
    busy: bool = False

    def abilities(self) -> Abilities:
        if self.unreachable is not None:
            raise self.unreachable
        return self.its

    @contextmanager
    def run(self, wish: ScanWish, *, into: Path) -> Iterator[FakeRun]:
        if self.unreachable is not None:
            raise self.unreachable
        if self.busy:
            raise Unavailable("scanner_busy", scanner=self.uri)
        for name, value, allowed in (
            ("source", wish.source, self.its.sources),
            ("dpi", str(wish.dpi), tuple(map(str, self.its.dpi)) or (str(wish.dpi),)),
            ("mode", wish.mode, self.its.modes),
        ):
            if value not in allowed:
                raise OperatorError("scanner_cannot", scanner=self.uri, wish=name, value=value)
        self.busy, self.runs = True, self.runs + 1
        try:
            yield FakeRun(self, wish, into)
        finally:
            self.busy = False


@dataclass
class FakeRun:
    """Fills `ScanRun`."""

    scanner: FakeScanner
    wish: ScanWish
    into: Path
    fed: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def sheets_fed(self) -> int | None:
        return self.fed if self.scanner.counts else None

    def stop(self) -> None:
        self.stopped.set()

    def __iter__(self) -> Iterator[Delivered]:
        if not self.scanner.feeder:
            raise OperatorError("scanner_no_paper", scanner=self.scanner.uri)
        while self.scanner.feeder and not self.stopped.is_set():
            self.fed += 1
            yield from self._sheet(self.scanner.troubles.pop(self.fed, None))
            self.scanner.feeder.pop(0)
            if self.wish.source is PaperSource.GLASS:
                return

    def _sheet(self, trouble: Trouble | None) -> Iterator[Delivered]:
        if trouble is not None and not trouble.after_front:
            raise trouble.error
        duplex = self.wish.source is PaperSource.FEEDER_DUPLEX
        sides = self.scanner.feeder[0] if duplex else self.scanner.feeder[0][:1]
        imprint = None
        if self.scanner.imprint_from is not None:
            imprint, self.scanner.imprint_from = str(self.scanner.imprint_from), self.scanner.imprint_from + 1
        for side, data in zip(_SIDES, sides, strict=False):
            yield self._side(side, data, imprint)
            if trouble is not None:
                raise trouble.error

    def _side(self, side: Side, data: bytes, imprint: str | None) -> Delivered:
        media_type, suffix = _MEDIA_TYPES.get(data[:2], ("application/octet-stream", ".bin"))
        path = self.into / f"{self.fed:04d}-{side}{suffix}"
        path.write_bytes(data)
        return Delivered(path, path.name, media_type, ((self.fed, side),), imprint)


@dataclass(frozen=True)
class FakeScanners:
    """Fills `Scanners`: by address, all of them found."""

    by_uri: Mapping[str, Scanner]

    def at(self, uri: str) -> Scanner:
        if uri not in self.by_uri:
            raise OperatorError("scanner_uri", uri=uri)
        return self.by_uri[uri]

    def found(self) -> tuple[FoundScanner, ...]:
        return tuple(FoundScanner(uri, uri.partition(":")[2]) for uri in sorted(self.by_uri))


def fed_with(*sheets: Sequence[bytes], uri: str = "fake:feeder") -> FakeScanner:
    """A scanner with these sheets in its feeder."""
    return FakeScanner([tuple(sheet) for sheet in sheets], uri=uri)
