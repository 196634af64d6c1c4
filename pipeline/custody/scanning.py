"""The frozen values of scanning: what a scanner can do and is asked for, what it delivers, and the session of a batch.

A session is a batch while its paper is being fed. Each side is stored and recorded when it is delivered; when the
session ends, the sides become the files of the batch, in the order of the paper.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path

from pipeline.custody.transfer import Device
from pipeline.model import BatchId, Digest, FileId, Reason, Side


class PaperSource(StrEnum):
    """Where a scanner takes its paper from."""

    FEEDER_DUPLEX = "feeder_duplex"
    FEEDER = "feeder"
    GLASS = "glass"


class ColorMode(StrEnum):
    COLOR = "color"
    GRAY = "gray"
    BILEVEL = "bilevel"


@dataclass(frozen=True, slots=True)
class Abilities:
    """What a scanner says that it can do.

    Attributes:
        sources: in the order of preference for mail; never empty.
        dpi: that may be chosen, ascending; empty where any may be.
        largest_mm: width and height of the largest sheet; null where it does not say.
        double_feed_sensor: it can tell two sheets that are drawn in at once.
        imprinter: it prints a number on each sheet, and says which.
    """

    device: Device
    sources: tuple[PaperSource, ...]
    dpi: tuple[int, ...]
    modes: tuple[ColorMode, ...]
    largest_mm: tuple[float, float] | None = None
    double_feed_sensor: bool = False
    imprinter: bool = False


@dataclass(frozen=True, slots=True)
class ScanWish:
    """How paper is to be scanned.

    Attributes:
        size_mm: width and height of the sheets; null: the largest there is.
        stop_at_double_feed: where the scanner has a sensor for it.
    """

    source: PaperSource = PaperSource.FEEDER_DUPLEX
    dpi: int = 300
    mode: ColorMode = ColorMode.COLOR
    size_mm: tuple[float, float] | None = None
    stop_at_double_feed: bool = True


@dataclass(frozen=True, slots=True)
class FoundScanner:
    """A scanner that was found by looking for some: its address (`sane:...`, `escl:...`) and what people call it."""

    uri: str
    name: str


@dataclass(frozen=True, slots=True)
class Delivered:
    """A file that a scanner delivered, exactly as sent. It may go when the next one is asked for: store it first.

    Attributes:
        path: complete; in the folder that the run was given, or where it was found.
        name: what people see.
        media_type: as the device says, such as `image/jpeg`.
        sides: sheet of this run, from 1, and side, of each page in it in order; empty for a file that says nothing of
            sheets (a watched folder's).
        imprint: what the device printed on the sheet; null when nothing.
        said: what else the device says of it, by name.
    """

    path: Path
    name: str
    media_type: str
    sides: tuple[tuple[int, Side], ...] = ()
    imprint: str | None = None
    said: tuple[tuple[str, str], ...] = ()


# Sessions


class MailKind(StrEnum):
    """What a batch of paper mostly is."""

    STATEMENTS = "statements"
    RETURNS = "returns"
    MIXED = "mixed"


@dataclass(frozen=True, slots=True)
class MailHeader:
    """What is said of a batch of mail besides its `BatchOptions`.

    Attributes:
        postmark: the day on the envelopes, where all bear the same; null else.
        box_number: of the box that the paper goes into.
        deadline: the day by which the batch is to be read.
    """

    kind: MailKind = MailKind.MIXED
    postmark: date | None = None
    box_number: str | None = None
    deadline: date | None = None


class SessionState(StrEnum):
    """Waiting for paper, being fed, stopped with paper left, or handed over as the files of its batch."""

    OPEN = "open"
    FEEDING = "feeding"
    INTERRUPTED = "interrupted"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class ScanTotals:
    """What was counted when a session ended. It balances where `fed_sides` + `uncounted_sides` = `whole_sides`.

    Attributes:
        fed_sides: sides of all sheets that passed whole, each time that they passed, as devices counted the sheets;
            null where none did.
        whole_sides: that were received of those; `half_sides`: of sheets in which a feeding stopped.
        superseded: of all received, those that another scan stands for.
        uncounted_sides: received whole from a device that did not say how many sheets it fed, or had no time to.
    """

    fed_sides: int | None
    whole_sides: int
    half_sides: int
    superseded: int
    uncounted_sides: int = 0

    @property
    def received(self) -> int:
        return self.whole_sides + self.half_sides

    @property
    def all_received(self) -> bool:
        """Sheets fed x sides = sides received, as far as devices count."""
        return self.fed_sides is None or self.fed_sides + self.uncounted_sides == self.whole_sides


@dataclass(frozen=True, slots=True)
class ScanSession:
    """The scanning of a batch.

    Attributes:
        opened_by: the operator's account, or the system's name for the user of the command.
        ended_at: when its sides became the files of the batch; null before.
        end_reason: why it was ended with counts that differ; null where none did.
        totals: null before the end, and where a file holds pages that nobody counted.
    """

    batch: BatchId
    header: MailHeader
    state: SessionState
    opened_at: datetime
    opened_by: str
    ended_at: datetime | None = None
    ended_by: str | None = None
    end_reason: str | None = None
    totals: ScanTotals | None = None


class Pass(StrEnum):
    """Which sides a feeding delivers: both at once; or only the fronts, then the stack turned over for the backs, the
    last sheet first or in the same order."""

    BOTH = "both"
    FRONTS = "fronts"
    BACKS = "backs"
    BACKS_FROM_LAST = "backs_from_last"


@dataclass(frozen=True, slots=True)
class Feeding:
    """One run of a scanner within a session.

    Attributes:
        number: within the batch, from 1.
        heard_at: when it last gave a sign of life; one that stays silent was killed.
        ended_at: null while it runs.
        first_sheet: of the session, with which it was to begin; of the first that was named for one that feeds again.
        again: sheets that were named to be fed again, in the order of the paper; empty for one that goes on.
        sheets_fed: as the device counted; null where it does not.
        sheets: of which something was recorded.
        stopped: why it ended before the feeder was empty; null else.
        doubts: what spoke against it when it began, such as a scanner that is not qualified.
    """

    batch: BatchId
    number: int
    scanner: str
    device: Device
    wish: ScanWish
    sides: Pass
    began_at: datetime
    by: str
    heard_at: datetime
    first_sheet: int = 1
    again: tuple[int, ...] = ()
    ended_at: datetime | None = None
    sheets_fed: int | None = None
    sheets: int = 0
    stopped: Reason | None = None
    doubts: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedSide:
    """A file that was delivered in a session: mostly one side of one sheet.

    Attributes:
        id: of the file that it becomes.
        sheet: of the session, from 1 in the order of the paper; a sheet that is scanned again keeps its number.
        side: null where the file holds more than one, front first.
        revision: 0, or how often the sheet had been scanned before.
        sheets: that the file holds, from `sheet` on; a file that says nothing of sheets counts as one.
        imprint: what the device printed on the sheet.
        pages: images in the file, as the device said; null where it said nothing.
        look: canonical JSON of what a first look found (`usecases.scanning.looks`); null before it.
        superseded_by: the revision that stands for this one; null while this one stands.
        reason: why it was superseded, in the operator's words or as a code.
    """

    id: FileId
    batch: BatchId
    feeding: int
    sheet: int
    side: Side | None
    revision: int
    digest: Digest
    size_bytes: int
    media_type: str
    name: str
    received_at: datetime
    sheets: int = 1
    pages: int | None = 1
    imprint: str | None = None
    said: tuple[tuple[str, str], ...] = field(default=())
    look: str | None = None
    superseded_by: int | None = None
    reason: str | None = None
