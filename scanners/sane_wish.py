"""What a SANE device can do, and the options by which it does what is asked for. Drivers name the same thing in many
ways: the names here are those of the drivers of sane-backends, and of the makers' own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipeline.custody.scanning import Abilities, ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device, plain_text
from pipeline.errors import OperatorError
from scanners.sane_options import Option, OptionKind

Setting = tuple[str, str]
"""Name of an option, and its value."""

_DUPLEX = re.compile(r"duplex|both sides|double.?sided|two.?sided|recto.?verso|beid|doppelseit", re.IGNORECASE)
_FEEDER = re.compile(r"\badf|feeder|document feed|einzug|zufuhr|chargeur|\bfeed\b", re.IGNORECASE)
_GLASS = re.compile(r"flat.?bed|glass|platen|document table|^normal$|^fb$|flachbett|vorlage|vitre|plat", re.IGNORECASE)
_OTHER_SOURCE = re.compile(r"back\b|card|rear|transparen|\btma\b|\btpu\b|slide|negative|film|rückseite", re.IGNORECASE)
_MODES = {
    ColorMode.COLOR: re.compile(r"colou?r|farb|couleur|\brgb", re.IGNORECASE),
    ColorMode.GRAY: re.compile(r"gr[ae]y|grau|gris", re.IGNORECASE),
    ColorMode.BILEVEL: re.compile(
        r"line.?art|binary|black.?(&|and).?white|bi.?level|\bb/?w\b|1.?bit|monochrome|strich|trait", re.IGNORECASE
    ),
}
_SCREENED = re.compile(r"half.?tone|dither|diffusion|16.?bit|48.?bit|raster|colou?r.?line.?art", re.IGNORECASE)
_SENSOR = re.compile(r"df-thickness|double-?feed.*|dfeed|multi-?feed.*|ultra-?sonic.*")
"""By thickness or ultrasound. By length (`df-length`) mail of mixed sizes would stop at every second sheet."""
_ON = re.compile(r"stop|normal|standard|\bon\b|yes|error", re.IGNORECASE)
_OFF = re.compile(r"none|\boff\b|\bno\b|continue|ignore|disable", re.IGNORECASE)
_ENUMERATED = 24
"""A range of so few resolutions is a list of them."""
_FED_LATE_MM = 5.0
"""So much longer than the sheet is what is scanned: no feeder begins to the millimetre."""
_ROUNDED_MM = 1.0
"""Drivers say 215.872 mm for 8.5 inches."""


@dataclass(frozen=True, slots=True)
class SourceSettings:
    source: PaperSource
    settings: tuple[Setting, ...]


def source_settings(options: Mapping[str, Option], *, feeder: str | None) -> tuple[SourceSettings, ...]:
    """The sources of paper, best for mail first, each with what chooses it; never empty.

    Args:
        feeder: `simplex` or `duplex` where the operator says that a device, which has nothing to choose from, takes its
            paper from a feeder; null else.
    """
    if feeder is not None:
        fed = PaperSource.FEEDER_DUPLEX if feeder == "duplex" else PaperSource.FEEDER
        return (SourceSettings(fed, ()),)
    names = _choices(options.get("source"))
    kept = [name for name in names if not _OTHER_SOURCE.search(name)]
    duplex = [name for name in kept if _DUPLEX.search(name)]
    simplex = [name for name in kept if _FEEDER.search(name) and name not in duplex]
    glass = [name for name in kept if _GLASS.search(name) and name not in duplex + simplex]
    both, one = _side_settings(options)
    found: list[SourceSettings] = []
    if duplex:
        found.append(SourceSettings(PaperSource.FEEDER_DUPLEX, (("source", duplex[0]),)))
    elif both and (simplex or not names):
        found.append(SourceSettings(PaperSource.FEEDER_DUPLEX, (*_named(simplex), *both)))
    if simplex or (both and not names):
        found.append(SourceSettings(PaperSource.FEEDER, (*_named(simplex), *one)))
    if glass or not found:
        found.append(SourceSettings(PaperSource.GLASS, _named(glass)))
    return tuple(found)


def _side_settings(options: Mapping[str, Option]) -> tuple[tuple[Setting, ...], tuple[Setting, ...]]:
    """What chooses both sides, and one, where an option of its own does; inactive as long as the glass is chosen."""
    mode = options.get("adf-mode")
    for name in _choices(mode):
        if _DUPLEX.search(name):
            others = [other for other in _choices(mode) if other != name]
            return (("adf-mode", name),), tuple(("adf-mode", other) for other in others[:1])
    switch = options.get("duplex")
    if switch is not None and switch.settable and switch.kind is OptionKind.SWITCH:
        return (("duplex", "yes"),), (("duplex", "no"),)
    return (), ()


def _named(sources: list[str]) -> tuple[Setting, ...]:
    return tuple(("source", name) for name in sources[:1])


def mode_settings(options: Mapping[str, Option]) -> Mapping[ColorMode, tuple[Setting, ...]]:
    """The modes with what chooses each. A device with nothing to choose sends what it has, as colour."""
    mode, depth = options.get("mode"), _choices(options.get("depth"))
    names = [name for name in _choices(mode) if not _SCREENED.search(name)]
    if mode is None:
        return {ColorMode.COLOR: ()}
    found: dict[ColorMode, tuple[Setting, ...]] = {}
    for wanted in (ColorMode.BILEVEL, ColorMode.GRAY, ColorMode.COLOR):
        fitting = [name for name in names if _MODES[wanted].search(name)]
        names = [name for name in names if name not in fitting]
        if fitting:
            found[wanted] = (("mode", fitting[0]),)
    if ColorMode.BILEVEL not in found and ColorMode.GRAY in found and "1" in depth:
        found[ColorMode.BILEVEL] = (*found[ColorMode.GRAY], ("depth", "1"))
    return {wanted: found[wanted] for wanted in ColorMode if wanted in found}


def resolutions(options: Mapping[str, Option]) -> tuple[int, ...]:
    """Those that may be chosen, ascending; empty where any may be."""
    option = _resolution(options)
    if option is None:
        return ()
    if option.kind is OptionKind.RANGE:
        steps = (option.most - option.least) / option.step if option.step else float("inf")
        if steps > _ENUMERATED or not (option.step.is_integer() and option.least.is_integer()):
            return ()
        return tuple(range(int(option.least), int(option.most) + 1, int(option.step)))
    return tuple(sorted({int(float(each)) for each in option.choices if each.replace(".", "", 1).isdecimal()}))


def _resolution(options: Mapping[str, Option]) -> Option | None:
    return options.get("resolution", options.get("x-resolution"))


def sensor_settings(options: Mapping[str, Option], *, stop: bool) -> tuple[Setting, ...]:
    """What has the device stop, or not, when it draws in two sheets at once; empty where it has no sensor."""
    found: list[Setting] = []
    for option in options.values():
        if not option.usable or not (_SENSOR.fullmatch(option.name) or option.name == "df-action"):
            continue
        if option.kind is OptionKind.SWITCH:
            found.append((option.name, "yes" if stop else "no"))
        elif option.kind is OptionKind.CHOICE:
            off = [each for each in option.choices if _OFF.search(each)]
            on = sorted((each for each in option.choices if each not in off), key=lambda each: not _ON.search(each))
            found += [(option.name, each) for each in (on if stop else off)[:1]]
    # What to do at a double feed is no use without what notices it.
    return tuple(found) if any(name != "df-action" for name, _ in found) else ()


def sensor_tells_double_feed(options: Mapping[str, Option]) -> bool:
    """Whether a sensor that can only be read says that two sheets were drawn in."""
    return any(_SENSOR.fullmatch(its.name) and not its.settable and its.value == "yes" for its in options.values())


def lossless_settings(options: Mapping[str, Option]) -> tuple[Setting, ...]:
    """What has the driver send pixels as they were taken, where it would else send them through JPEG."""
    option = options.get("compression")
    if option is None or not option.usable:
        return ()
    return tuple(("compression", each) for each in option.choices if each.lower() == "none")[:1]


def abilities(
    options: Mapping[str, Option], for_feeder: Mapping[str, Option], device: Device, *, feeder: str | None
) -> Abilities:
    """What the device can do.

    Args:
        options: as they stand when it is opened.
        for_feeder: as they stand with its best source chosen.
    """
    return Abilities(
        device,
        tuple(its.source for its in source_settings(options, feeder=feeder)),
        resolutions(for_feeder),
        tuple(mode_settings(options)),
        _largest_mm(for_feeder),
        double_feed_sensor=bool(sensor_settings(for_feeder, stop=True)),
    )


def told(options: Mapping[str, Option], *names: str) -> str | None:
    """The value of the first option so named that has one."""
    for name in names:
        option = options.get(name)
        if option is not None and option.value and option.kind is OptionKind.OTHER:
            return plain_text(option.value) or None
    return None


def first_settings(options: Mapping[str, Option], wish: ScanWish, *, scanner: str, feeder: str | None) -> list[Setting]:
    """Source and mode, on which the other options depend. Raises OperatorError `scanner_cannot`."""
    sources = {its.source: its.settings for its in source_settings(options, feeder=feeder)}
    if wish.source not in sources:
        raise OperatorError("scanner_cannot", scanner=scanner, wish="source", value=wish.source)
    modes = mode_settings(options)
    if wish.mode not in modes:
        raise OperatorError("scanner_cannot", scanner=scanner, wish="mode", value=wish.mode)
    return [*sources[wish.source], *modes[wish.mode]]


def further_settings(options: Mapping[str, Option], wish: ScanWish, *, scanner: str) -> list[Setting]:
    """Depth, resolution, area, sensor, of options as they stand with source and mode chosen.

    Raises:
        OperatorError: `scanner_cannot`.
    """
    found: list[Setting] = []
    depth = options.get("depth")
    if wish.mode is not ColorMode.BILEVEL and depth is not None and depth.usable and "8" in depth.choices:
        found.append(("depth", "8"))
    found += _resolution_settings(options, wish, scanner=scanner)
    found += _area_settings(options, wish, scanner=scanner)
    if wish.source is not PaperSource.GLASS:
        found += sensor_settings(options, stop=wish.stop_at_double_feed)
    return [*found, *lossless_settings(options)]


def _resolution_settings(options: Mapping[str, Option], wish: ScanWish, *, scanner: str) -> Iterable[Setting]:
    option = _resolution(options)
    if option is None:
        return
    listed = resolutions(options)
    # A driver rounds what it does not have, and says so only in passing.
    fits = wish.dpi in listed if listed else option.least <= wish.dpi <= option.most
    if not fits:
        raise OperatorError("scanner_cannot", scanner=scanner, wish="dpi", value=str(wish.dpi))
    if option.usable:
        yield option.name, str(wish.dpi)
    across = options.get("y-resolution")
    if across is not None and across.usable:
        yield "y-resolution", str(wish.dpi)


def _area_settings(options: Mapping[str, Option], wish: ScanWish, *, scanner: str) -> Iterable[Setting]:
    """The whole width, unless the driver knows the width of the paper: where in the feeder a narrower sheet lies,
    left or in the middle, is not told, and what is cut off is lost."""
    largest = _largest_mm(options)
    if wish.size_mm is not None and largest is not None:
        width_mm, height_mm = wish.size_mm
        if width_mm > largest[0] + _ROUNDED_MM or height_mm > largest[1] + _ROUNDED_MM:
            value = f"{width_mm:g} x {height_mm:g} mm"
            raise OperatorError("scanner_cannot", scanner=scanner, wish="size", value=value)
    paper = (options.get("page-width"), options.get("page-height"))
    for option, wanted_mm in zip(paper, wish.size_mm or (None, None), strict=True):
        yield from _length(option, wanted_mm)
    for name in ("l", "t"):
        if name in options and options[name].usable:
            yield name, "0"
    knows_width = paper[0] is not None and paper[0].usable
    width, height = (wish.size_mm[0] if knows_width else None, wish.size_mm[1]) if wish.size_mm else (None, None)
    yield from _length(options.get("x"), width)
    yield from _length(options.get("y"), None if height is None else height + _FED_LATE_MM)


def _length(option: Option | None, wanted_mm: float | None) -> Iterable[Setting]:
    """An option of a length set to what is wanted, or to the most there is."""
    if option is None or not option.usable or option.kind is not OptionKind.RANGE:
        return
    if wanted_mm is None or option.unit != "mm" or wanted_mm >= option.most:
        yield option.name, option.most_text
    else:
        yield option.name, f"{wanted_mm:g}"


def _largest_mm(options: Mapping[str, Option]) -> tuple[float, float] | None:
    """Of the paper, where the driver knows it: the area can only grow as far as the paper is said to be large."""
    sizes = []
    for names in (("page-width", "x"), ("page-height", "y")):
        lengths = [options[name] for name in names if name in options]
        mm = [its.most for its in lengths if its.kind is OptionKind.RANGE and its.unit == "mm" and its.most > 0]
        if not mm:
            return None
        sizes.append(max(mm))
    return sizes[0], sizes[1]


def _choices(option: Option | None) -> tuple[str, ...]:
    return option.choices if option is not None and option.settable else ()
