"""Makes the committed samples from their plan, or makes them anew elsewhere and compares.

`python -m samples.build --out samples/batches` writes the files, and their truth beside that folder in `truth/`.
`python -m samples.build --check` compares; a difference is named and the exit code is 1.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pikepdf
from PIL import Image, ImageSequence

from pipeline.model import Document, LayoutId, Side
from pipeline.storage.layout_files import load_layouts
from samples.batches import BATCHES, GENERIC, BatchPlan, Doc, FileForm, FilePlan, SheetPlan
from samples.case import Case, counts, draw_case
from samples.electronic import write_electronic
from samples.enclosures import Enclosure, enclosure_sheet
from samples.encode import jpeg_bytes, pdf_bytes, png_bytes, tiff_bytes
from samples.fontpool import TRAIN
from samples.generate import GeneratedPage, GeneratedSheet, sheet
from samples.truth import JsonValue, page_record

DEFAULT_OUT = Path(__file__).parent / "batches"
MEAN_TOLERANCE = 0.5
"""Grey levels by which an image may differ on the mean: other processors round the last bit of a blur otherwise."""
FAR_SHARE_TOLERANCE = 0.002
"""Share of pixels that may differ by more than 32 grey levels."""


def case_of(batch: str, plan: FilePlan) -> Case:
    """The case that the sheets of one envelope share; that of the statement they answer, wherever it came."""
    batch, group = plan.answers or (batch, plan.group)
    seed = [*batch.encode("ascii"), group]
    return draw_case(np.random.default_rng(seed), plan.schedule, plan.language)


def cases_of(batch: str, plan: FilePlan) -> tuple[Case, ...]:
    """The case of each sheet of a file: one for all, or that of its count."""
    case = case_of(batch, plan)
    if not plan.counts:
        return (case,) * len(plan.sheets)
    forms = counts(case, np.random.default_rng([*batch.encode("ascii"), plan.group, plan.counts]), plan.counts)
    return tuple(forms[one.count - 1] for one in plan.sheets)


def layout_of(what: Doc, file: FilePlan) -> LayoutId:
    """The front of a planned form; a return document of the edition, or else of the generic one."""
    document = Document.STATEMENT if what is Doc.STATEMENT else Document.RETURN
    found = {
        layout.edition: layout.id
        for layout in load_layouts()
        if (layout.schedule, layout.document, layout.side, layout.language)
        == (file.schedule, document, Side.FRONT, file.language)
    }
    if what is Doc.RETURN and file.edition not in found:
        return found[GENERIC]
    return found[file.edition]


def make_sheet(plan: SheetPlan, file: FilePlan, case: Case) -> GeneratedSheet:
    """Both sides of one planned sheet."""
    if isinstance(plan.what, Enclosure):
        return enclosure_sheet(
            plan.seed, plan.what, pool=TRAIN, level=plan.level, case=case, dpi=file.dpi, mode=file.mode
        )
    return sheet(
        plan.seed,
        pool=TRAIN,
        level=plan.level,
        layout_id=layout_of(plan.what, file),
        writing=plan.writing,
        case=case,
        dpi=file.dpi,
        mode=file.mode,
        printed_back=plan.printed_back,
    )


def files_of(file: FilePlan, pages: Sequence[GeneratedPage]) -> Iterator[tuple[str, bytes, int]]:
    """File names with their bytes and how many of the pages each holds."""
    if file.form is FileForm.PDF:
        yield f"{file.name}.pdf", pdf_bytes(pages, quality=file.quality), len(pages)
    elif file.form is FileForm.TIFF:
        yield f"{file.name}.tif", tiff_bytes(pages, quality=file.quality or None), len(pages)
    else:
        for page, side in zip(pages, ("front", "back"), strict=True):
            data = png_bytes(page) if file.form is FileForm.PNG else jpeg_bytes(page, quality=file.quality)
            yield f"{file.name}_{side}.{file.form}", data, 1


def build_batch(plan: BatchPlan, folder: Path, truth_folder: Path) -> None:
    """Writes one batch's files and its truth."""
    target = folder / plan.name
    target.mkdir(parents=True, exist_ok=True)
    truth_folder.mkdir(parents=True, exist_ok=True)
    records: list[JsonValue] = []
    sheet_number = 0
    for file in plan.files:
        cases = cases_of(plan.name, file)
        made = [make_sheet(sheet_plan, file, case) for sheet_plan, case in zip(file.sheets, cases, strict=True)]
        pages = [page for one in made for page in one.pages]
        sheets = [index for index, one in enumerate(made) for _ in one.pages]
        at = 0
        for name, data, count in files_of(file, pages):
            (target / name).write_bytes(data)
            for page_number in range(1, count + 1):
                where: dict[str, str | int] = {
                    "file": name,
                    "page_number": page_number,
                    "sheet": sheet_number + sheets[at] + 1,
                    "group": file.group,
                }
                records.append(page_record(pages[at], cases[sheets[at]], where))
                at += 1
        sheet_number += len(made)
    text = json.dumps({"batch": plan.name, "pages": records}, ensure_ascii=False, indent=1) + "\n"
    (truth_folder / f"{plan.name}.json").write_text(text, encoding="utf-8")


def build(folder: Path, batches: Sequence[BatchPlan] = BATCHES) -> None:
    """Writes all batches under `folder`; beside it their truth in `truth/`, and electronic statements."""
    for plan in batches:
        build_batch(plan, folder, folder.parent / "truth")
    write_electronic(folder.parent / "electronic")


def images_in(path: Path) -> list[npt.NDArray[np.uint8]]:
    """All page images of a sample file, grey."""
    if path.suffix == ".pdf":
        with pikepdf.open(path) as document:
            blobs = [page.Resources.XObject.Scan.read_raw_bytes() for page in document.pages]
        return [np.asarray(Image.open(io.BytesIO(blob)).convert("L"), np.uint8) for blob in blobs]
    with Image.open(path) as picture:
        return [np.asarray(frame.convert("L"), np.uint8) for frame in ImageSequence.Iterator(picture)]


def image_difference(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> tuple[float, float]:
    """Mean difference in grey levels, and share of pixels further apart than 32; infinite for different sizes."""
    if first.shape != second.shape:
        return float("inf"), 1.0
    apart = cv2.absdiff(first, second)
    return float(apart.mean()), float((apart > 32).mean())


def differences(committed: Path, fresh: Path) -> list[str]:
    """What differs between two sample folders, truth included; empty when nothing does."""
    found = []
    beside = ((committed.parent / name, fresh.parent / name) for name in ("truth", "electronic"))
    for here, there in ((committed, fresh), *beside):
        names = {str(path.relative_to(root)) for root in (here, there) for path in root.rglob("*") if path.is_file()}
        for name in sorted(names):
            found += _file_difference(name, here / name, there / name)
    return found


def _file_difference(name: str, first: Path, second: Path) -> list[str]:
    if not first.exists() or not second.exists():
        return [f"{name}: only in the {'plan' if second.exists() else 'folder'}"]
    if first.read_bytes() == second.read_bytes():
        return []
    if first.suffix in (".json", ".jsonl"):
        return [f"{name}: the {'truth' if first.suffix == '.json' else 'text'} differs"]
    ours, theirs = images_in(first), images_in(second)
    if len(ours) != len(theirs):
        return [f"{name}: {len(ours)} pages, the plan makes {len(theirs)}"]
    found = []
    for number, pair in enumerate(zip(ours, theirs, strict=True), start=1):
        mean, far = image_difference(*pair)
        if mean > MEAN_TOLERANCE or far > FAR_SHARE_TOLERANCE:
            found.append(f"{name} page {number}: mean difference {mean:.2f}, {100 * far:.2f} % of pixels far off")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m samples.build", description=__doc__)
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="folder of the batches")
    parser.add_argument("--check", action="store_true", help="make them elsewhere and compare")
    options = parser.parse_args(arguments)
    cv2.setNumThreads(1)
    if not options.check:
        build(options.out)
        return 0
    with tempfile.TemporaryDirectory() as scratch:
        fresh = Path(scratch) / "batches"
        build(fresh)
        found = differences(options.out, fresh)
    for line in found:
        print(line, file=sys.stderr)
    print("samples: " + (f"{len(found)} differences" if found else "as planned"))
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
