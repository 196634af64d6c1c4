"""The pages of scanners: how each stands, what was measured, measuring by upload, repairs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody.people import Role
from pipeline.errors import InputRefused
from pipeline.usecases.qualifying import MeasuredSide, TargetFile
from tests.unit.browsing import Browser, Pages
from tests.unit.qualified import GOOD, kept, qualification

FORM = {"make": "Ricoh", "model": "fi-8950", "serial": "A1", "dpi": "300", "mode": "color", "source": "feeder"}


def _reader(files: Sequence[TargetFile], dpi_said: int | None) -> tuple[MeasuredSide, ...]:
    """In place of what measures: the first byte of a file says whether it shows the target."""
    if any(its.path.read_bytes()[:1] != b"T" for its in files):
        raise InputRefused("target_not_found")
    return tuple(MeasuredSide(its.sides[0], GOOD) for its in files)


@pytest.fixture
def pages(tmp_path: Path) -> Pages:
    made = Pages.make(tmp_path)
    return replace(made, parts=replace(made.parts, target_reader=_reader))


def _sent(browser: Browser, data: bytes, **changes: str) -> str:
    """Where the answer to an upload leads, once it is measured; or its page."""
    files = [("scan", ("front.png", data, "image/png"))] if data else []
    answer = browser.client.post(
        "/scanners", data={"csrf": browser.csrf, **FORM, **changes}, files=files, headers={"origin": browser.origin}
    )
    if answer.status_code != 303:
        assert answer.status_code == 422
        return answer.text
    for _ in range(500):
        told = browser.get(answer.headers["location"])
        if told.status_code == 303:
            return str(told.headers["location"])
        if told.status_code == 422:
            return told.text
    raise AssertionError("never measured")


def test_without_measured_scanners_the_page_says_what_to_do(pages: Pages) -> None:
    told = pages.signed_in("sylvie", Role.SUPERVISOR).get("/scanners").text

    assert "Print the target" in told
    assert pages.signed_in("ines", Role.INTAKE).get("/scanners/target.pdf?size=a4").content.startswith(b"%PDF")
    assert pages.signed_in("ivan", Role.INTAKE).get("/scanners/target.pdf?size=b5").status_code == 404


def test_an_upload_is_measured_kept_as_it_is_and_shown(pages: Pages) -> None:
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    path = _sent(browser, b"T scan")

    assert path == "/scanners/measured/q0001"
    (row,) = pages.records.qualifications.measured()
    assert (row.by, row.device.serial, row.passed) == ("sylvie", "A1", True)
    assert pages.parts.keeping.objects.get(row.scans[0]) == b"T scan"
    shown = browser.get(path).text
    assert shown.count('<svg class="plot"') == 3
    assert "ISO 19264-1" in shown
    assert "Ricoh fi-8950 A1" in browser.get("/scanners").text


def test_what_cannot_be_measured_is_said_and_nothing_is_kept(pages: Pages) -> None:
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)

    assert "No target is recognised" in _sent(browser, b"a letter")
    assert "Choose the scan" in _sent(browser, b"")
    assert "neither make nor model" in _sent(browser, b"T", make="", model="")
    assert "Ricoh" in _sent(browser, b"T", dpi="20")
    assert pages.records.qualifications.measured() == ()
    assert list(pages.parts.keeping.objects.digests()) == []


def test_a_repair_ends_a_qualification_and_needs_words(pages: Pages) -> None:
    row = qualification()
    kept(pages.records, row)
    browser = pages.signed_in("sylvie", Role.SUPERVISOR)
    assert "qualified" in browser.get("/scanners").text

    assert browser.post("/scanners/repaired", key=row.key, note=" ").status_code == 422
    assert browser.post("/scanners/repaired", key="none", note="x").status_code == 404
    done = browser.post("/scanners/repaired", key=row.key, note="new <b>rollers</b>")

    assert done.status_code == 303
    told = browser.get("/scanners?done=repaired").text
    assert "repaired since" in told
    assert "new &lt;b&gt;rollers&lt;/b&gt;" in told


def test_who_scans_sees_scanners_and_changes_none(pages: Pages) -> None:
    row = qualification()
    kept(pages.records, row)
    browser = pages.signed_in("ines", Role.INTAKE)

    told = browser.get("/scanners").text
    assert "A1B2C3" in told
    assert "/scanners/repaired" not in told
    assert browser.post("/scanners/repaired", key=row.key, note="x").status_code == 403
    assert browser.get("/scanners/measured/q0001").status_code == 200
    assert browser.get("/scanners/measured/q0002").status_code == 404


def test_the_form_is_filled_as_for_an_earlier_measurement(pages: Pages) -> None:
    kept(pages.records, qualification())
    told = pages.signed_in("sylvie", Role.SUPERVISOR).get("/scanners?like=q0001").text

    assert 'value="A1B2C3"' in told
    assert 'value="PaperStream IP 3.30"' in told
