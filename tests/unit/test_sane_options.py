"""Options as drivers list them, in the forms that devices of several makers use."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.custody.transfer import Device
from pipeline.errors import OperatorError
from scanners.sane_options import Option, OptionKind, device_options
from scanners.sane_wish import (
    abilities,
    first_settings,
    further_settings,
    lossless_settings,
    mode_settings,
    resolutions,
    sensor_settings,
    sensor_tells_double_feed,
    source_settings,
    told,
)

PRODUCTION = """
All options specific to device `fujitsu:fi-7160:1234':
  Standard:
    --source ADF Front|ADF Back|ADF Duplex|Card Front|Card Back|Card Duplex [ADF Front]
        Selects the scan source.
    --mode Lineart|Halftone|Gray|Color [Lineart]
        Selects the scan mode.
    --resolution 50..600dpi (in steps of 1) [600]
  Geometry:
    --page-width 0..221.121mm (in steps of 0.0211639) [215.872]
    --page-height 0..355.554mm (in steps of 0.0211639) [279.364]
    -l 0..215.872mm (in steps of 0.0211639) [0]
    -t 0..279.364mm (in steps of 0.0211639) [0]
    -x 0..215.872mm (in steps of 0.0211639) [215.872]
    -y 0..279.364mm (in steps of 0.0211639) [279.364]
  Advanced:
    --df-action Default|Continue|Stop [Default] [advanced]
    --df-skew[=(yes|no)] [inactive]
    --df-thickness[=(yes|no)] [no] [advanced]
    --df-length[=(yes|no)] [no] [advanced]
    --compression None|JPEG [JPEG] [advanced]
  Sensors and Buttons:
    --page-loaded[=(yes|no)] [yes] [hardware]
    --double-feed[=(yes|no)] [no] [hardware]
"""
ALIGNED = """
    --mode Black & White|Gray[Error Diffusion]|True Gray|24bit Color[Fast] [24bit Color[Fast]]
    --resolution 100|150|200|300|400|600|1200dpi [200]
    --source FlatBed|Automatic Document Feeder(left aligned)|Automatic Document Feeder(left aligned,Duplex) [FlatBed]
    -x 0..211.9mm (in steps of 0.0999908) [211.881]
    -y 0..355.567mm (in steps of 0.0999908) [355.567]
"""
FEEDER_MODE = """
    --source Flatbed|Automatic Document Feeder [Flatbed]
    --adf-mode Simplex|Duplex [inactive]
    --mode Lineart|Gray|Color [Color]
    --resolution 75|150|300dpi [75]
"""
SWITCH = """
    --mode Black & White|Grayscale|Color [Color]
    --resolution 100..600dpi (in steps of 100) [100]
    --duplex[=(yes|no)] [no]
    --double-feed[=(yes|no)] [no]
    --x-resolution 100dpi [100]
"""
GERMAN = """
    --source Vorlagenglas|Automatischer Vorlageneinzug|Vorlageneinzug beidseitig [Vorlagenglas]
    --mode Strichzeichnung|Graustufen|Farbe [Farbe]
    --resolution auto||75|90|100dpi [75]
"""
GLASS_ONLY = """
    --mode Lineart|Gray|Color [Color]
    --resolution 75|300|1200dpi [75]
    -x 0..216mm [216]
    -y 0..297mm [297]
"""
SEVERAL_NAMES = """
    --source Auto|Flatbed|ADF|Duplex|Transparency Unit [Flatbed]
    --mode Color Lineart|Lineart|16 bit Gray|Gray|Color [Gray]
    --depth 1|8|16 [8]
    --double-feed-detection None|Thin|Normal [None]
    --serial <string> [X2Y4-000812] [read-only]
    --firmware-version <string> [1.04] [read-only]
"""


def options_of(listing: str) -> dict[str, Option]:
    return dict(device_options(listing))


def sources_of(listing: str) -> dict[PaperSource, tuple[tuple[str, str], ...]]:
    return {its.source: its.settings for its in source_settings(options_of(listing), feeder=None)}


def test_an_option_is_read_with_what_it_may_be_and_what_it_is() -> None:
    found = options_of(PRODUCTION)

    assert found["source"].choices[:3] == ("ADF Front", "ADF Back", "ADF Duplex")
    assert (found["x"].kind, found["x"].most, found["x"].most_text, found["x"].unit) == (
        OptionKind.RANGE,
        215.872,
        "215.872",
        "mm",
    )
    assert found["df-thickness"].kind is OptionKind.SWITCH
    assert not found["df-skew"].active
    assert not found["double-feed"].settable
    assert found["double-feed"].value == "no"


def test_brackets_within_a_value_do_not_cut_it() -> None:
    found = options_of(ALIGNED)["mode"]

    assert found.choices == ("Black & White", "Gray[Error Diffusion]", "True Gray", "24bit Color[Fast]")
    assert found.value == "24bit Color[Fast]"


def test_what_a_driver_prints_beside_its_options_is_passed_over() -> None:
    listing = "Created directory: /var/lib/x\n[08:04] [bjnp] ERROR - bind\n      --not an option\n" + GLASS_ONLY

    assert options_of(listing) == options_of(GLASS_ONLY)


@settings(max_examples=60)
@given(st.text(max_size=300))
def test_no_output_of_a_driver_breaks_the_reading(text: str) -> None:
    found = device_options(f"    --mode {text}\n{text}\n    --x 1..{text} [1]")

    assert all(name == option.name for name, option in found.items())


NAMES = st.text(st.characters(categories=("Lu", "Ll"), include_characters=" ()[],"), min_size=1, max_size=20)


@settings(max_examples=80)
@given(st.lists(NAMES.map(str.strip).filter(bool), min_size=1, max_size=6), st.booleans())
def test_choices_come_back_as_they_were_listed(names: list[str], inactive: bool) -> None:
    names = [name for name in names if name.count("[") == name.count("]") == 0 and name != "auto"] or ["One"]
    value = "inactive" if inactive else names[-1]

    found = options_of(f"    --source {'|'.join(names)} [{value}]")["source"]

    assert found.choices == tuple(names)
    assert found.value == (None if inactive else names[-1])


def test_sources_are_found_under_the_names_of_several_makers() -> None:
    assert sources_of(PRODUCTION) == {
        PaperSource.FEEDER_DUPLEX: (("source", "ADF Duplex"),),
        PaperSource.FEEDER: (("source", "ADF Front"),),
    }
    assert sources_of(ALIGNED) == {
        PaperSource.FEEDER_DUPLEX: (("source", "Automatic Document Feeder(left aligned,Duplex)"),),
        PaperSource.FEEDER: (("source", "Automatic Document Feeder(left aligned)"),),
        PaperSource.GLASS: (("source", "FlatBed"),),
    }
    assert sources_of(GERMAN) == {
        PaperSource.FEEDER_DUPLEX: (("source", "Vorlageneinzug beidseitig"),),
        PaperSource.FEEDER: (("source", "Automatischer Vorlageneinzug"),),
        PaperSource.GLASS: (("source", "Vorlagenglas"),),
    }
    assert sources_of(SEVERAL_NAMES) == {
        PaperSource.FEEDER_DUPLEX: (("source", "Duplex"),),
        PaperSource.FEEDER: (("source", "ADF"),),
        PaperSource.GLASS: (("source", "Flatbed"),),
    }


def test_both_sides_may_be_an_option_of_its_own() -> None:
    assert sources_of(FEEDER_MODE) == {
        PaperSource.FEEDER_DUPLEX: (("source", "Automatic Document Feeder"), ("adf-mode", "Duplex")),
        PaperSource.FEEDER: (("source", "Automatic Document Feeder"), ("adf-mode", "Simplex")),
        PaperSource.GLASS: (("source", "Flatbed"),),
    }
    assert sources_of(SWITCH) == {
        PaperSource.FEEDER_DUPLEX: (("duplex", "yes"),),
        PaperSource.FEEDER: (("duplex", "no"),),
    }


def test_a_device_with_nothing_to_choose_from_is_a_glass_unless_the_operator_knows_better() -> None:
    assert sources_of(GLASS_ONLY) == {PaperSource.GLASS: ()}
    fed = source_settings(options_of(GLASS_ONLY), feeder="duplex")
    assert [(its.source, its.settings) for its in fed] == [(PaperSource.FEEDER_DUPLEX, ())]


def test_modes_are_found_under_the_names_of_several_makers() -> None:
    def named(listing: str) -> list[str]:
        return [found[0][1] for found in mode_settings(options_of(listing)).values()]

    assert named(PRODUCTION) == ["Color", "Gray", "Lineart"]
    assert named(ALIGNED) == ["24bit Color[Fast]", "True Gray", "Black & White"]
    assert named(GERMAN) == ["Farbe", "Graustufen", "Strichzeichnung"]
    assert named(SEVERAL_NAMES) == ["Color", "Gray", "Lineart"]


def test_black_and_white_may_be_grey_of_one_bit() -> None:
    listing = "    --mode Gray|Color [Gray]\n    --depth 1|8|16 [8]\n"

    assert mode_settings(options_of(listing))[ColorMode.BILEVEL] == (("mode", "Gray"), ("depth", "1"))


def test_resolutions_are_a_list_or_any() -> None:
    assert resolutions(options_of(ALIGNED)) == (100, 150, 200, 300, 400, 600, 1200)
    assert resolutions(options_of(SWITCH)) == (100, 200, 300, 400, 500, 600)
    assert resolutions(options_of(GERMAN)) == (75, 90, 100)
    assert resolutions(options_of(PRODUCTION)) == ()


def test_a_resolution_that_a_driver_would_round_is_refused() -> None:
    for listing, dpi in ((PRODUCTION, 601), (PRODUCTION, 49), (SWITCH, 250), (ALIGNED, 301)):
        with pytest.raises(OperatorError) as refused:
            further_settings(options_of(listing), ScanWish(dpi=dpi), scanner="sane:x")
        assert refused.value.params["value"] == str(dpi)


@pytest.mark.parametrize(
    ("wish", "named"),
    [
        (ScanWish(PaperSource.GLASS), ("source", "glass")),
        (ScanWish(PaperSource.FEEDER_DUPLEX, mode=ColorMode.GRAY), None),
    ],
)
def test_source_and_mode_come_first_and_what_is_missing_is_named(wish: ScanWish, named: tuple[str, str] | None) -> None:
    options = options_of(PRODUCTION)
    if named is None:
        chosen = first_settings(options, wish, scanner="sane:x", feeder=None)
        assert chosen == [("source", "ADF Duplex"), ("mode", "Gray")]
        return

    with pytest.raises(OperatorError) as refused:
        first_settings(options, wish, scanner="sane:x", feeder=None)

    assert (refused.value.params["wish"], refused.value.params["value"]) == named


def test_the_paper_is_made_known_before_the_area_and_the_whole_of_it_is_scanned() -> None:
    found = further_settings(options_of(PRODUCTION), ScanWish(), scanner="sane:x")

    assert found[1:7] == [
        ("page-width", "221.121"),
        ("page-height", "355.554"),
        ("l", "0"),
        ("t", "0"),
        ("x", "215.872"),
        ("y", "279.364"),
    ]


def test_a_narrow_sheet_is_not_cut_where_its_place_in_the_feeder_is_not_known() -> None:
    found = dict(further_settings(options_of(ALIGNED), ScanWish(size_mm=(100.0, 230.0)), scanner="sane:x"))

    assert (found["x"], found["y"]) == ("211.9", "235")
    centred = dict(further_settings(options_of(PRODUCTION), ScanWish(size_mm=(100.0, 230.0)), scanner="sane:x"))
    assert (centred["page-width"], centred["x"], centred["y"]) == ("100", "100", "235")


def test_a_sheet_that_is_too_large_is_refused_and_letter_paper_is_not() -> None:
    letter = ScanWish(size_mm=(215.9, 279.4))
    assert dict(further_settings(options_of(PRODUCTION), letter, scanner="sane:x"))["x"] == "215.872"

    with pytest.raises(OperatorError) as refused:
        further_settings(options_of(ALIGNED), ScanWish(size_mm=(297.0, 420.0)), scanner="sane:x")
    assert (refused.value.params["wish"], refused.value.params["value"]) == ("size", "297 x 420 mm")


def test_a_sensor_of_double_feeds_is_set_and_lengths_are_not_compared() -> None:
    def both(listing: str) -> tuple[dict[str, str], dict[str, str]]:
        options = options_of(listing)
        return dict(sensor_settings(options, stop=True)), dict(sensor_settings(options, stop=False))

    assert both(PRODUCTION) == (
        {"df-action": "Stop", "df-thickness": "yes"},
        {"df-action": "Continue", "df-thickness": "no"},
    )
    assert both(SWITCH) == ({"double-feed": "yes"}, {"double-feed": "no"})
    assert both(SEVERAL_NAMES) == ({"double-feed-detection": "Normal"}, {"double-feed-detection": "None"})
    assert both(ALIGNED) == ({}, {})


def test_a_sensor_that_is_only_read_tells_a_double_feed_from_a_jam() -> None:
    options = options_of(PRODUCTION)
    assert not sensor_tells_double_feed(options)

    options["double-feed"] = replace(options["double-feed"], value="yes")

    assert sensor_tells_double_feed(options)
    assert not sensor_tells_double_feed(options_of(SWITCH.replace("double-feed[=(yes|no)] [no]", "x")))


def test_pixels_are_not_sent_through_jpeg() -> None:
    assert lossless_settings(options_of(PRODUCTION)) == (("compression", "None"),)
    assert lossless_settings(options_of(ALIGNED)) == ()


def test_abilities_say_what_was_found() -> None:
    options = options_of(PRODUCTION)

    its = abilities(options, options, Device("F"), feeder=None)

    assert its.sources == (PaperSource.FEEDER_DUPLEX, PaperSource.FEEDER)
    assert its.modes == (ColorMode.COLOR, ColorMode.GRAY, ColorMode.BILEVEL)
    assert its.largest_mm == (221.121, 355.554)
    assert its.double_feed_sensor
    assert not abilities(options_of(ALIGNED), options_of(ALIGNED), Device(), feeder=None).double_feed_sensor


def test_serial_number_and_firmware_are_told_where_the_driver_knows_them() -> None:
    options = options_of(SEVERAL_NAMES)

    assert told(options, "serial", "serial-number") == "X2Y4-000812"
    assert told(options, "firmware", "firmware-version") == "1.04"
    assert told(options_of(ALIGNED), "serial") is None
