"""A folder that holds every kind of bad input beside good pages in every form that scanners and people make."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import pikepdf
from PIL import Image

from samples.encode import picture
from samples.fontpool import TRAIN
from samples.generate import Writing, sheet
from samples.wear import Level

LAYOUT = "iv.return.front.fr@generic-1"
EXIF_ORIENTATION = 0x0112
HUGE_PX = 60_000


@dataclass(frozen=True)
class BadFolder:
    """What there is and what must become of it: files by name."""

    path: Path
    forms: frozenset[str]
    refused: dict[str, str]
    exceptions: dict[str, str]

    @property
    def files(self) -> set[str]:
        """Every file below the folder, by its path from there."""
        return {str(file.relative_to(self.path)) for file in self.path.rglob("*") if file.is_file()}


def form_page() -> tuple[Image.Image, int]:
    """A printed return document of Schedule IV, lightly worn, in grey, and its dots per inch."""
    made = sheet(31, pool=TRAIN, level=Level.LIGHT, layout_id=LAYOUT, writing=Writing.PRINT)
    return picture(made.pages[0]).convert("L"), round(made.pages[0].truth.dpi)


def make(folder: Path) -> BadFolder:
    page, each_way = form_page()
    dpi = (each_way, each_way)
    (folder / "sub" / "deeper").mkdir(parents=True)
    _good_forms(folder, page, dpi)
    _bad_files(folder, page)
    (folder / "the-same-as-grey.png").write_bytes((folder / "grey.png").read_bytes())
    for name in ("notes.txt", "Thumbs.db", "sub/table.xlsx", ".hidden.png"):
        (folder / name).write_bytes(b"not a scan")
    return BadFolder(
        folder,
        forms=frozenset(
            {
                "grey.png",
                "bilevel.tif",
                "sixteen-bit.png",
                "palette.png",
                "exif-rotated.jpg",
                "no-dpi.png",
                "really-a-jpeg.pdf",
                "mixed-sizes.pdf",
                "sub/deeper/cmyk.jpg",
            }
        ),
        refused={
            "truncated.pdf": "corrupt_pdf",
            "encrypted.pdf": "encrypted_pdf",
            "zero-bytes.jpg": "empty_file",
            "html.jpg": "unsupported_format",
            "the-same-as-grey.png": "duplicate_file",
            "notes.txt": "foreign_file",
            "Thumbs.db": "foreign_file",
            "sub/table.xlsx": "foreign_file",
            ".hidden.png": "foreign_file",
        },
        exceptions={
            "one-pixel.png": "too_small",
            "huge.png": "too_many_pixels",
            "truncated.jpg": "corrupt_image",
        },
    )


def _good_forms(folder: Path, page: Image.Image, dpi: tuple[int, int]) -> None:
    page.save(folder / "grey.png", dpi=dpi)
    page.point(lambda tone: 255 if tone > 140 else 0).convert("1").save(
        folder / "bilevel.tif", compression="group4", dpi=dpi
    )
    Image.fromarray(np.asarray(page, dtype=np.uint16) * 257).save(folder / "sixteen-bit.png", dpi=dpi)
    page.convert("RGB").quantize(32).save(folder / "palette.png", dpi=dpi)
    page.save(folder / "no-dpi.png")
    page.convert("CMYK").save(folder / "sub" / "deeper" / "cmyk.jpg", dpi=dpi, quality=85)
    exif = Image.Exif()
    exif[EXIF_ORIENTATION] = 6  # the camera was turned: rotate by 90 degrees clockwise to view
    page.transpose(Image.Transpose.ROTATE_90).save(folder / "exif-rotated.jpg", exif=exif, dpi=dpi, quality=85)
    page.save(folder / "really-a-jpeg.pdf", "JPEG", dpi=dpi, quality=84)
    half = page.resize((page.width // 2, page.height // 2))
    blank = Image.new("L", (700, 400), 250)
    half.save(folder / "mixed-sizes.pdf", "PDF", resolution=dpi[0] / 2, save_all=True, append_images=[blank])


def _bad_files(folder: Path, page: Image.Image) -> None:
    whole = BytesIO()
    page.save(whole, "PDF", resolution=300)
    (folder / "truncated.pdf").write_bytes(whole.getvalue()[: len(whole.getvalue()) // 2])
    with pikepdf.Pdf.open(BytesIO(whole.getvalue())) as pdf:
        pdf.save(folder / "encrypted.pdf", encryption=pikepdf.Encryption(user="secret", owner="secret"))
    (folder / "zero-bytes.jpg").write_bytes(b"")
    (folder / "html.jpg").write_text("<!DOCTYPE html><html><body>404</body></html>", encoding="utf-8")
    jpeg = BytesIO()
    page.save(jpeg, "JPEG", quality=80)
    (folder / "truncated.jpg").write_bytes(jpeg.getvalue()[: len(jpeg.getvalue()) // 3])
    Image.new("L", (1, 1), 255).save(folder / "one-pixel.png")
    (folder / "huge.png").write_bytes(_blank_png(HUGE_PX, HUGE_PX))


def _blank_png(width_px: int, height_px: int) -> bytes:
    """A whole and valid black-and-white PNG: some kilobytes that unfold to 450 megabytes at 60,000 pixels square."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4) + kind + data + zlib.crc32(kind + data).to_bytes(4)

    packer = zlib.compressobj(1)
    rows = 1000
    block = bytes((1 + (width_px + 7) // 8) * rows)
    packed = b"".join(packer.compress(block) for _ in range(height_px // rows)) + packer.flush()
    header = width_px.to_bytes(4) + height_px.to_bytes(4) + bytes([1, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")
