"""`constat target`: a page to print, by which scanners are measured; and what was measured of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from pipeline.cli.localised import option, print_document, say, stop, words
from pipeline.config import Settings, load_settings
from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.errors import OperatorError
from pipeline.model import Side

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.custody.transfer import Device
    from pipeline.imaging.target_plan import Printed
    from pipeline.ports import Records
    from pipeline.usecases.keeping import Keeping
    from pipeline.usecases.qualification import DeviceReport
    from pipeline.usecases.qualifying import TargetFile

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LENGTH = click.FloatRange(100.0, 300.0)
_USUAL_DPI = 300
_NOT_PASSED = 1


class _Given(TypedDict):
    """The options as they were given; null where one was not."""

    out: Path | None
    size: str
    across_mm: float | None
    along_mm: float | None
    measured: tuple[Path, ...]
    source: str | None
    listing: bool
    repaired: str | None
    scanned_with: Path | None
    device: str | None
    dpi: int | None
    mode: str
    paper_source: str
    as_json: bool


@click.command("target", help=words("help.target"))
@option(
    "--out",
    help_code="help.target.out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar=words("metavar.file"),
)
@option("--size", help_code="help.target.size", type=click.Choice(("letter", "a4")), default="letter")
@option("--across-mm", help_code="help.target.across", type=_LENGTH, metavar="150.0")
@option("--along-mm", help_code="help.target.along", type=_LENGTH, metavar="200.0")
@option(
    "--measure", "measured", help_code="help.target.measure", type=_FILE, multiple=True, metavar=words("metavar.file")
)
@option("--source", help_code="help.target.source", metavar="URI")
@option("--list", "listing", help_code="help.target.list", is_flag=True)
@option("--repaired", help_code="help.target.repaired", metavar=words("metavar.text"))
@option("--scanned-with", help_code="help.target.scanned_with", type=_FILE, metavar=words("metavar.file"))
@option("--device", help_code="help.target.device", metavar=words("metavar.name"))
@option("--dpi", help_code="help.target.dpi", type=click.IntRange(150, 1200), metavar="N")
@option(
    "--mode",
    help_code="help.target.mode",
    type=click.Choice([ColorMode.COLOR.value, ColorMode.GRAY.value]),
    default=ColorMode.COLOR.value,
)
@option(
    "--paper-source",
    help_code="help.target.paper_source",
    type=click.Choice([its.value.replace("_", "-") for its in PaperSource]),
    default=PaperSource.FEEDER_DUPLEX.value.replace("_", "-"),
)
@option("--json", "as_json", help_code="help.json", is_flag=True)
def target(**given: Unpack[_Given]) -> None:
    acts = (
        given["out"] is not None,
        bool(given["measured"]),
        given["source"] is not None,
        given["listing"],
        given["repaired"] is not None,
    )
    if sum(acts) != 1:
        raise OperatorError("target_one_act")
    if given["out"] is not None:
        _print(given["out"], given)
    elif given["listing"]:
        _list(load_settings(), as_json=given["as_json"])
    elif given["repaired"] is not None:
        _note(given["repaired"], given, load_settings())
    elif given["source"] is not None:
        _scan(given["source"], given, load_settings())
    else:
        _measure(given, load_settings())


def _print(out: Path, given: _Given) -> None:
    from pipeline.cli.new_files import write_new
    from pipeline.screens.target_page import target_pdf
    from pipeline.wiring import fonts

    write_new(out, target_pdf(given["size"], fonts(), printed=_printed(given)))
    say("target.written", path=str(out), size=given["size"])


def _printed(given: _Given) -> Printed | None:
    from pipeline.imaging.target_plan import ACROSS_RULER_MM, ALONG_RULER_MM, Printed

    across, along = given["across_mm"], given["along_mm"]
    if across is None and along is None:
        return None
    if across is None or along is None:
        raise OperatorError("target_both_rulers")
    lengths = (ACROSS_RULER_MM[1] - ACROSS_RULER_MM[0], ALONG_RULER_MM[1] - ALONG_RULER_MM[0])
    return Printed(across / lengths[0] - 1.0, along / lengths[1] - 1.0)


def _measure(given: _Given, settings: Settings) -> None:
    """Where the device is named, what was measured is recorded; else it is only told."""
    from pipeline.cli.target_tables import print_measured
    from pipeline.usecases.qualifying import missed
    from pipeline.wiring import writing
    from pipeline.wiring.targets import target_reader

    wish = _wish(given)
    sides = (Side.FRONT, Side.BACK) if wish.source is PaperSource.FEEDER_DUPLEX else (Side.FRONT,)
    files = _files(given["measured"], sides)
    if given["scanned_with"] is None and given["device"] is None:
        measured = target_reader(settings.worker_memory_bytes)(files, given["dpi"])
        findings = missed(measured, wish)
        print_measured(measured, findings, as_json=given["as_json"])
        if not given["as_json"]:
            say("target.not_recorded")
        stop(_NOT_PASSED if findings else 0)
    with writing(settings) as app:
        _qualified(files, _device(given, app.keeping.records), wish, given, app.keeping)


def _files(paths: Sequence[Path], sides: tuple[Side, ...]) -> tuple[TargetFile, ...]:
    """The pages of one file are the sides of its sheets in turn; files of one page each are, too."""
    from pipeline.usecases.qualifying import MOST_FILES, TargetFile

    return tuple(
        TargetFile(path.absolute(), path.name, (sides * MOST_FILES)[number % len(sides) :])
        for number, path in enumerate(paths)
    )


def _scan(source: str, given: _Given, settings: Settings) -> None:
    from pipeline.usecases.qualifying import scan_target
    from pipeline.wiring import writing
    from pipeline.wiring.scan_station import scan_folder
    from pipeline.wiring.scanning import scanners

    scanner, wish = scanners(settings).at(source), _wish(given)
    if scanner.uri.startswith("folder:"):
        raise OperatorError("target_folder")
    device = scanner.abilities().device
    with writing(settings) as app, scan_folder(settings) as into:
        if given["scanned_with"] is not None or given["device"] is not None:
            device = _device(given, app.keeping.records)
        say("target.scanning")
        files = scan_target(scanner, wish, into=into)
        _qualified(files, device, wish, given, app.keeping)


def _qualified(files: tuple[TargetFile, ...], device: Device, wish: ScanWish, given: _Given, keeping: Keeping) -> None:
    from pipeline.cli.gates import operator
    from pipeline.cli.target_tables import print_qualification
    from pipeline.usecases.qualifying import qualify
    from pipeline.wiring.targets import target_reader

    settings = load_settings()
    row = qualify(
        files, device, wish, who=operator(), reader=target_reader(settings.worker_memory_bytes), keeping=keeping
    )
    print_qualification(row, days=settings.scan_qualification_days, as_json=given["as_json"])
    stop(0 if row.passed else _NOT_PASSED)


def _wish(given: _Given) -> ScanWish:
    return ScanWish(
        source=PaperSource(given["paper_source"].replace("-", "_")),
        dpi=given["dpi"] or _USUAL_DPI,
        mode=ColorMode(given["mode"]),
    )


def _device(given: _Given, records: Records) -> Device:
    """The device that is named: by the file that says what a batch was scanned with, or as one known already.

    Raises:
        OperatorError: `scanner_unknown`; as `load_scan_profile`.
    """
    from pipeline.usecases.qualification import device_named
    from pipeline.wiring import scan_profile

    if given["scanned_with"] is not None:
        return scan_profile(given["scanned_with"]).device
    return device_named(given["device"] or "", records=records)


def _note(note: str, given: _Given, settings: Settings) -> None:
    from pipeline.cli.gates import operator
    from pipeline.usecases.qualification import device_name
    from pipeline.usecases.qualifying import note_repair
    from pipeline.wiring import writing_kept

    if given["scanned_with"] is None and given["device"] is None:
        raise OperatorError("target_which_device")
    with writing_kept(settings) as app:
        row = note_repair(_device(given, app.keeping.records), note, who=operator(), keeping=app.keeping)
    say("target.repair_noted", scanner=device_name(row.device))


def _list(settings: Settings, *, as_json: bool) -> None:
    from pipeline.cli.target_tables import print_devices, reports_text
    from pipeline.usecases.qualification import device_reports
    from pipeline.wiring import anything_kept, reading

    found: tuple[DeviceReport, ...] = ()
    if anything_kept(settings):
        keeping = reading(settings).keeping
        found = device_reports(now=keeping.clock.now(), records=keeping.records, days=settings.scan_qualification_days)
    if as_json:
        print_document(reports_text(found))
    elif found:
        print_devices(found)
    else:
        say("target.none")
