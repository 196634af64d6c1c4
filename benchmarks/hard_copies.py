"""`python -m benchmarks.hard_copies`: what a page of a hard copy costs to make, sign and check, and how large it is.

Beside it what OCRmyPDF makes of the same images, the registered scans: PDF/A-2 without layers or mark, its text from a
reading of its own, which is most of its time.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np
import pypdfium2
import zxingcpp
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from PIL import Image

from benchmarks import peers
from benchmarks.accuracy import ISSUER, one_thread
from benchmarks.intervals import Rate
from benchmarks.layers import as_scanned
from benchmarks.onscan import placed
from benchmarks.pages import LEVEL_SHARES, WRITING_SHARES
from benchmarks.progress import tell
from benchmarks.tables import table
from pipeline.custody import PageRole
from pipeline.flow import FlowKit, read_fields
from pipeline.model import Digest, GrayImage, LayoutId, PageBytes, PageId, PageLabel
from pipeline.screens.hard_copy import Form, hard_copy
from pipeline.screens.hard_copy_frame import MarkPlace
from pipeline.screens.hard_copy_terms import Audience, FormSource, Terms
from pipeline.screens.layers import separate
from pipeline.screens.page_screen import LayeredScan, PageScreen, ScreenReading
from pipeline.screens.pdf_archive import FLAT, LAYERED
from pipeline.screens.pdf_check import check_pdf
from pipeline.storage.clock import SystemClock
from pipeline.storage.layout_files import load_fonts, load_layouts
from pipeline.storage.signing.pades import PadesSigner, open_pdf_signer
from pipeline.wiring import flow_kit
from samples.fontpool import HELD_OUT
from samples.generate import GeneratedPage, sheet

FIRST_SEED: Final = 1_800_000
"""Seeds below 900,000 are for tuning."""
TERMS: Final = Terms(
    ISSUER, "101234000000017", Audience.COURT, datetime(2026, 1, 1, tzinfo=UTC), verify_url="https://example.org/v"
)
LAYOUTS: Final = {layout.id: layout for layout in load_layouts()}
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one page: milliseconds of processor time by step, bytes of the file."""

    make_ms: float
    check_ms: float
    sign_ms: float
    size_bytes: int


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hard_copies", description=__doc__)
    parser.add_argument("--sheets", type=int, default=20)
    parser.add_argument("--no-peer", action="store_true", help="leave OCRmyPDF out")
    chosen = parser.parse_args(arguments)
    one_thread()
    screens = drawn_screens(chosen.sheets, flow_kit(ISSUER))
    with tempfile.TemporaryDirectory() as folder:
        signer = bench_signer(Path(folder))
        rows: list[list[object]] = []
        for source in FormSource:
            for flat in (False, True):
                terms = replace(TERMS, source=source, flat=flat)
                costs = [cost_of(screen, terms, signer) for screen in screens]
                rows.append([f"constat, {source}, {'PDF/A-1b flat' if flat else 'PDF/A-2u'}", *_means(costs)])
        if not chosen.no_peer:
            rows.append(_peer_row(screens, Path(folder)))
    head = ["a page, mean", "making, ms", "checking twice, ms", "signing, ms", "kB, signed"]
    print(table(f"Hard copies of {len(screens)} pages (one thread)", head, rows))
    print(codes_table(screens))
    return 0


def drawn_screens(sheets: int, kit: FlowKit) -> list[PageScreen]:
    """Page screens of generated sheets, as the flow makes them."""
    rng = np.random.default_rng(FIRST_SEED)
    found = []
    for index in range(sheets):
        level = LEVEL_SHARES[int(rng.choice(3, p=[share for _, share in LEVEL_SHARES]))][0]
        writing = WRITING_SHARES[int(rng.choice(3, p=[share for _, share in WRITING_SHARES]))][0]
        made = sheet(FIRST_SEED + index, pool=HELD_OUT, level=level, writing=writing)
        found += [screen for page in made.pages if (screen := _screen(page, kit)) is not None]
        if (index + 1) % 5 == 0:
            tell(f"{index + 1} of {sheets} sheets, {len(found)} pages with a form")
    return found


def _screen(page: GeneratedPage, kit: FlowKit) -> PageScreen | None:
    its = placed(PageBytes(as_scanned(page), 0, Digest("0" * 64)), kit=kit) if page.face is not None else None
    if its is None:
        return None
    fields = read_fields(its.sheet, its.layout, its.codes, kit)
    layered = separate(its.sheet.registered, its.sheet.parts, kit.library.get(its.layout.id), fields)
    readings = tuple(
        ScreenReading(each.name, each.name, None, each.value, each.text, each.decision, each.confidence, each.box_mm)
        for each in fields
    )
    return PageScreen(
        page=PageId("bench"),
        role=PageRole.STATEMENT,
        side=its.layout.side,
        label=PageLabel.FORM,
        size_mm=its.layout.size_mm,
        language=its.layout.language,
        layout=LayoutId(its.layout.id),
        sha256=Digest("0" * 64),
        layers=LayeredScan(layered.scan, layered.owners, layered.dpi),
        readings=readings,
    )


def cost_of(screen: PageScreen, terms: Terms, signer: PadesSigner) -> Cost:
    """One page made, checked, signed, and checked again, as `constat export` does."""
    part = FLAT if terms.flat else LAYERED
    made, make_ms = _timed(lambda: hard_copy([Form(terms, (screen,))], layouts=LAYOUTS, fonts=load_fonts()))
    first, first_ms = _timed(lambda: check_pdf(made.data, part))
    signed, sign_ms = _timed(lambda: signer.sign(made.data, reason=made.title))
    second, second_ms = _timed(lambda: check_pdf(signed, part))
    if first or second:
        raise RuntimeError(f"a hard copy with faults: {first} {second}")
    return Cost(make_ms, first_ms + second_ms, sign_ms, len(signed))


def _timed(work: Callable[[], _T]) -> tuple[_T, float]:
    started = time.process_time()
    done = work()
    return done, 1000 * (time.process_time() - started)


def _means(costs: Sequence[Cost]) -> list[object]:
    columns = zip(*((its.make_ms, its.check_ms, its.sign_ms, its.size_bytes / 1000) for its in costs), strict=True)
    return [f"{np.mean(column):.0f}" for column in columns]


def bench_signer(folder: Path) -> PadesSigner:
    """A key of 2048 bits with a certificate that it signed itself."""
    key = generate_private_key(65537, 2048)
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "bench.pem"
    path.touch(mode=0o600)
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(text + certificate.public_bytes(Encoding.PEM))
    return open_pdf_signer(path, data_dir=folder / "data", clock=SystemClock())


def codes_table(screens: Sequence[PageScreen]) -> str:
    """Whether the code of each page is read at the first look from a print that was scanned again."""
    rng = np.random.default_rng(FIRST_SEED)
    found: dict[str, list[bool]] = {}
    for screen in screens:
        made = hard_copy([Form(TERMS, (screen,))], layouts=LAYOUTS, fonts=load_fonts())
        place = made.frames[0].place
        copied = printed_and_scanned(made.data, rng, page_index=int(place is MarkPlace.LEAF))
        hit = any(screen.sha256[:32] in code.text for code in zxingcpp.read_barcodes(copied))
        found.setdefault(place.value, []).append(hit)
    rows = [[place, Rate(sum(hits), len(hits))] for place, hits in sorted(found.items())]
    return table("Codes read from a hard copy that was printed and scanned again", ["mark", "read at once"], rows)


def printed_and_scanned(pdf: bytes, rng: np.random.Generator, *, page_index: int) -> GrayImage:
    """A page at 300 dpi, turned by up to 1.5 degrees, blurred, paler, with grain, and as a JPEG."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        fine = np.array(document[page_index].render(scale=2 * 300.0 / 72, grayscale=True).to_numpy(), np.uint8)
    finally:
        document.close()
    fine = np.squeeze(fine)
    height, width = fine.shape[0], fine.shape[1]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), float(rng.uniform(-1.5, 1.5)), 1.0)
    turned = cv2.warpAffine(fine, turn, (width, height), borderValue=(200.0,))
    coarse = cv2.resize(cv2.GaussianBlur(turned, (0, 0), 2.2), (width // 2, height // 2), interpolation=cv2.INTER_AREA)
    pale = np.clip(0.8 * coarse + 25 + rng.normal(0.0, 6.0, coarse.shape), 0, 255).astype(np.uint8)
    packed = cv2.imencode(".jpg", pale, (cv2.IMWRITE_JPEG_QUALITY, 75))[1]
    return np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), dtype=np.uint8)


def _peer_row(screens: Sequence[PageScreen], folder: Path) -> list[object]:
    work = folder / "peer"
    work.mkdir()
    files = []
    for number, screen in enumerate(screens):
        files.append(work / f"{number:04d}.png")
        dpi = screen.layers.dpi
        Image.fromarray(screen.layers.scan).save(files[-1], "PNG", dpi=(dpi, dpi))
    seconds, size_bytes = peers.archived_by_ocrmypdf(files, folder / "peer-work")
    shutil.rmtree(work)
    made_ms = 1000 * seconds / len(files)
    return ["OCRmyPDF, PDF/A-2b, with reading", f"{made_ms:.0f}", "-", "-", f"{size_bytes / len(files) / 1000:.0f}"]


if __name__ == "__main__":
    raise SystemExit(main())
