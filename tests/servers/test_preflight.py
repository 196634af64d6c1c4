"""The flat variant of a hard copy as a validator that is not ours sees it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.custody import PageRole
from pipeline.screens.hard_copy_terms import Audience, FormSource
from tests.servers.preflight import preflight_findings
from tests.unit.filled_screens import enclosure_of, screen_of
from tests.unit.test_hard_copy import FULL_SIZE, PARKING, TALL, TERMS, copied
from tests.unit.test_pades import signer

pytestmark = pytest.mark.servers

FLAT_TERMS = replace(TERMS, flat=True)


@pytest.mark.parametrize(
    ("layout_id", "source", "audience"),
    [
        (PARKING, FormSource.DIGITIZED, Audience.COURT),
        (FULL_SIZE, FormSource.PREPROGRAMMED, Audience.DEFENDANT),
        (TALL, FormSource.PREPROGRAMMED, Audience.PROSECUTOR),
    ],
)
def test_pdfbox_finds_a_flat_hard_copy_valid(
    tmp_path: Path, layout_id: str, source: FormSource, audience: Audience
) -> None:
    path = tmp_path / "flat.pdf"
    path.write_bytes(copied(screen_of(layout_id), terms=replace(FLAT_TERMS, source=source, audience=audience)).data)

    assert preflight_findings(path) == []


def test_pdfbox_finds_a_signed_flat_hard_copy_in_colour_valid(tmp_path: Path) -> None:
    path = tmp_path / "signed.pdf"
    made = copied(screen_of(PARKING, color=True), terms=replace(FLAT_TERMS, signed=True))
    path.write_bytes(signer(tmp_path).sign(made.data, reason="essai"))

    assert preflight_findings(path) == []


def test_pdfbox_finds_a_turned_enclosure_valid(tmp_path: Path) -> None:
    path = tmp_path / "enclosure.pdf"
    made = copied(enclosure_of((297.0, 210.0)), terms=replace(FLAT_TERMS, document=PageRole.ENCLOSURE))
    path.write_bytes(made.data)

    assert made.frames[0].turned
    assert preflight_findings(path) == []


def test_pdfbox_refuses_the_file_with_layers_as_of_another_part(tmp_path: Path) -> None:
    path = tmp_path / "layers.pdf"
    path.write_bytes(copied(screen_of(PARKING)).data)

    assert any("OCProperties" in line or "OCPProperties" in line for line in preflight_findings(path))
