"""Scanners that SANE has a driver for, through its program `scanimage`."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

from pipeline.custody.scanning import Abilities, FoundScanner, PaperSource, ScanWish
from pipeline.custody.transfer import Device, plain_text
from pipeline.errors import OperatorError, PipelineError, Unavailable
from scanners.sane_options import Option, device_options
from scanners.sane_program import asked, begun, environment, opening_error
from scanners.sane_run import RunKind, SaneRun
from scanners.sane_wish import (
    Setting,
    abilities,
    first_settings,
    further_settings,
    sensor_tells_double_feed,
    source_settings,
    told,
)

SCHEME = "sane:"
SILENCE_S = 120.0
"""The slowest side of a slow device, its lamp cold, takes less."""
_FORMATS = {"tiff": ("tif", "image/tiff"), "png": ("png", "image/png")}
_PAIRS = re.compile(r"[\w-]+=[^#&]*(&[\w-]+=[^#&]*)*")
_LISTED = "%d\t%v\t%m%n"
_SERIAL = re.compile(r"(?:.*:)?fujitsu:[^:]+:(\w+)|.*[?&]serial=(\w+)")
"""Drivers that name a device by its serial number."""
_CAMERAS = ("v4l:", "gphoto2:", "qcam:", "stv680:")
"""Drivers whose devices have no paper: a laptop's own camera would be offered as a scanner."""
_LENT = re.compile(r"net:(\[[0-9a-fA-F:.]+\]|[^:]+):")
"""A device that another machine lends out."""


@dataclass(frozen=True, slots=True)
class SaneAddress:
    """`sane:DEVICE` or `sane:DEVICE#NAME=VALUE&NAME=VALUE`.

    Attributes:
        device: as SANE names it.
        options: of the device, set at each run beside those that a run needs.
        format: of the files: `tiff` or `png`.
        feeder: `simplex` or `duplex` for a device that has a feeder and nothing to choose from.
    """

    device: str
    options: tuple[Setting, ...] = ()
    format: str = "tiff"
    feeder: str | None = None


def sane_address(uri: str) -> SaneAddress:
    """Raises OperatorError `scanner_uri`."""
    text = uri.removeprefix(SCHEME).strip()
    device, mark, pairs = text.rpartition("#")
    if not mark or not _PAIRS.fullmatch(pairs):
        device, pairs = text, ""
    named = [tuple(map(unquote, pair.split("=", 1))) for pair in pairs.split("&") if pair]
    options = tuple((name, value) for name, value in named if name not in ("format", "feeder"))
    own = {name: value for name, value in named if name in ("format", "feeder")}
    found = SaneAddress(device, options, own.get("format", "tiff"), own.get("feeder"))
    if not device or found.format not in _FORMATS or found.feeder not in (None, "simplex", "duplex"):
        raise OperatorError("scanner_uri", uri=uri)
    return found


@dataclass(frozen=True)
class SaneScanner:
    """Fills `Scanner`.

    Attributes:
        silence_s: after so long without a sign of life within a side the device counts as lost.
    """

    uri: str
    silence_s: float = SILENCE_S
    _address: SaneAddress = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_address", sane_address(self.uri))

    def abilities(self) -> Abilities:
        options = self._options(())
        best = source_settings(options, feeder=self._address.feeder)[0].settings
        for_feeder = self._options(best) if best else options
        return abilities(options, for_feeder, self._device(for_feeder), feeder=self._address.feeder)

    @contextmanager
    def run(self, wish: ScanWish, *, into: Path) -> Iterator[SaneRun]:
        """To be begun in a thread that lives as long as the run does: the process is tied to it."""
        run = self._begun(wish, into)
        try:
            yield run
        finally:
            run.close()

    def _begun(self, wish: ScanWish, into: Path) -> SaneRun:
        settings = self._settings(wish)
        suffix, media_type = _FORMATS[self._address.format]
        arguments = [
            *("-d", self._address.device, f"--format={self._address.format}", "--progress"),
            # The folder stands apart: a % in its name would be one of the pattern.
            *(f"--batch=side-%06d.{suffix}", "--batch-print", "--batch-prompt"),
            *_arguments(settings),
        ]
        kind = RunKind(
            self.uri,
            media_type,
            duplex=wish.source is PaperSource.FEEDER_DUPLEX,
            one_sheet=wish.source is PaperSource.GLASS,
            silence_s=self.silence_s,
            looked_into=self._looked_into,
        )
        process = begun(arguments, scanner=self.uri, into=into)
        run = SaneRun(process, kind, into=into)
        try:
            said = run.wait_until_open()
        except BaseException:
            run.close()
            raise
        if said is not None:
            run.close()
            raise opening_error(said, scanner=self.uri)
        return run

    def _settings(self, wish: ScanWish) -> Sequence[Setting]:
        """In the order in which the driver is to take them: each may change what the next may be."""
        options = self._options(())
        first = first_settings(options, wish, scanner=self.uri, feeder=self._address.feeder)
        chosen = [*first, *self._address.options]
        options = self._options(chosen) if chosen else options
        return [*chosen, *further_settings(options, wish, scanner=self.uri)]

    def _options(self, settings: Sequence[Setting]) -> Mapping[str, Option]:
        arguments = ["-d", self._address.device, *_arguments(settings), "--all-options"]
        status, output, messages = asked(arguments, scanner=self.uri)
        options = device_options(output)
        if status or not options:
            raise opening_error(messages, scanner=self.uri)
        return options

    def _looked_into(self, error: PipelineError) -> PipelineError:
        """Most drivers report a double feed as a jam: a sensor of the device still knows. And the driver of lent
        scanners crashes when the machine that lends is gone (sane-backends 1.1.1)."""
        try:
            if error.code == "scanner_jam" and sensor_tells_double_feed(self._options(())):
                return OperatorError("scanner_double_feed", scanner=self.uri)
            if error.code == "scanner_failed":
                self._options(())
        except PipelineError as answer:
            if answer.code in ("scanner_unreachable", "scanner_not_found") and error.code == "scanner_failed":
                return Unavailable("scanner_lost", scanner=self.uri)
        return error

    def _device(self, options: Mapping[str, Option]) -> Device:
        make, model = _named(self._address.device, scanner=self.uri)
        named = _SERIAL.match(self._address.device)
        serial = told(options, "serial", "serial-number") or (None if named is None else named[1] or named[2])
        firmware = told(options, "firmware", "firmware-version", "fw-version")
        return Device(make, model, serial, _driver(self._address.device, scanner=self.uri), firmware)


def found_sane() -> tuple[FoundScanner, ...]:
    """What the drivers find, by name; takes some seconds. Raises as `asked`."""
    lines = (line for line in _listing(scanner=SCHEME) if not line[0].startswith(_CAMERAS))
    found = (FoundScanner(f"{SCHEME}{device}", plain_text(f"{make} {model}")) for device, make, model in lines)
    return tuple(sorted(found, key=lambda its: (its.name, its.uri)))


def _arguments(settings: Sequence[Setting]) -> list[str]:
    found: list[str] = []
    for name, value in settings:
        found += [f"-{name}", value] if len(name) == 1 else [f"--{name}={value}"]
    return found


def _driver(device: str, *, scanner: str) -> str:
    """The driver's name, at the other machine where the scanner is at one, and the version of what we have of it."""
    _, output, _ = asked(["--version"], scanner=scanner)
    version = re.search(r"backend version ([\w.+-]+)", output)
    name = _LENT.sub("", device).partition(":")[0]
    return f"SANE {name}" + (f" {version[1]}" if version is not None else "")


def _named(device: str, *, scanner: str) -> tuple[str | None, str | None]:
    """Make and model. The program tells them in a list of all scanners only: it is made of one driver's alone, by a
    folder of settings that names no other, and asks the one machine that the device is at."""
    driver = device.partition(":")[0]
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dll.conf").write_text(f"{driver}\n", encoding="utf-8")
        Path(folder, "dll.d").mkdir()
        # An empty name at the end stands for the folders of the system.
        more = {"SANE_CONFIG_DIR": f"{folder}:{environment().get('SANE_CONFIG_DIR', '')}"}
        lent = _LENT.match(device)
        if lent is not None:
            more["SANE_NET_HOSTS"] = lent[1]
        with suppress(Unavailable):
            for name, make, model in _listing(scanner=scanner, more=more):
                if name == device:
                    return plain_text(make) or None, plain_text(model) or None
    return None, None


def _listing(*, scanner: str, more: Mapping[str, str] | None = None) -> Iterator[tuple[str, str, str]]:
    _, output, _ = asked([f"--formatted-device-list={_LISTED}"], scanner=scanner, more=more)
    for line in output.splitlines():
        parts = line.split("\t")
        if len(parts) == 3 and parts[0]:
            yield parts[0], parts[1], parts[2]
