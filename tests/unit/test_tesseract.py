"""The second reader: many lines in one process, and what happens when the program does not answer."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytesseract
import pytest

from pipeline.errors import Unavailable
from pipeline.model import GrayImage, Language
from pipeline.ocr.engines import tesseract
from pipeline.ocr.engines.tesseract import Tesseract
from tests.unit.entries import SCALE, sheet, write

TEXTS = ("Geneviève Côté", "2026-03-14", "FKT 274")
installed = pytest.mark.skipif(shutil.which("tesseract") is None, reason="the program tesseract is not installed")


def line(text: str) -> GrayImage:
    page = sheet(80.0, 9.0)
    write(page, text, 3.0, 6.3, 12.0)
    columns = np.flatnonzero((page < 128).any(axis=0))
    return page[:, : int(columns[-1]) + 30] if columns.size else page[:, :200]


def program(folder: Path, *commands: str) -> str:
    """A program that stands where Tesseract stands."""
    path = folder / "program"
    path.write_text("\n".join(("#!/bin/sh", *commands, "")), encoding="utf-8")
    path.chmod(0o700)
    return str(path)


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where this test's temporary files are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@installed
def test_lines_read_together_are_read_as_one_by_one() -> None:
    lines = [line(text) for text in TEXTS]

    together = Tesseract().read_lines(lines)

    assert [one.text for one in together] == list(TEXTS)
    assert together == tuple(Tesseract().read_lines([one])[0] for one in lines)
    assert all(len(one.char_scores) == len(one.text) for one in together)


def test_an_image_without_words_keeps_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ("page_num conf text", "1 95 FKT", "1 80 274", "2 -1 ", "3 50 Lévis")
    answer = tmp_path / "answer.tsv"
    answer.write_text("\n".join(rows).replace(" ", "\t"), encoding="utf-8")
    command = program(tmp_path, f'cp {answer} "$2.tsv"')
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", command)

    first, second, third = Tesseract().read_lines([line(text) for text in TEXTS])

    assert (first.text, second.text, third.text) == ("FKT 274", "", "Lévis")
    assert first.char_scores == (0.95, 0.95, 0.95, 0.8, 0.8, 0.8, 0.8)
    assert (second.score, third.score) == (0.0, 0.5)


def test_all_lines_go_to_one_process_and_no_lines_to_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = tmp_path / "calls"
    monkeypatch.setattr(
        pytesseract.pytesseract, "tesseract_cmd", program(tmp_path, f"echo $0 >> {calls}", 'printf "" > "$2.tsv"')
    )

    assert [one.text for one in Tesseract().read_lines([line(text) for text in TEXTS])] == ["", "", ""]
    assert Tesseract().read_lines([]) == ()
    assert len(calls.read_text(encoding="utf-8").splitlines()) == 1


@installed
def test_a_page_is_read_line_by_line() -> None:
    page = sheet(110.0, 40.0)
    write(page, "Je vous remercie de votre réponse", 10.0, 12.0)
    write(page, "à ma demande du 14 mars", 10.0, 20.0)

    for languages in ((Language.FR,), (Language.FR, Language.EN)):
        read = Tesseract().read_page(page, dpi=300.0, languages=languages)
        assert read.text == "Je vous remercie de votre réponse\nà ma demande du 14 mars"
        assert [word.text for word in read.lines[1]] == ["à", "ma", "demande", "du", "14", "mars"]


@installed
def test_each_word_is_where_its_ink_is() -> None:
    page = sheet(110.0, 40.0)
    write(page, "4111 1111 1111 1111", 10.0, 20.0)

    (words,) = Tesseract().read_page(page, dpi=300.0, languages=(Language.EN,)).lines

    rows, columns = np.nonzero(page < 128)
    assert words[0].box_px.x == pytest.approx(columns.min(), abs=3)
    assert words[-1].box_px.right == pytest.approx(columns.max() + 1, abs=3)
    assert words[0].box_px.y == pytest.approx(rows.min(), abs=3)


@installed
def test_white_print_on_a_dark_bar_is_read_too() -> None:
    page = sheet(110.0, 40.0)
    write(page, "NOTICE OF HEARING", 10.0, 12.0, 14.0)
    page[: round(16.0 * SCALE)] = 255 - page[: round(16.0 * SCALE)]
    write(page, "The date of the hearing is given below", 10.0, 28.0)

    text = Tesseract().read_page(page, dpi=300.0, languages=(Language.EN,)).text

    assert text == "NOTICE OF HEARING\nThe date of the hearing is given below"


def test_negatives_are_looked_for_only_where_a_ground_is_dark() -> None:
    page = sheet(110.0, 40.0)
    write(page, "AVIS DE COMPARUTION", 10.0, 12.0, 24.0)
    page[round(20.0 * SCALE) : round(20.5 * SCALE)] = 0
    barred = page.copy()
    barred[round(24.0 * SCALE) : round(30.0 * SCALE), 100:600] = 70

    assert not tesseract._has_dark_ground(page, 300.0)
    assert tesseract._has_dark_ground(barred, 300.0)


@pytest.mark.parametrize(
    ("languages", "asked"),
    [((Language.FR,), "fra"), ((Language.EN,), "eng"), ((Language.FR, Language.EN), "fra+eng")],
)
def test_a_page_is_asked_in_its_languages_and_removed(
    languages: Sequence[Language], asked: str, tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = r"level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
    row = r"5\t1\t1\t1\t1\t1\t10\t10\t40\t20\t90\t%s"
    asks = 'echo "$*" | grep -o "fra.eng\\|fra\\|eng"'
    command = program(tmp_path, f'printf \'{head}\\n{row}\\n\' "$({asks})" > "$2.tsv"')
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", command)

    assert Tesseract().read_page(sheet(20.0, 20.0), dpi=300.0, languages=languages).text == asked
    assert list(temporary.iterdir()) == []


def test_images_stand_in_a_private_folder_and_are_removed(
    tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, int]] = []
    ask = tesseract._table

    def watched(listed: Path) -> dict[str, list[str]]:
        seen.append((os.stat(listed.parent).st_mode & 0o777, len(list(listed.parent.glob("*.png")))))
        return ask(listed)

    monkeypatch.setattr(tesseract, "_table", watched)
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", program(tmp_path, "exit 1"))

    with pytest.raises(Unavailable):
        Tesseract().read_lines([line(TEXTS[0]), line(TEXTS[1])])

    assert seen == [(0o700, 2)]
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize(
    ("commands", "code"),
    [(("exec sleep 30",), "reader_timeout"), ((), "reader_missing"), (("exit 1",), "reader_missing")],
)
def test_a_program_that_gives_no_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commands: Sequence[str], code: str
) -> None:
    command = program(tmp_path, *commands) if commands else str(tmp_path / "absent")
    monkeypatch.setattr(pytesseract.pytesseract, "tesseract_cmd", command)
    monkeypatch.setattr(tesseract, "LINES_TIMEOUT_S", 0.2)

    with pytest.raises(Unavailable) as caught:
        Tesseract().read_lines([line(TEXTS[0])])

    assert caught.value.code == code
