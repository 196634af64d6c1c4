"""What the eSCL scanner of the tests says that it can do, and the paper that it is fed with."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image

NAMESPACES = (
    'xmlns:scan="http://schemas.hp.com/imaging/escl/2011/05/03" xmlns:pwg="http://www.pwg.org/schemas/2010/12/sm"'
)
JPEG, PDF = "image/jpeg", "application/pdf"


@dataclass(frozen=True)
class Sheet:
    """A sheet in the feeder: JPEG files of what its sides look like."""

    front: Path
    back: Path | None = None


@dataclass
class Job:
    """A job of the scanner: the sheets that were in the feeder when it began."""

    path: str
    duplex: bool
    media_type: str
    sheets: list[Sheet]
    state: str = "Processing"
    drawn: int = 0
    sent: int = 0
    asked_s: float = field(default_factory=time.monotonic)

    @property
    def sides(self) -> list[Path]:
        """In the order of the paper; a back that is not there is never scanned."""
        if not self.duplex:
            return [sheet.front for sheet in self.sheets]
        return [side for sheet in self.sheets for side in (sheet.front, sheet.back) if side is not None]

    @property
    def completed(self) -> int:
        return len(Job("", self.duplex, "", self.sheets[: self.drawn]).sides)

    def sheet_of(self, side: int) -> int:
        """The sheet, from 1, on which a side, from 1, lies."""
        counted = 0
        for number, sheet in enumerate(self.sheets, start=1):
            counted += 2 if self.duplex and sheet.back is not None else 1
            if side <= counted:
                return number
        return len(self.sheets) + 1


def drawn_sheets(folder: Path, count: int, *, size_px: tuple[int, int] = (240, 340)) -> list[Sheet]:
    """Sheets whose sides are told apart by their shade: of sheet n, 10 n + 5 in front and 10 n on the back."""
    sheets = []
    for number in range(1, count + 1):
        paths = folder / f"{number}-front.jpg", folder / f"{number}-back.jpg"
        for path, shade in zip(paths, (10 * number + 5, 10 * number), strict=True):
            Image.new("RGB", size_px, (shade, shade, shade)).save(path, quality=95, dpi=(300, 300))
        sheets.append(Sheet(*paths))
    return sheets


def capabilities(
    *,
    feeder: bool = True,
    duplex: bool = True,
    glass: bool = True,
    options: Sequence[str] = ("DetectPaperLoaded", "Duplex", "MultipickDetection"),
    formats: Sequence[str] = (JPEG, PDF),
    dpi: str = "",
    more: str = "",
) -> str:
    """The document of a usual office device; `dpi` stands for its resolutions, `more` at its end."""
    adf = ""
    if feeder:
        both = f"<scan:AdfDuplexInputCaps>{_input(2550, 4200, formats, dpi)}</scan:AdfDuplexInputCaps>"
        listed = "".join(f"<scan:AdfOption>{option}</scan:AdfOption>" for option in options)
        adf = (
            f"<scan:Adf><scan:AdfSimplexInputCaps>{_input(2550, 4200, formats, dpi)}</scan:AdfSimplexInputCaps>"
            f"{both if duplex else ''}<scan:FeederCapacity>50</scan:FeederCapacity>"
            "<scan:Justification><pwg:XImagePosition>Center</pwg:XImagePosition>"
            "<pwg:YImagePosition>Top</pwg:YImagePosition></scan:Justification>"
            f"<scan:AdfOptions>{listed}</scan:AdfOptions></scan:Adf>"
        )
    platen = f"<scan:PlatenInputCaps>{_input(2550, 3508, formats, dpi)}</scan:PlatenInputCaps>"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<scan:ScannerCapabilities {NAMESPACES}>'
        "<pwg:Version>2.63</pwg:Version><pwg:MakeAndModel>Example MFP 100</pwg:MakeAndModel>"
        "<scan:Manufacturer>Example</scan:Manufacturer><pwg:SerialNumber>SN-0042</pwg:SerialNumber>"
        "<scan:UUID>00000000-0000-1000-8000-000000000042</scan:UUID>"
        f"{f'<scan:Platen>{platen}</scan:Platen>' if glass else ''}{adf}{more}</scan:ScannerCapabilities>"
    )


def _input(width: int, height: int, formats: Sequence[str], dpi: str) -> str:
    listed = "".join(
        f"<pwg:DocumentFormat>{each}</pwg:DocumentFormat><scan:DocumentFormatExt>{each}</scan:DocumentFormatExt>"
        for each in formats
    )
    single = "".join(
        "<scan:DiscreteResolution>"
        f"<scan:XResolution>{each}</scan:XResolution><scan:YResolution>{each}</scan:YResolution>"
        "</scan:DiscreteResolution>"
        for each in (100, 200, 300)
    )
    return (
        f"<scan:MinWidth>300</scan:MinWidth><scan:MaxWidth>{width}</scan:MaxWidth>"
        f"<scan:MinHeight>300</scan:MinHeight><scan:MaxHeight>{height}</scan:MaxHeight>"
        "<scan:MaxScanRegions>1</scan:MaxScanRegions><scan:SettingProfiles><scan:SettingProfile>"
        "<scan:ColorModes><scan:ColorMode>Grayscale8</scan:ColorMode><scan:ColorMode>RGB24</scan:ColorMode>"
        f"</scan:ColorModes><scan:DocumentFormats>{listed}</scan:DocumentFormats><scan:SupportedResolutions>"
        f"{dpi or f'<scan:DiscreteResolutions>{single}</scan:DiscreteResolutions>'}"
        "</scan:SupportedResolutions></scan:SettingProfile></scan:SettingProfiles>"
        "<scan:SupportedIntents><scan:Intent>Document</scan:Intent></scan:SupportedIntents>"
    )
