"""The three XML documents of eSCL: what a scanner can do, how it stands, and what it is asked for. Text in, values out.

Devices differ in namespaces and leave out what they like: elements are found by their local names. What a device says
is not trusted: no document type, no entities, a bounded size, and texts in one line (`plain_text`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NoReturn

from lxml import etree
from lxml.etree import _Element

from pipeline.custody.scanning import Abilities, ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device, plain_text
from pipeline.errors import OperatorError, PipelineError, Unavailable
from pipeline.geometry import MM_PER_INCH

_SCAN = "http://schemas.hp.com/imaging/escl/2011/05/03"
_PWG = "http://www.pwg.org/schemas/2010/12/sm"
_PER_INCH = 300
"""Regions are told in this many parts of an inch, whatever the resolution."""
_USUAL_DPI = (100, 150, 200, 240, 300, 400, 600, 1200)
"""Offered out of a range of resolutions, as far as they lie in it."""
_ROUNDED_MM = 0.5
"""By which a sheet may exceed what the device says: it rounds, and so do people."""
_MOST_PROFILES = 50
"""Of a source. Devices have one or a few; many that name one large profile would take long to read."""
_MODES = {ColorMode.COLOR: "RGB24", ColorMode.GRAY: "Grayscale8", ColorMode.BILEVEL: "BlackAndWhite1"}
JPEG, PDF = "image/jpeg", "application/pdf"


# What it can do


@dataclass(frozen=True, slots=True)
class Profile:
    """Settings of a source that go together.

    Attributes:
        dpi: the single ones, ascending.
        dpi_range: lowest, highest and step; null where it names single ones alone.
        formats: media types; empty where it names none.
    """

    modes: tuple[ColorMode, ...]
    dpi: tuple[int, ...]
    dpi_range: tuple[int, int, int] | None
    formats: tuple[str, ...]
    formats_twice: bool

    def takes(self, dpi: int) -> bool:
        if self.dpi_range is None:
            return dpi in self.dpi
        lowest, highest, step = self.dpi_range
        return dpi in self.dpi or (lowest <= dpi <= highest and (dpi - lowest) % step == 0)


@dataclass(frozen=True, slots=True)
class SourceCaps:
    """What a source can do.

    Attributes:
        smallest, largest: width and height in 1/300 inch; null where it does not say.
        justified: where narrow sheets lie across the feeder: `Left`, `Center`, `Right`; empty where it does not say.
    """

    profiles: tuple[Profile, ...]
    smallest: tuple[int, int] | None
    largest: tuple[int, int] | None
    justified: str = ""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Attributes:
    sources: in the order of preference for mail; never empty.
    removes_blanks: it can leave out blank sides, and is to be told not to.
    """

    version: str
    device: Device
    sources: tuple[tuple[PaperSource, SourceCaps], ...]
    double_feed_sensor: bool
    removes_blanks: bool

    def abilities(self) -> Abilities:
        """Resolutions and size are those of the first source, the one for mail."""
        first = self.sources[0][1]
        modes = {mode for profile in first.profiles for mode in profile.modes}
        size = first.largest
        return Abilities(
            device=self.device,
            sources=tuple(source for source, _ in self.sources),
            dpi=_offered_dpi(first),
            modes=tuple(mode for mode in ColorMode if mode in modes),
            largest_mm=None if size is None else (_mm(size[0]), _mm(size[1])),
            double_feed_sensor=self.double_feed_sensor,
        )


def read_capabilities(data: bytes, *, scanner: str) -> Capabilities:
    """Raises Unavailable `scanner_failed` for anything but the capabilities of a scanner with a source of paper."""
    root = _root(data, "ScannerCapabilities", scanner=scanner)
    named = {node.get("name", ""): node for node in _below(root, "SettingProfile") if node.get("name")}
    options = {_text(node) for node in _below(root, "AdfOption")}
    sources = tuple(_sources(root, named, options))
    if not sources:
        raise Unavailable("scanner_failed", scanner=scanner, detail="it names no source of paper")
    version = _own_word(root, "Version") or "2.0"
    make, model = _word(root, "Manufacturer"), _word(root, "MakeAndModel")
    if model.casefold().startswith(f"{make} ".casefold()):
        model = model[len(make) + 1 :]
    device = Device(
        make=make or None,
        model=model or None,
        serial=_word(root, "SerialNumber") or None,
        driver=f"eSCL {version}",
        firmware=_word(root, "FirmwareVersion") or None,
    )
    return Capabilities(
        version=version,
        device=device,
        sources=sources,
        double_feed_sensor="MultipickDetection" in options,
        removes_blanks=_word(root, "BlankPageDetectionAndRemoval") == "true",
    )


def _sources(root: _Element, named: dict[str, _Element], options: set[str]) -> Iterator[tuple[PaperSource, SourceCaps]]:
    justified = next((_word(node, "XImagePosition") for node in _below(root, "Justification")), "")
    simplex = next(_below(root, "AdfSimplexInputCaps"), None)
    duplex = next(_below(root, "AdfDuplexInputCaps"), None)
    if duplex is None and "Duplex" in options:
        duplex = simplex
    glass = next(_below(root, "PlatenInputCaps"), None)
    for source, node in (
        (PaperSource.FEEDER_DUPLEX, duplex),
        (PaperSource.FEEDER, simplex),
        (PaperSource.GLASS, glass),
    ):
        profiles = () if node is None else tuple(_profiles(node, named))
        if node is not None and profiles:
            fed = "" if source is PaperSource.GLASS else justified
            yield source, SourceCaps(profiles, _size(node, "Min"), _size(node, "Max"), fed)


def _profiles(source: _Element, named: dict[str, _Element]) -> Iterator[Profile]:
    for node in islice(_below(source, "SettingProfile"), _MOST_PROFILES):
        said = named.get(node.get("ref", ""), node)
        words = {_text(mode) for mode in _below(said, "ColorMode")}
        modes = tuple(mode for mode, word in _MODES.items() if word in words)
        pairs = [
            (_number(each, "XResolution"), _number(each, "YResolution")) for each in _below(said, "DiscreteResolution")
        ]
        dpi = tuple(sorted({across for across, down in pairs if across is not None and across == down}))
        between = _dpi_range(said)
        formats = [_text(each) for name in ("DocumentFormat", "DocumentFormatExt") for each in _below(said, name)]
        if modes and (dpi or between):
            twice = next(_below(said, "DocumentFormatExt"), None) is not None
            yield Profile(modes, dpi, between, tuple(dict.fromkeys(formats)), twice)


def _dpi_range(profile: _Element) -> tuple[int, int, int] | None:
    """What both directions have in common, of the wider step."""
    node = next(_below(profile, "ResolutionRange"), None)
    if node is None:
        return None
    ranges = []
    for name in ("XResolutionRange", "YResolutionRange", "XResolution", "YResolution"):
        for each in _below(node, name):
            lowest, highest = _number(each, "Min"), _number(each, "Max")
            if lowest is not None and highest is not None:
                ranges.append((lowest, highest, max(_number(each, "Step") or 1, 1)))
    if not ranges:
        return None
    common = max(each[0] for each in ranges), min(each[1] for each in ranges), max(each[2] for each in ranges)
    return common if 0 < common[0] <= common[1] else None


def _offered_dpi(source: SourceCaps) -> tuple[int, ...]:
    single = {dpi for profile in source.profiles for dpi in profile.dpi}
    usual = {dpi for dpi in _USUAL_DPI for profile in source.profiles if profile.takes(dpi)}
    return tuple(sorted(single | usual))


def _size(source: _Element, which: str) -> tuple[int, int] | None:
    width, height = _number(source, f"{which}Width"), _number(source, f"{which}Height")
    return (width, height) if width and height else None


# How it stands


@dataclass(frozen=True, slots=True)
class JobInfo:
    """A job as the device tells of it.

    Attributes:
        path: of its address.
        state: `Pending`, `Processing`, `Completed`, `Canceled`, `Aborted`; empty where it does not say.
        completed: sides that it has scanned; null where it does not count.
        to_transfer: those of them that nobody has fetched yet; null likewise.
    """

    path: str
    state: str
    reasons: tuple[str, ...]
    completed: int | None
    to_transfer: int | None

    @property
    def sent(self) -> int | None:
        """Sides that it holds to have been fetched whole."""
        if self.completed is None or self.to_transfer is None:
            return None
        return self.completed - self.to_transfer


@dataclass(frozen=True, slots=True)
class Status:
    """Attributes:
    state: `Idle`, `Processing`, `Testing`, `Stopped`, `Down`.
    feeder: such as `ScannerAdfLoaded`; empty where it does not say.
    """

    state: str
    feeder: str
    jobs: tuple[JobInfo, ...]

    def job(self, path: str) -> JobInfo | None:
        return next((job for job in self.jobs if job.path.rstrip("/") == path.rstrip("/")), None)

    def fault(self, *, scanner: str, fed: bool) -> PipelineError | None:
        """What has stopped the device or, where it is the one that is used, its feeder; null when nothing has."""
        match self.feeder if fed else "":
            case "ScannerAdfJam" | "ScannerAdfMispick" | "ScannerAdfDuplexPageTooShort" | "ScannerAdfDuplexPageTooLong":
                return OperatorError("scanner_jam", scanner=scanner)
            case "ScannerAdfMultipickDetected":
                return OperatorError("scanner_double_feed", scanner=scanner)
            case "ScannerAdfHatchOpen" | "ScannerAdfDoorOpen":
                return OperatorError("scanner_cover_open", scanner=scanner)
            case "ScannerAdfInputTrayFailed" | "ScannerAdfInputTrayOverloaded":
                return Unavailable("scanner_failed", scanner=scanner, detail=self.feeder)
        if self.state in {"Stopped", "Down"}:
            return Unavailable("scanner_failed", scanner=scanner, detail=self.state)
        return None


def read_status(data: bytes, *, scanner: str) -> Status:
    """Raises Unavailable `scanner_failed` for anything but the status of a scanner."""
    root = _root(data, "ScannerStatus", scanner=scanner)
    jobs = [
        JobInfo(
            path=_path(_word(node, "JobUri")),
            state=_word(node, "JobState"),
            reasons=tuple(plain_text(_text(reason)) for reason in _below(node, "JobStateReason")),
            completed=_number(node, "ImagesCompleted"),
            to_transfer=_number(node, "ImagesToTransfer"),
        )
        for node in _below(root, "JobInfo")
    ]
    return Status(state=_own_word(root, "State"), feeder=_word(root, "AdfState"), jobs=tuple(jobs))


def _path(address: str) -> str:
    """Of an address with or without scheme and host."""
    _, mark, rest = address.partition("://")
    return "/" + rest.partition("/")[2] if mark else address


# What it is asked for


def scan_settings(caps: Capabilities, wish: ScanWish, *, scanner: str) -> bytes:
    """The settings of a job.

    Raises:
        OperatorError: `scanner_cannot`, with the first part of the wish that the device cannot fulfil.
    """
    source = dict(caps.sources).get(wish.source)
    if source is None:
        _cannot(scanner, "source", wish.source)
    of_mode = [profile for profile in source.profiles if wish.mode in profile.modes]
    if not of_mode:
        _cannot(scanner, "mode", wish.mode)
    profile = next((each for each in of_mode if each.takes(wish.dpi)), None)
    if profile is None:
        _cannot(scanner, "dpi", str(wish.dpi))
    root = etree.Element(f"{{{_SCAN}}}ScanSettings", nsmap={"scan": _SCAN, "pwg": _PWG})
    _add(root, _PWG, "Version", caps.version)
    _add(root, _SCAN, "Intent", "Document")
    _add_region(root, source, wish, scanner=scanner)
    wanted = JPEG if JPEG in profile.formats or PDF not in profile.formats else PDF
    _add(root, _PWG, "DocumentFormat", wanted)
    if profile.formats_twice:
        _add(root, _SCAN, "DocumentFormatExt", wanted)
    _add(root, _PWG, "InputSource", "Platen" if wish.source is PaperSource.GLASS else "Feeder")
    _add(root, _SCAN, "XResolution", str(wish.dpi))
    _add(root, _SCAN, "YResolution", str(wish.dpi))
    _add(root, _SCAN, "ColorMode", _MODES[wish.mode])
    if wish.source is not PaperSource.GLASS:
        _add(root, _SCAN, "Duplex", _truth(wish.source is PaperSource.FEEDER_DUPLEX))
        if caps.double_feed_sensor:
            _add(root, _SCAN, "MultipickDetection", _truth(wish.stop_at_double_feed))
    if caps.removes_blanks:
        _add(root, _SCAN, "BlankPageDetectionAndRemoval", _truth(False))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8")


def _add_region(root: _Element, source: SourceCaps, wish: ScanWish, *, scanner: str) -> None:
    """The area to scan: where a sheet of the wished size lies in the feeder."""
    largest = source.largest
    if wish.size_mm is None:
        if largest is None:
            return
        size = largest
    else:
        size = (_parts(wish.size_mm[0]), _parts(wish.size_mm[1]))
        if largest is not None:
            if any(_mm(each) > _mm(most) + _ROUNDED_MM for each, most in zip(size, largest, strict=True)):
                _cannot(scanner, "size", f"{wish.size_mm[0]:g} x {wish.size_mm[1]:g} mm")
            size = (min(size[0], largest[0]), min(size[1], largest[1]))
        if source.smallest is not None:
            size = (max(size[0], source.smallest[0]), max(size[1], source.smallest[1]))
    free = 0 if largest is None else largest[0] - size[0]
    left = {"Center": free // 2, "Right": free}.get(source.justified, 0)
    regions = etree.SubElement(root, f"{{{_PWG}}}ScanRegions")
    region = etree.SubElement(regions, f"{{{_PWG}}}ScanRegion")
    _add(region, _PWG, "ContentRegionUnits", "escl:ThreeHundredthsOfInches")
    for name, value in (("XOffset", left), ("YOffset", 0), ("Width", size[0]), ("Height", size[1])):
        _add(region, _PWG, name, str(value))


def _cannot(scanner: str, wish: str, value: str) -> NoReturn:
    raise OperatorError("scanner_cannot", scanner=scanner, wish=wish, value=value)


def _add(parent: _Element, namespace: str, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _truth(value: bool) -> str:
    return "true" if value else "false"


def _parts(length_mm: float) -> int:
    return math.ceil(length_mm / MM_PER_INCH * _PER_INCH)


def _mm(parts: int) -> float:
    return round(parts / _PER_INCH * MM_PER_INCH, 2)


# Elements


def _root(data: bytes, name: str, *, scanner: str) -> _Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise Unavailable("scanner_failed", scanner=scanner, detail="it sends no well-formed XML") from error
    if root.getroottree().docinfo.internalDTD is not None:
        raise Unavailable("scanner_failed", scanner=scanner, detail="it sends a document type")
    if etree.QName(root).localname != name:
        raise Unavailable("scanner_failed", scanner=scanner, detail="it does not answer in eSCL")
    return root


def _below(node: _Element, name: str) -> Iterator[_Element]:
    return node.iter(f"{{*}}{name}")


def _text(node: _Element) -> str:
    return (node.text or "").strip()


def _word(node: _Element, name: str) -> str:
    found = next(_below(node, name), None)
    return "" if found is None else plain_text(_text(found))


def _own_word(node: _Element, name: str) -> str:
    """Of a child; certificates and the like have versions of their own further below."""
    found = node.find(f"{{*}}{name}")
    return "" if found is None else plain_text(_text(found))


def _number(node: _Element, name: str) -> int | None:
    """A small count or measure; null when it is not there or is none."""
    word = _word(node, name)
    return int(word) if word.isascii() and word.isdecimal() and len(word) <= 9 else None
