"""What work on layout drafts needs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

from pipeline.geometry import Affine, BoxPx
from pipeline.model import Digest, Layout, LayoutId, Reason
from pipeline.templates.catalogue import Catalogue, Particular
from pipeline.templates.fonts import Fonts
from pipeline.templates.imprint import Imprint
from pipeline.templates.requirements import Requirements
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.layouts.results import TriedPage

MOST_SCAN_BYTES: Final = 64 * 1024 * 1024
"""A blank legal-size form in colour at 600 dpi, as a good JPEG, has 10 MB."""
MOST_PIXELS: Final = 100_000_000
"""A legal-size page at 600 dpi has 43 million."""
MOST_TRIED_PAGES: Final = 6
"""Read at once: some three seconds each."""


@dataclass(frozen=True, slots=True)
class KnownForms:
    """The forms there are, and by what a draft is judged.

    Attributes:
        texts: the layout file of each known form, by id: shipped, of the site's folder, put in force.
        fixed: ids of those that are files.
        layouts: the same, read.
    """

    texts: Mapping[str, str]
    fixed: frozenset[str]
    layouts: Mapping[LayoutId, Layout]
    imprints: Mapping[str, Imprint]
    catalogue: Catalogue
    requirements: Requirements
    fonts: Fonts

    def face(self, layout: LayoutId) -> Mapping[str, Particular]:
        """Particulars of a layout's face, by name."""
        return self.catalogue.face(face_of(layout))


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that a person sent. Its name is shown and is never a path."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class StoredSample:
    """A page of a file that is kept: its object, and its place in it from 1; `part`: of its image, null for all;
    `masks`: boxes of the scan as received that nobody is shown."""

    name: str
    file_digest: Digest
    page_number: int
    part: BoxPx | None = None
    masks: tuple[BoxPx, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposed:
    """What was made of a blank form.

    Attributes:
        picture: PNG, grey, of the sheet laid flat at `picture_dpi`.
        scan_from_layout: millimetre of the layout in, pixel of the scan as decoded out.
    """

    text: str
    decisions: tuple[Reason, ...]
    picture: bytes
    picture_dpi: float
    scan_from_layout: Affine


@dataclass(frozen=True, slots=True)
class BlankScan:
    """The scan of a blank form, and what it is to become.

    Attributes:
        dpi: what a person says of its resolution; null: the file says it.
    """

    upload: Upload
    layout: LayoutId
    like: LayoutId
    page_number: int = 1
    dpi: float | None = None


@dataclass(frozen=True, slots=True)
class Trial:
    """A layout file to be tried, and the pages to try it on."""

    layout: LayoutId
    text: str
    uploads: tuple[Upload, ...] = ()
    stored: tuple[StoredSample, ...] = ()


class LayoutBench(Protocol):
    """Looks at scans in a process of its own, with bounds on memory and time.

    Raises (both):
        Unavailable: `bench_busy`, `bench_timed_out`, `bench_died`.
    """

    def propose(self, blank: BlankScan) -> Proposed:
        """Raises as `author_layout`, and InputRefused for a file that is none of the known sorts."""
        ...

    def try_out(self, trial: Trial) -> tuple[tuple[TriedPage, ...], int]:
        """Pages read, at most MOST_TRIED_PAGES, and how many were left. Raises LayoutInvalid."""
        ...


@dataclass(frozen=True, slots=True)
class LayoutDesk:
    """Records, the known forms, and where scans are looked at.

    Attributes:
        forms: as they are now.
        holding: holds the data folder while objects are stored (docs/adr/0013-writers.md).
        salts: gives a new random text each time.
        second_person: an edition is put in force by somebody else than who edited it last.
    """

    keeping: Keeping
    forms: Callable[[], KnownForms]
    bench: LayoutBench
    holding: Callable[[], AbstractContextManager[Keeping]]
    salts: Callable[[], str]
    second_person: bool = field(default=True)


def face_of(layout: str) -> str:
    """`iii.return.front.fr@generic-1` -> `iii.return.front`."""
    return layout.partition("@")[0].rpartition(".")[0]
