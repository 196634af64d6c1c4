"""SANE scanners with the real `scanimage` and the real drivers `test` and `pnm`, and through the daemon that lends them
out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.custody.scanning import ColorMode, Delivered, FoundScanner, PaperSource, ScanWish
from pipeline.errors import OperatorError, Unavailable
from pipeline.model import PageBytes
from pipeline.storage.pages import StoredPages
from scanners.addresses import ScannerAddresses
from scanners.sane import SaneScanner, found_sane, sane_address
from tests.servers.sane import SaneFeeder, sane_feeder, settings_folder, some_sides
from tests.servers.saned import running_saned
from tests.unit.sane_runs import ran

FEEDER = ScanWish(PaperSource.FEEDER, dpi=75, mode=ColorMode.GRAY)
DUPLEX = ScanWish(PaperSource.FEEDER_DUPLEX, dpi=300)
GLASS = ScanWish(PaperSource.GLASS, dpi=300)


@pytest.fixture
def sane(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drivers of the tests and the network's, no others."""
    monkeypatch.setenv("SANE_CONFIG_DIR", str(settings_folder(tmp_path / "sane", "test", "pnm", "net")))


@pytest.fixture
def feeder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SaneFeeder:
    (tmp_path / "feeder").mkdir()
    found = sane_feeder(tmp_path / "feeder")
    for name, value in found.environment.items():
        monkeypatch.setenv(name, value)
    return found


@pytest.fixture
def into(tmp_path: Path) -> Path:
    (tmp_path / "into").mkdir()
    return tmp_path / "into"


# The real drivers


def test_a_feeder_of_ten_sheets_gives_ten_and_is_empty(sane: None, into: Path) -> None:
    found = ran(SaneScanner("sane:test:0"), FEEDER, into)

    assert found.error is None
    assert [each.sides[0][0] for each in found.delivered] == list(range(1, 11))
    assert found.run.sheets_fed == 10


def test_what_was_handed_on_does_not_fill_the_disk(sane: None, into: Path) -> None:
    with SaneScanner("sane:test:0").run(FEEDER, into=into) as run:
        kept = [len(list(into.iterdir())) for _ in run]

    assert len(kept) == 10
    # The one in hand, and the next one, complete or being written.
    assert max(kept) <= 3


def test_the_largest_area_is_scanned_in_the_mode_and_resolution_asked_for(sane: None, into: Path) -> None:
    side = ran(SaneScanner("sane:test:0#test-picture=Color pattern"), ScanWish(PaperSource.GLASS, dpi=72), into)

    with Image.open(side.delivered[0].path) as image:
        assert image.mode == "RGB"
        assert [round(each, 3) for each in image.info["dpi"]] == [72, 72]
        assert abs(image.width - 200 / 25.4 * 72) < 2


def test_a_device_says_who_it_is_without_asking_all_other_drivers(sane: None) -> None:
    its = SaneScanner("sane:test:0").abilities()

    assert (its.device.make, its.device.model) == ("Noname", "frontend-tester")
    assert str(its.device.driver).startswith("SANE test 1.")
    assert its.sources == (PaperSource.FEEDER, PaperSource.GLASS)
    assert its.largest_mm == (200.0, 200.0)


@pytest.mark.parametrize("format_", ["tiff", "png"])
@pytest.mark.parametrize("kind", ["ppm", "pgm", "pbm"])
def test_every_pixel_arrives_as_the_driver_sent_it(
    sane: None, tmp_path: Path, into: Path, kind: str, format_: str
) -> None:
    side = Image.fromarray(some_sides(1, seed=3)[0]).convert({"ppm": "RGB", "pgm": "L", "pbm": "1"}[kind])
    side.save(tmp_path / f"side.{kind}")

    uri = f"sane:pnm:0#filename={tmp_path}/side.{kind}&format={format_}"
    (found,) = ran(SaneScanner(uri), GLASS, into).delivered

    with Image.open(found.path) as image:
        assert image.mode == side.mode
        assert np.array_equal(np.asarray(image), np.asarray(side))
        assert abs(image.info["dpi"][0] - 300) < 0.01
    assert found.media_type == f"image/{format_}"
    (page,) = StoredPages().pages(found.path, name=found.name)
    assert isinstance(page, PageBytes)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("jammed", "scanner_jam"),
        ("nodocs", "scanner_no_paper"),
        ("coveropen", "scanner_cover_open"),
        ("ioerror", "scanner_lost"),
        ("nomem", "scanner_failed"),
        ("accessdenied", "scanner_denied"),
    ],
)
def test_what_a_driver_reports_is_said_by_its_code(
    sane: None, tmp_path: Path, into: Path, status: str, code: str
) -> None:
    Image.fromarray(some_sides(1, seed=3)[0]).save(tmp_path / "side.ppm")

    uri = f"sane:pnm:0#filename={tmp_path}/side.ppm&status=no&status-{status}=yes&feeder=simplex"
    found = ran(SaneScanner(uri), ScanWish(PaperSource.FEEDER), into)

    assert found.error is not None
    assert found.error.code == code
    assert found.delivered == []


def test_scanners_are_found_by_name(sane: None) -> None:
    assert FoundScanner("sane:test:0", "Noname frontend-tester") in found_sane()


def test_a_scanner_that_another_machine_lends_out_sends_every_pixel(sane: None, tmp_path: Path, into: Path) -> None:
    (side,) = some_sides(1, seed=5)
    Image.fromarray(side).save(tmp_path / "side.ppm")
    with running_saned(tmp_path, "pnm") as server:
        scanner = SaneScanner(f"sane:net:{server.host}:pnm:0#filename={tmp_path}/side.ppm")
        its = scanner.abilities()
        (found,) = ran(scanner, GLASS, into).delivered

    assert (its.device.model, str(its.device.driver)[:8]) == ("PNM file reader", "SANE pnm")
    with Image.open(found.path) as image:
        assert np.array_equal(np.asarray(image), side)


def test_a_machine_that_goes_away_in_the_middle_is_lost_and_what_came_is_good(
    sane: None, tmp_path: Path, into: Path
) -> None:
    with running_saned(tmp_path, "test") as server:
        scanner = SaneScanner(f"sane:net:{server.host}:test:0")
        found: list[Delivered] = []
        with scanner.run(FEEDER, into=into) as run:
            sheets = iter(run)
            found.append(next(sheets))
            server.kill()
            with pytest.raises(Unavailable, match="scanner_lost"):
                found.extend(sheets)

    assert 1 <= len(found) <= 2
    with pytest.raises(Unavailable, match="scanner_unreachable"):
        scanner.abilities()


@pytest.mark.parametrize("device", ["foo:0", "test:77"])
def test_a_device_that_is_not_there_is_not_found(sane: None, device: str) -> None:
    with pytest.raises(OperatorError, match="scanner_not_found"):
        SaneScanner(f"sane:{device}").abilities()


@pytest.mark.parametrize("option", ["nonsense=1", "mode=Nope", "three-pass=yes", "resolution=5000", "depth=7"])
def test_an_option_that_the_device_does_not_take_as_it_is_given_is_refused(sane: None, into: Path, option: str) -> None:
    wish = ScanWish(PaperSource.GLASS, dpi=75, mode=ColorMode.BILEVEL)

    with pytest.raises(OperatorError) as refused, SaneScanner(f"sane:test:0#{option}").run(wish, into=into):
        pass

    assert refused.value.code == "scanner_cannot"
    assert refused.value.params["value"] == option.partition("=")[0]
    assert list(into.iterdir()) == []


# A feeder of images


def test_a_missing_side_is_named_at_the_end_and_nothing_is_lost(feeder: SaneFeeder, into: Path) -> None:
    feeder.put(some_sides(3, seed=1))

    found = ran(SaneScanner(feeder.uri), DUPLEX, into)

    assert len(found.delivered) == 3
    assert found.error is not None
    assert (found.error.code, found.error.params["images"]) == ("scanner_odd_images", 3)


def test_a_jam_between_front_and_back_leaves_the_front(feeder: SaneFeeder, into: Path) -> None:
    names = feeder.put(some_sides(6, seed=1))
    feeder.plan({names[3]: "jam"})

    found = ran(SaneScanner(feeder.uri), DUPLEX, into)

    assert [each.name for each in found.delivered] == ["0001-front.tif", "0001-back.tif", "0002-front.tif"]
    assert found.error is not None
    assert found.error.code == "scanner_jam"
    assert found.run.sheets_fed == 2


def test_a_device_that_says_nothing_more_is_given_up_and_ended(feeder: SaneFeeder, into: Path) -> None:
    names = feeder.put(some_sides(4, seed=1))
    feeder.plan({names[2]: "hang"})

    found = ran(SaneScanner(feeder.uri, silence_s=3.0), DUPLEX, into)

    assert len(found.delivered) == 2
    assert found.error is not None
    assert found.error.code == "scanner_lost"
    assert found.run.sheets_fed == 2


def test_a_driver_that_crashes_takes_only_its_process_along(feeder: SaneFeeder, into: Path) -> None:
    names = feeder.put(some_sides(4, seed=1))
    feeder.plan({names[2]: "crash"})

    found = ran(SaneScanner(feeder.uri), DUPLEX, into)

    assert len(found.delivered) == 2
    assert found.error is not None
    assert (found.error.code, found.error.params["detail"]) == ("scanner_failed", "the driver crashed")


# Addresses


def test_an_address_names_a_device_and_what_is_set_on_it() -> None:
    found = sane_address("sane:hpaio:/usb/PSC_1600?serial=MY4C#brightness=10&mode=True%20Gray&format=png&feeder=duplex")

    assert found.device == "hpaio:/usb/PSC_1600?serial=MY4C"
    assert found.options == (("brightness", "10"), ("mode", "True Gray"))
    assert (found.format, found.feeder) == ("png", "duplex")


def test_a_name_with_a_number_sign_is_a_name() -> None:
    assert sane_address("sane:airscan:e0:Copier #2").device == "airscan:e0:Copier #2"


@pytest.mark.parametrize("uri", ["sane:", "sane: ", "sane:x#format=jpeg", "sane:x#feeder=both", "usb:x", "sane", ""])
def test_what_is_no_address_is_refused(uri: str) -> None:
    with pytest.raises(OperatorError, match="scanner_uri"):
        ScannerAddresses().at(uri)


def test_a_scanner_is_asked_for_by_the_name_that_the_site_gave_it() -> None:
    assert ScannerAddresses({"Mail": "sane:test:0"}).at("Mail").uri == "sane:test:0"
    assert ScannerAddresses().at("folder:/tmp/scans").uri == "folder:/tmp/scans"


def test_one_way_of_looking_that_fails_hides_nothing_that_another_finds() -> None:
    def fails() -> tuple[FoundScanner, ...]:
        raise Unavailable("scanner_program_missing", program="scanimage")

    def finds() -> tuple[FoundScanner, ...]:
        return FoundScanner("escl:b", "Zed"), FoundScanner("escl:a", "alpha")

    found = ScannerAddresses(looks=(fails, finds)).found()

    assert [its.name for its in found] == ["alpha", "Zed"]
