"""Qualifies scanners: a scan of the target is measured, kept, and recorded with the device that made it."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from pipeline.custody import plain_text
from pipeline.custody.qualifications import Qualification, Repair
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import InputRefused, IntegrityError, OperatorError
from pipeline.evidence.canonical import canonical_json
from pipeline.imaging.decode import decode
from pipeline.imaging.target import measure
from pipeline.imaging.target_limits import findings
from pipeline.imaging.target_measures import TargetMeasures
from pipeline.imaging.target_plan import VERSION
from pipeline.model import Digest, PageBytes, Reason, Side
from pipeline.ocr.cards.masks import redacted
from pipeline.ports import Scanner
from pipeline.usecases.keeping import Keeping
from pipeline.usecases.qualification import device_key
from pipeline.usecases.qualification_entries import put_measured, put_repair

MOST_FILES = 8
"""Of one measurement: the target is scanned once or twice, on both sides."""


@dataclass(frozen=True, slots=True)
class TargetFile:
    """A file with scans of the target.

    Attributes:
        name: what people see.
        sides: of its pages in order; the last goes on for what follows.
    """

    path: Path
    name: str
    sides: tuple[Side, ...] = (Side.FRONT,)


@dataclass(frozen=True, slots=True)
class MeasuredSide:
    """What was measured of one page, and of which side of the paper it is."""

    side: Side
    measures: TargetMeasures


TargetReader: TypeAlias = Callable[[Sequence[TargetFile], int | None], tuple[MeasuredSide, ...]]
"""Measures every page that shows the target, at the resolution asked for; null: at what each file says.

Raises:
    InputRefused: as `find_target`, where no page shows it or one shows it badly; `target_no_dpi`; a file that cannot be
        read. Unavailable: it took too long, or too much memory.
"""

_SIDES = TypeAdapter(tuple[MeasuredSide, ...])


def measured_page(page: PageBytes, dpi_said: int | None, name: str) -> TargetMeasures:
    """Measure one page of a file.

    Raises:
        InputRefused: as `decode` and `find_target`; `target_no_dpi`: nobody says at what resolution it was scanned.
    """
    image = decode(page.data, dpi_hint=page.dpi, rotation_deg=page.rotation_deg, want_color=True)
    dpi = image.dpi if dpi_said is None else float(dpi_said)
    if dpi is None:
        raise InputRefused("target_no_dpi", file=name)
    return measure(image.gray, image.color, dpi_said=dpi)


def measures_text(sides: Sequence[MeasuredSide]) -> str:
    """Canonical JSON, for the records."""
    return canonical_json(_SIDES.dump_python(tuple(sides), mode="json"))


def measures_from(text: str) -> tuple[MeasuredSide, ...]:
    """What `measures_text` wrote. Raises IntegrityError `measures_unreadable`."""
    try:
        return _SIDES.validate_json(text)
    except (ValidationError, ValueError) as error:
        raise IntegrityError("measures_unreadable") from error


def missed(sides: Sequence[MeasuredSide], wish: ScanWish) -> tuple[Reason, ...]:
    """Limits that are missed; and sides that the paper source scans and that were not measured."""
    wanted = (Side.FRONT, Side.BACK) if wish.source is PaperSource.FEEDER_DUPLEX else (Side.FRONT,)
    seen = {its.side for its in sides}
    absent = [Reason("limit_side_missing", (("side", f"side.{side}"),)) for side in wanted if side not in seen]
    gray = wish.mode is ColorMode.COLOR and any(its.measures.color is None for its in sides)
    colorless = [Reason("limit_no_color")] if gray else []
    return (*absent, *colorless, *(one for its in sides for one in findings(its.measures, side=f"side.{its.side}")))


def qualify(
    files: Sequence[TargetFile], device: Device, wish: ScanWish, *, who: str, reader: TargetReader, keeping: Keeping
) -> Qualification:
    """Measure a scanner by files that it made, keep them as they are, and record what was found.

    Args:
        wish: how it was scanned.
        who: as `Qualification.by`.

    Raises:
        InputRefused: as `TargetReader`; nothing is kept then. `source_changed`: a file was changed meanwhile.
        OperatorError: `target_device_unknown` without make and model; `target_bilevel_wish`; `target_files`.
        Unavailable: the store or the database cannot be written.
    """
    if not (device.make or device.model):
        raise OperatorError("target_device_unknown")
    if wish.mode is ColorMode.BILEVEL:
        raise OperatorError("target_bilevel_wish")
    if not 1 <= len(files) <= MOST_FILES:
        raise OperatorError("target_files", count=len(files), most=MOST_FILES)
    before = [_digest(its.path) for its in files]
    sides = reader(files, wish.dpi)
    refs = []
    for its, digest in zip(files, before, strict=True):
        with its.path.open("rb") as stream:
            refs.append(keeping.objects.put(stream))
        if refs[-1].digest != digest:
            raise InputRefused("source_changed", file=its.name)
    with keeping.records.transaction() as change:
        row = Qualification(
            id=change.qualifications.new_id("q"),
            key=device_key(device),
            device=device,
            wish=wish,
            at=keeping.clock.now(),
            by=who,
            scans=tuple(ref.digest for ref in refs),
            target=VERSION,
            measures=measures_text(sides),
            findings=missed(sides, wish),
        )
        for ref in refs:
            change.objects.put(ref)
        put_measured(row, change)
    return row


def scan_target(scanner: Scanner, wish: ScanWish, *, into: Path) -> tuple[TargetFile, ...]:
    """Scan the target with whatever lies in the feeder: one sheet face up, and for both sides one face down.

    Args:
        into: an empty folder; the files that are named lie in it.

    Raises:
        As `Scanner.run`; OperatorError `target_files` for a whole stack.
    """
    run_into, kept = into / "run", into / "kept"
    run_into.mkdir()
    kept.mkdir()
    found: list[TargetFile] = []
    with scanner.run(wish, into=run_into) as run:
        for number, delivered in enumerate(run, start=1):
            # What was delivered may be gone once the next is asked for.
            path = kept / f"{number:04d}{delivered.path.suffix}"
            shutil.copyfile(delivered.path, path)
            sides = tuple(side for _, side in delivered.sides) or (Side.FRONT,)
            found.append(TargetFile(path, delivered.name, sides))
            if len(found) > MOST_FILES:
                run.stop()
                raise OperatorError("target_files", count=len(found), most=MOST_FILES)
    return tuple(found)


def note_repair(device: Device, note: str, *, who: str, keeping: Keeping) -> Repair:
    """Record that something was done to a scanner: it is to be measured again.

    Args:
        note: what was done, in words; of a card's number in it nothing is kept.

    Raises:
        OperatorError: `words_missing`; `scanner_never_measured`.
    """
    said = redacted(plain_text(note).strip())
    if not said:
        raise OperatorError("words_missing")
    key = device_key(device)
    with keeping.records.transaction() as change:
        known = keeping.records.qualifications.measured(key)
        if not known:
            raise OperatorError("scanner_never_measured")
        row = Repair(change.qualifications.new_id("r"), key, known[0].device, keeping.clock.now(), who, said)
        put_repair(row, change)
    return row


def _digest(path: Path) -> Digest:
    with path.open("rb") as stream:
        return Digest(hashlib.file_digest(stream, "sha256").hexdigest())
