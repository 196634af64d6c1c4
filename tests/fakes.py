"""One fake of each port of custody, in memory. Contract suites hold the fakes to what the real parts do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pipeline.custody import (
    Job,
    JobFailed,
    JobResult,
    ObjectRef,
    ObjectStat,
    Retention,
    RetentionMode,
    SheetJob,
    is_retained,
    prolonged,
)
from pipeline.errors import InputRefused, IntegrityError, OperatorError, PipelineError
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import (
    Decision,
    Derivative,
    Digest,
    Field,
    Kind,
    LayoutId,
    PageBytes,
    PageLabel,
    PageOutcome,
    PageProblem,
    Reason,
    SheetOutcome,
)
from pipeline.ports import Clock
from pipeline.usecases.work import Worker, WorkerParts


def sha256(data: bytes) -> Digest:
    return Digest(hashlib.sha256(data).hexdigest())


class FakeClock:
    """Starts at noon UTC of a fixed day and goes on by one second each time it is asked."""

    def __init__(self, start: datetime = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)) -> None:
        self._next = start

    def now(self) -> datetime:
        moment = self._next
        self._next = moment + timedelta(seconds=1)
        return moment

    def wait(self, time: timedelta) -> None:
        self._next += time


class MemoryStore:
    """Objects in a dictionary. `path` writes a copy below `folder`, for parts that need a file."""

    def __init__(self, folder: Path, *, retention: Retention | None = None, clock: Clock | None = None) -> None:
        self.objects: dict[Digest, bytes] = {}
        self.kept: dict[Digest, ObjectStat] = {}
        self.foreign: list[str] = []
        self._folder = folder
        self._retention = retention
        self._clock = clock or FakeClock()

    def opened(self, retention: Retention | None, clock: Clock) -> MemoryStore:
        """The same objects under another rule."""
        store = MemoryStore(self._folder, retention=retention, clock=clock)
        store.objects, store.kept, store.foreign = self.objects, self.kept, self.foreign
        return store

    def ready(self) -> None:
        return

    def put(self, source: BinaryIO) -> ObjectRef:
        try:
            data = b"".join(iter(lambda: source.read(1 << 20), b""))
        except OSError as error:
            raise InputRefused("source_unreadable", detail=str(error)) from error
        digest = sha256(data)
        if digest in self.objects:
            self.check(digest)
        if digest not in self.kept:
            now = self._clock.now()
            term = self._retention
            end, mode = (None, None) if term is None else (term.end(now), term.mode)
            self.kept[digest] = ObjectStat(ObjectRef("memory", digest, "1", digest, len(data)), now, end, mode)
        self.objects[digest] = data
        return self.kept[digest].ref

    def get(self, digest: Digest) -> bytes:
        data = self.objects[digest]
        if sha256(data) != digest:
            raise IntegrityError("object_altered", digest=digest)
        return data

    def check(self, digest: Digest, *, version_id: str | None = None) -> int:
        return len(self.get(digest))

    def path(self, digest: Digest) -> Path:
        path = self._folder / digest
        path.write_bytes(self.get(digest))
        return path

    def exists(self, digest: Digest) -> bool:
        return digest in self.objects

    def stat(self, digest: Digest) -> ObjectStat:
        data = self.objects[digest]
        ref = ObjectRef("memory", digest, "1", digest, len(data))
        return self.kept.get(digest, ObjectStat(ref, datetime(2026, 11, 20, tzinfo=UTC)))

    def faults(self, ref: ObjectRef) -> tuple[Reason, ...]:
        if ref.digest not in self.objects:
            return ()
        if self._retention is not None and not is_retained(self.stat(ref.digest), self._retention):
            return (Reason("retention_missing"),)
        return ()

    def retain(self, digest: Digest, until: datetime, mode: RetentionMode) -> None:
        its = self.stat(digest)
        end, strictest = prolonged(its, until, mode)
        self.kept[digest] = replace(its, retain_until=end, mode=strictest)

    def hold(self, digest: Digest, on: bool) -> None:
        self.kept[digest] = replace(self.stat(digest), held=on)

    def remove(self, ref: ObjectRef) -> None:
        its = self.stat(ref.digest)
        if its.held:
            raise OperatorError("object_held", digest=ref.digest)
        if its.retain_until is not None and its.retain_until > self._clock.now():
            raise OperatorError("object_retained", digest=ref.digest, until=its.retain_until.isoformat())
        del self.objects[ref.digest]
        self.kept.pop(ref.digest, None)

    def presigned(self, digest: Digest, expires_s: int) -> str | None:
        return None

    def digests(self) -> Iterator[Digest]:
        return iter(sorted(self.objects))

    def discard_unfinished(self) -> int:
        return 0

    def strays(self) -> Iterator[str]:
        return iter(self.foreign)


@dataclass
class FakeSources:
    """Files to take in: path to bytes. A missing path is a missing file; an error given instead of bytes is raised."""

    files: dict[Path, bytes | PipelineError] = field(default_factory=dict)

    def open(self, path: Path) -> BinaryIO:
        found = self.files.get(path)
        if found is None:
            raise InputRefused("source_missing", path=str(path))
        if isinstance(found, PipelineError):
            raise found
        return BytesIO(found)


class LinePages:
    """A page source for files of text: each line is a page; `!code` is a damaged page, `broken` a broken file."""

    def pages(self, path: Path, *, name: str) -> Iterator[PageBytes | PageProblem]:
        data = path.read_bytes()
        if data.startswith(b"broken"):
            raise InputRefused("corrupt_pdf", detail="it says so")
        if not data:
            raise InputRefused("empty_file")
        for index, line in enumerate(data.splitlines()):
            if line.startswith(b"!"):
                yield PageProblem(index, line[1:].decode())
            else:
                yield PageBytes(line, index, sha256(line))


def line_flow(sides: tuple[PageBytes, ...]) -> SheetOutcome:
    """A flow for `LinePages`: a page is what its line says.

    `blank`, `letter`, `unknown` are pages of these kinds; `refuse` is refused; `no 812345` is a statement with that
    number; `count 812345 26-17 C1` one with designations besides, of the whole and its own; `return 812345` a return
    document; anything else a statement whose number is in doubt. Every page but a
    blank one has one derivative.
    """
    return SheetOutcome(tuple(_outcome(side) for side in sides))


def _outcome(side: PageBytes) -> PageOutcome:
    word = side.data.split()[0].decode() if side.data.split() else "blank"
    if word == "refuse":
        raise InputRefused("corrupt_image", detail="it says so")
    labels = {"blank": PageLabel.BLANK, "letter": PageLabel.ENCLOSURE, "unknown": PageLabel.UNIDENTIFIED}
    label = labels.get(word, PageLabel.FORM)
    derived = () if label is PageLabel.BLANK else (Derivative("thumbnail", "image/png", b"small " + side.data),)
    text = side.data.decode()
    if label is not PageLabel.FORM:
        return PageOutcome(label=label, size_px=(100, 200), text=text, derivatives=derived)
    document = "return" if word == "return" else "statement"
    layout = LayoutId(f"iii.{document}.front.fr@generic-1")
    sure = word in ("no", "count", "return")
    fields: tuple[Field, ...] = (_number(text.split()[1]),) if sure else ()
    if word == "count":
        _, _, shared, own = text.split()
        names = (("statement_designation", shared), ("form_designation", own))
        fields += tuple(replace(fields[0], name=name, kind=Kind.CODE, value=value, text=value) for name, value in names)
    return PageOutcome(label=label, size_px=(100, 200), layout=layout, text=text, fields=fields, derivatives=derived)


def _number(value: str) -> Field:
    return Field(
        name="statement_number",
        kind=Kind.STATEMENT_NO,
        critical=True,
        value=value,
        text=value,
        confidence=0.999,
        decision=Decision.ACCEPTED,
        reader="fake",
        box_mm=BoxMm(10.0, 10.0, 50.0, 8.0),
        box_px=BoxPx(39, 39, 197, 32),
    )


class FakeRunner:
    """Runs jobs in place, in order; `dies_on` names sheets that kill their worker."""

    def __init__(self, parts: WorkerParts, *, dies_on: Iterable[int] = ()) -> None:
        self._worker = Worker(parts)
        self._dies_on = frozenset(dies_on)
        self.jobs: list[Job] = []

    def run(self, jobs: Iterable[Job]) -> Iterator[JobResult]:
        for job in jobs:
            self.jobs.append(job)
            if isinstance(job, SheetJob) and job.sheet in self._dies_on:
                yield JobFailed(job, Reason("worker_died", (("exit_code", "-9"),)))
            else:
                yield self._worker.run(job)
