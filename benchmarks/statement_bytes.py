"""`python -m benchmarks.statement_bytes`: bytes kept and handed out of a statement, beside other ways to keep it.

The sample batches are taken in. The pages of each numbered statement are written again as PNG, as lossless JPEG XL, and
by OCRmyPDF as PDF/A-2, and compared with what constat keeps and makes of them.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import imagecodecs
import numpy as np
from PIL import Image

from benchmarks import peers
from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.config import Settings
from pipeline.imaging.decode import decode
from pipeline.model import PageBytes
from pipeline.usecases.report import PageReport, batch_report
from pipeline.usecases.retrieve import StatementReport, find_statement
from pipeline.wiring import App, reading, stored_pages

BATCHES = Path("samples/batches")


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.statement_bytes", description=__doc__)
    parser.add_argument("--statements", type=int, default=12, help="at most so many")
    parser.add_argument("--no-peer", action="store_true", help="leave OCRmyPDF out")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        settings = Settings(data_dir=work / "data")
        _constat(work, "intake", str(BATCHES))
        app = reading(settings)
        counted: list[Mapping[str, int]] = []
        for report in _statements(app, chosen.statements):
            counted.append(bytes_of(report, app, work, with_peer=not chosen.no_peer))
            tell(f"{len(counted)} statements")
    rows = [
        [name, f"{np.median(held) / 1000:.0f}", f"{np.mean(held) / 1000:.0f}"]
        for name in (counted[0] if counted else ())
        if (held := [its[name] for its in counted])
    ]
    images = sum(its["images"] for its in counted)
    print(
        table(f"Bytes of a statement ({len(counted)} statements, {images} images)", ["kB", "median", "mean"], rows[1:])
    )
    return 0


def _statements(app: App, most: int) -> Iterator[StatementReport]:
    records = app.keeping.records
    numbered = {
        (row.issuer, row.number)
        for batch in records.batches()
        for row in batch_report(batch.id, records=records).statements
        if row.number is not None and row.pages
    }
    for issuer, number in sorted(numbered)[:most]:
        yield find_statement(str(number), issuer, records=records)


def bytes_of(report: StatementReport, app: App, work: Path, *, with_peer: bool) -> dict[str, int]:
    """Of the statement's own pages, by what they are kept or made as."""
    pages = [page for page in report.pages if page.row.id in report.statement.pages]
    received = [_received(page, app) for page in pages]
    scans = [decode(page.data, dpi_hint=page.dpi, want_color=True) for page in received]
    pixels = [scan.gray if scan.color is None else scan.color for scan in scans]
    kept = {ref.digest for page in pages for ref in page.derivatives}
    counted = {
        "images": len(pages),
        "pages as received": sum(len(page.data) for page in received),
        "images that constat keeps beside them": sum(app.keeping.objects.check(digest) for digest in kept),
        "hard copy for the court, digitized": _hard_copy(report, work, "digitized"),
        "hard copy for the court, pre-programmed": _hard_copy(report, work, "preprogrammed"),
        "the scans as PNG": sum(len(_png(image)) for image in pixels),
        "the scans as lossless JPEG XL": sum(
            len(imagecodecs.jpegxl_encode(image, lossless=True, effort=3, numthreads=1)) for image in pixels
        ),
    }
    if with_peer:
        files = []
        for index, image in enumerate(pixels):
            file = work / f"page-{index}.png"
            Image.fromarray(image).save(file, "PNG", dpi=(scans[index].dpi or 300.0,) * 2)
            files.append(file)
        counted["OCRmyPDF, PDF/A-2 of the scans"] = peers.archived_by_ocrmypdf(files, work / "peer")[1]
    return counted


def _received(page: PageReport, app: App) -> PageBytes:
    file = app.keeping.records.file(page.row.file)
    if file is None or file.digest is None:
        raise RuntimeError(f"{page.row.id} has no file")
    for found in stored_pages().pages(app.keeping.objects.path(file.digest), name=file.name):
        if found.page_index == page.row.page_index and isinstance(found, PageBytes):
            return found
    raise RuntimeError(f"{page.row.id} is not in its file")


def _png(image: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> bytes:
    out = io.BytesIO()
    Image.fromarray(image).save(out, "PNG")
    return out.getvalue()


def _hard_copy(report: StatementReport, work: Path, form: str) -> int:
    its = report.statement
    out = work / "copy.pdf"
    _constat(work, "export", f"{its.issuer}:{its.number}", "--hard-copy", str(out), "--form", form, "--force")
    return out.stat().st_size


def _constat(work: Path, *arguments: str) -> None:
    command = [str(Path(sys.executable).with_name("constat")), *arguments]
    done = subprocess.run(command, env={"CONSTAT_DATA_DIR": str(work / "data"), "PATH": "/usr/bin:/bin"}, check=False)
    # 1 means that some page needs a person.
    if done.returncode > 1:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}")


if __name__ == "__main__":
    raise SystemExit(main())
