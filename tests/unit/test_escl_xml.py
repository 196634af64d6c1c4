"""What is made of an eSCL scanner's XML, and what it is asked for."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from pipeline.custody.scanning import ColorMode, PaperSource, ScanWish
from pipeline.errors import OperatorError, PipelineError, Unavailable
from scanners.escl_xml import Capabilities, read_capabilities, read_status, scan_settings
from tests.servers.escl_paper import NAMESPACES, PDF, capabilities

SCANNER = "escl:http://scanner/eSCL"
FEEDER_FAULTS = {
    "ScannerAdfJam": "scanner_jam",
    "ScannerAdfMispick": "scanner_jam",
    "ScannerAdfDuplexPageTooShort": "scanner_jam",
    "ScannerAdfDuplexPageTooLong": "scanner_jam",
    "ScannerAdfMultipickDetected": "scanner_double_feed",
    "ScannerAdfHatchOpen": "scanner_cover_open",
    "ScannerAdfDoorOpen": "scanner_cover_open",
    "ScannerAdfInputTrayFailed": "scanner_failed",
    "ScannerAdfInputTrayOverloaded": "scanner_failed",
}


def _read(text: str) -> Capabilities:
    return read_capabilities(text.encode(), scanner=SCANNER)


def _asked(caps: Capabilities, wish: ScanWish) -> dict[str, str]:
    root = etree.fromstring(scan_settings(caps, wish, scanner=SCANNER))
    return {etree.QName(node).localname: node.text or "" for node in root.iter() if not len(node)}


def _status(feeder: str = "ScannerAdfLoaded", state: str = "Idle", jobs: str = "") -> bytes:
    return (
        f"<scan:ScannerStatus {NAMESPACES}><pwg:Version>2.63</pwg:Version><pwg:State>{state}</pwg:State>"
        f"<scan:AdfState>{feeder}</scan:AdfState><scan:Jobs>{jobs}</scan:Jobs></scan:ScannerStatus>"
    ).encode()


def test_the_abilities_of_an_office_device_are_read() -> None:
    abilities = _read(capabilities()).abilities()

    assert abilities.sources == (PaperSource.FEEDER_DUPLEX, PaperSource.FEEDER, PaperSource.GLASS)
    assert abilities.dpi == (100, 200, 300)
    assert abilities.modes == (ColorMode.COLOR, ColorMode.GRAY)
    assert abilities.largest_mm == (215.9, 355.6)
    assert abilities.double_feed_sensor
    device = abilities.device
    assert (device.make, device.model, device.serial, device.driver) == (
        "Example",
        "MFP 100",
        "SN-0042",
        "eSCL 2.63",
    )


def test_a_device_without_glass_and_one_without_feeder_are_scanners() -> None:
    assert PaperSource.GLASS not in _read(capabilities(glass=False)).abilities().sources
    assert _read(capabilities(feeder=False)).abilities().sources == (PaperSource.GLASS,)
    with pytest.raises(Unavailable, match="scanner_failed"):
        _read(capabilities(feeder=False, glass=False))


def test_duplex_that_is_an_option_alone_takes_what_one_side_can() -> None:
    assert PaperSource.FEEDER_DUPLEX in _read(capabilities(duplex=False)).abilities().sources
    assert PaperSource.FEEDER_DUPLEX not in _read(capabilities(duplex=False, options=())).abilities().sources


RANGE = (
    "<scan:ResolutionRange><scan:XResolution><scan:Min>75</scan:Min><scan:Max>600</scan:Max><scan:Normal>300"
    "</scan:Normal><scan:Step>25</scan:Step></scan:XResolution><scan:YResolution><scan:Min>100</scan:Min>"
    "<scan:Max>1200</scan:Max><scan:Normal>300</scan:Normal><scan:Step>1</scan:Step></scan:YResolution>"
    "</scan:ResolutionRange>"
)


def test_of_a_range_of_resolutions_the_usual_ones_in_both_directions_are_offered() -> None:
    caps = _read(capabilities(dpi=RANGE))

    assert caps.abilities().dpi == (100, 150, 200, 300, 400, 600)
    assert _asked(caps, ScanWish(dpi=225))["XResolution"] == "225"
    for outside in (75, 310, 1200):
        with pytest.raises(OperatorError, match="scanner_cannot"):
            _asked(caps, ScanWish(dpi=outside))


def test_a_resolution_that_differs_across_and_down_is_not_offered() -> None:
    uneven = (
        "<scan:DiscreteResolutions><scan:DiscreteResolution><scan:XResolution>300</scan:XResolution>"
        "<scan:YResolution>600</scan:YResolution></scan:DiscreteResolution><scan:DiscreteResolution>"
        "<scan:XResolution>200</scan:XResolution><scan:YResolution>200</scan:YResolution>"
        "</scan:DiscreteResolution></scan:DiscreteResolutions>"
    )

    assert _read(capabilities(dpi=uneven)).abilities().dpi == (200,)


def test_a_profile_that_is_only_named_is_found_by_its_name() -> None:
    text = capabilities(feeder=False)
    begin, end = text.index("<scan:SettingProfiles>"), text.index("</scan:SettingProfiles>") + 23
    profile = text[begin:end].replace("<scan:SettingProfile>", '<scan:SettingProfile name="p0">')
    named = '<scan:SettingProfiles><scan:SettingProfile ref="p0"/></scan:SettingProfiles>'

    caps = _read(
        text[:begin]
        + named
        + text[end:].replace("</scan:ScannerCapabilities>", f"{profile}</scan:ScannerCapabilities>")
    )

    assert caps.abilities().dpi == (100, 200, 300)


def test_a_wish_becomes_the_settings_of_a_job() -> None:
    asked = _asked(_read(capabilities()), ScanWish(dpi=200, mode=ColorMode.GRAY))

    assert asked["InputSource"] == "Feeder"
    assert asked["Duplex"] == "true"
    assert (asked["XResolution"], asked["YResolution"], asked["ColorMode"]) == ("200", "200", "Grayscale8")
    assert (asked["DocumentFormat"], asked["DocumentFormatExt"]) == ("image/jpeg", "image/jpeg")
    assert (asked["XOffset"], asked["Width"], asked["Height"]) == ("0", "2550", "4200")
    assert asked["Intent"] == "Document"


def test_the_sensor_for_double_feeds_is_told_to_stop_or_not_where_there_is_one() -> None:
    with_sensor, without = _read(capabilities()), _read(capabilities(options=("Duplex",)))

    assert _asked(with_sensor, ScanWish())["MultipickDetection"] == "true"
    assert _asked(with_sensor, ScanWish(stop_at_double_feed=False))["MultipickDetection"] == "false"
    assert "MultipickDetection" not in _asked(without, ScanWish())


def test_a_device_that_can_leave_out_blank_sides_is_told_not_to() -> None:
    caps = _read(capabilities(more="<scan:BlankPageDetectionAndRemoval>true</scan:BlankPageDetectionAndRemoval>"))

    assert _asked(caps, ScanWish())["BlankPageDetectionAndRemoval"] == "false"


def test_a_narrow_sheet_is_scanned_where_it_lies_in_the_feeder() -> None:
    caps = _read(capabilities())
    ticket = (100.0, 230.0)

    fed = _asked(caps, ScanWish(size_mm=ticket))
    laid = _asked(caps, ScanWish(PaperSource.GLASS, size_mm=ticket))

    # 100 mm are 1182 parts of the feeder's 2550, in its middle; on the glass it lies in the corner.
    assert (fed["XOffset"], fed["Width"], fed["Height"]) == ("684", "1182", "2717")
    assert (laid["XOffset"], laid["Width"]) == ("0", "1182")


@pytest.mark.parametrize(
    ("wish", "named", "value"),
    [
        (ScanWish(PaperSource.GLASS), "source", "glass"),
        (ScanWish(mode=ColorMode.BILEVEL), "mode", "bilevel"),
        (ScanWish(dpi=600), "dpi", "600"),
        (ScanWish(size_mm=(300.0, 200.0)), "size", "300 x 200 mm"),
    ],
)
def test_a_wish_that_the_device_cannot_fulfil_is_named(wish: ScanWish, named: str, value: str) -> None:
    with pytest.raises(OperatorError) as refused:
        _asked(_read(capabilities(glass=False)), wish)

    assert refused.value.code == "scanner_cannot"
    assert dict(refused.value.params) == {"scanner": SCANNER, "wish": named, "value": value}


def test_a_device_that_sends_nothing_but_pdf_is_asked_for_that() -> None:
    assert _asked(_read(capabilities(formats=(PDF,))), ScanWish())["DocumentFormat"] == PDF


@pytest.mark.parametrize(("feeder", "code"), FEEDER_FAULTS.items())
def test_what_stopped_the_feeder_has_a_code(feeder: str, code: str) -> None:
    status = read_status(_status(feeder), scanner=SCANNER)

    fault = status.fault(scanner=SCANNER, fed=True)
    assert fault is not None
    assert fault.code == code
    assert status.fault(scanner=SCANNER, fed=False) is None


@pytest.mark.parametrize("feeder", ["ScannerAdfLoaded", "ScannerAdfEmpty", "ScannerAdfProcessing", "SomethingNew"])
def test_a_feeder_without_a_fault_stops_nothing(feeder: str) -> None:
    assert read_status(_status(feeder), scanner=SCANNER).fault(scanner=SCANNER, fed=True) is None


def test_a_job_is_found_by_its_path_wherever_its_address_points_to() -> None:
    job = (
        "<scan:JobInfo><pwg:JobUri>http://192.0.2.7:80/eSCL/ScanJobs/7</pwg:JobUri><pwg:ImagesCompleted>5"
        "</pwg:ImagesCompleted><pwg:ImagesToTransfer>2</pwg:ImagesToTransfer><pwg:JobState>Processing</pwg:JobState>"
        "<pwg:JobStateReasons><pwg:JobStateReason>JobScanning</pwg:JobStateReason></pwg:JobStateReasons></scan:JobInfo>"
    )

    found = read_status(_status(jobs=job), scanner=SCANNER).job("/eSCL/ScanJobs/7/")

    assert found is not None
    assert (found.state, found.reasons, found.completed, found.sent) == ("Processing", ("JobScanning",), 5, 3)


def test_what_is_no_count_is_not_counted() -> None:
    job = "<scan:JobInfo><pwg:JobUri>/j/1</pwg:JobUri><pwg:ImagesCompleted>-1</pwg:ImagesCompleted></scan:JobInfo>"

    found = read_status(_status(jobs=job), scanner=SCANNER).job("/j/1")

    assert found is not None
    assert (found.completed, found.sent) == (None, None)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no XML",
        "<html><body>Sign in</body></html>",
        f"<scan:ScannerStatus {NAMESPACES}>",
        '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/hostname">]><ScannerStatus><State>&b;</State></ScannerStatus>',
        '<!DOCTYPE a SYSTEM "http://192.0.2.1/x.dtd"><ScannerStatus/>',
    ],
)
def test_what_is_no_status_is_refused(text: str) -> None:
    with pytest.raises(Unavailable) as refused:
        read_status(text.encode(), scanner=SCANNER)

    assert refused.value.code == "scanner_failed"


def test_what_a_device_calls_itself_is_one_line() -> None:
    device = _read(capabilities(feeder=False).replace(">Example MFP 100<", ">A\n\u202eB" + "x" * 500 + "<")).device

    assert device.model is not None
    assert device.model.isprintable()
    assert len(device.model) <= 200


USUAL = f"<JobInfo><JobUri>/j</JobUri><ImagesCompleted>1</ImagesCompleted></JobInfo>{RANGE}"
WORDS = st.sampled_from(
    ["", "0", "-1", "1", "300", "99999999999", "RGB24", "true", "\u0663", "Center", "text/xml", "\u202e"]
)
CHANGES = st.lists(st.tuples(st.integers(0, 150), st.one_of(st.none(), WORDS)), max_size=8)


def _changed(text: str, changes: list[tuple[int, str | None]]) -> bytes:
    """Elements lose their place, or say something else."""
    root = etree.fromstring(text.encode())
    for at, word in changes:
        below = list(root.iterdescendants())
        node = below[at % len(below)] if below else root
        parent = node.getparent()
        if word is not None:
            node.text = word
        elif parent is not None:
            parent.remove(node)
    return etree.tostring(root)


@settings(max_examples=60, deadline=None)
@given(CHANGES, st.sampled_from([1, 75, 300]), st.sampled_from([None, (100.0, 230.0)]))
def test_whatever_a_device_says_it_can_is_understood_or_refused(
    changes: list[tuple[int, str | None]], dpi: int, size_mm: tuple[float, float] | None
) -> None:
    refusal = ""
    try:
        caps = read_capabilities(_changed(capabilities(dpi=RANGE), changes), scanner=SCANNER)
        source = caps.abilities().sources[0]
        scan_settings(caps, ScanWish(source, dpi, size_mm=size_mm), scanner=SCANNER)
    except PipelineError as error:
        refusal = error.code

    assert refusal in {"", "scanner_failed", "scanner_cannot"}


@settings(max_examples=40, deadline=None)
@given(CHANGES)
def test_whatever_a_device_says_of_its_state_is_understood(changes: list[tuple[int, str | None]]) -> None:
    status = read_status(_changed(_status(jobs=USUAL).decode(), changes), scanner=SCANNER)

    assert all(job.completed is None or job.completed >= 0 for job in status.jobs)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_understood_or_refused(data: bytes) -> None:
    for read in (read_capabilities, read_status):
        with pytest.raises(Unavailable, match="scanner_failed"):
            read(data, scanner=SCANNER)
