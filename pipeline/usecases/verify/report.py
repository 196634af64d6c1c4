"""What a verification has found so far, and what of a batch it looks at."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.custody import BatchRow, FileRow, PageRow
from pipeline.errors import Param
from pipeline.evidence.verdict import Difference, Verdict
from pipeline.model import PageId
from pipeline.usecases.keeping import Keeping

_UNSOUND = frozenset({"object_altered", "object_missing", "object_unreadable", "object_version_missing"})


@dataclass(slots=True)
class Report:
    """Differences and counts as they come up."""

    differences: list[Difference] = field(default_factory=list)
    checked: dict[str, int] = field(default_factory=dict)
    remarks: list[Difference] = field(default_factory=list)

    def add(self, code: str, subject: str, **facts: Param) -> None:
        self.differences.append(Difference(code, subject, tuple(facts.items())))

    def unsound_objects(self) -> frozenset[str]:
        """Digests of objects whose bytes were found missing, altered or unreadable so far."""
        return frozenset(its.subject for its in self.differences if its.code in _UNSOUND)

    def count(self, sort: str, number: int = 1) -> None:
        self.checked[sort] = self.checked.get(sort, 0) + number

    def verdict(self) -> Verdict:
        return Verdict(tuple(dict.fromkeys(self.differences)), tuple(self.checked.items()), tuple(self.remarks))


@dataclass(frozen=True, slots=True)
class Scope:
    """What of a batch is verified: all of it, or the files and pages of one statement."""

    batch: BatchRow
    files: tuple[FileRow, ...]
    pages: tuple[PageRow, ...]
    whole: bool

    @staticmethod
    def of(batch: BatchRow, keeping: Keeping) -> Scope:
        return Scope(batch, keeping.records.files(batch.id), keeping.records.pages(batch.id), whole=True)

    def only(self, members: frozenset[PageId]) -> Scope:
        pages = tuple(page for page in self.pages if page.id in members)
        kept = {page.file for page in pages}
        return Scope(self.batch, tuple(file for file in self.files if file.id in kept), pages, whole=False)
