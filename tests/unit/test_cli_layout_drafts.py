"""`constat layouts` on drafts: what is said to people and to scripts, and the exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner, Result

from pipeline.cli import layout_drafts
from pipeline.cli.layouts import group
from pipeline.geometry import BoxMm, BoxPx
from pipeline.model import Decision, Kind, Reason
from pipeline.usecases.layouts.results import TriedPage, TriedZone
from tests.unit.drafting import Drafting
from tests.unit.moved_forms import LIKE, MOVED, moved_text

FINE = TriedZone("fine", Kind.AMOUNT, BoxMm(1, 2, 3, 4), BoxPx(1, 2, 3, 4), "450.00", 0.98, Decision.ACCEPTED, ())


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drafting:
    house = Drafting.make(tmp_path)
    app = SimpleNamespace(keeping=house.archive.keeping)
    for name in ("reading", "serving"):
        monkeypatch.setattr(layout_drafts, name, lambda _: app)
    monkeypatch.setattr(layout_drafts, "anything_kept", lambda _: True)
    monkeypatch.setattr(layout_drafts, "layout_desk", lambda _: house.desk)
    return house


def said(*arguments: str, code: int = 0) -> Result:
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result


def scan(folder: Path) -> str:
    (folder / "vierge.png").write_bytes(b"a blank form")
    return str(folder / "vierge.png")


def begin(folder: Path, code: int = 0) -> Result:
    return said("begin", scan(folder), "--like", LIKE, "--as", MOVED, "--by", " Anne", code=code)


def test_a_draft_is_begun_listed_and_shown(house: Drafting, tmp_path: Path) -> None:
    assert "authoring_edition_mark" in begin(tmp_path).stdout
    assert "f0001" in said("drafts").stdout
    (draft,) = json.loads(said("drafts", "--json").stdout)
    assert (draft["id"], draft["layout"], draft["state"], draft["saved_by"]) == ("f0001", MOVED, "draft", "anne")
    shown = json.loads(said("draft", "f0001", "--json").stdout)
    assert shown["conforms"] is True
    assert shown["decisions"][0]["code"] == "authoring_printed_words"
    assert len(shown["zones"]) == 13
    assert said("draft", "f0001", "--text").stdout == moved_text()


def test_a_file_edited_by_hand_is_saved_by_who_saw_the_newest(house: Drafting, tmp_path: Path) -> None:
    begin(tmp_path)
    file = tmp_path / "ville.yaml"
    file.write_text(moved_text().replace("[8.0, 31.6, 46.0, 9.0]", "[8.0, 31.6, 44.0, 9.0]"), encoding="utf-8")

    assert "f0001" in said("save", "f0001", str(file), "--version", "1", "--by", "paul").stderr
    late = said("save", "f0001", str(file), "--version", "1", "--by", "anne", code=1)
    assert "paul" in late.stderr
    file.write_text("zones: [", encoding="utf-8")
    refused = said("save", "f0001", str(file), "--version", "2", "--by", "anne", code=1)
    assert "layout_invalid" in refused.stderr
    assert "layout_yaml" in refused.stderr
    file.write_bytes(b"\xff")
    assert said("save", "f0001", str(file), "--version", "2", "--by", "anne", code=1).exception is not None


def test_what_is_read_is_said_and_what_is_not_recognised_ends_with_code_one(house: Drafting, tmp_path: Path) -> None:
    begin(tmp_path)
    house.bench.read = (TriedPage("a.png", 1, identified=True, score=0.99, residual_mm=0.05, zones=(FINE,)),)
    shown = said("try", "f0001", scan(tmp_path)).stdout
    assert "450.00" in shown
    assert "0.05" in shown.replace(",", ".")

    broken = Reason("corrupt_image", (("detail", "x"),))
    others = (TriedPage("b.png", 1, score=0.1), TriedPage("c.png", 1, found=LIKE), TriedPage("d", 1, failure=broken))
    house.bench.read = others
    assert LIKE in said("try", "f0001", scan(tmp_path), code=1).stdout
    document = json.loads(said("try", "f0001", scan(tmp_path), "--json", code=1).stdout)
    assert [page["identified"] for page in document["pages"]] == [False] * 3
    assert document["pages"][2]["failure"]["code"] == "corrupt_image"


def test_proposing_enforcing_and_withdrawing_answer_with_words_and_codes(house: Drafting, tmp_path: Path) -> None:
    begin(tmp_path)
    assert "layout_not_proposed" in said("enforce", "f0001", "--by", "paul", "--reason", "relu", code=1).stderr
    said("propose", "f0001", "--by", "anne")
    assert "layout_needs_another_person" in said("enforce", "f0001", "--by", "anne", "--reason", "x", code=1).stderr
    assert MOVED in said("enforce", "f0001", "--by", "paul", "--reason", "relu").stderr
    said("withdraw", "f0001", "--by", "paul", "--reason", "fin du tirage")

    shown = said("draft", "f0001").stdout
    assert "fin du tirage" in shown
    assert "relu" in shown


def test_an_archive_without_drafts_says_so(house: Drafting) -> None:
    assert said("drafts").stderr
    assert json.loads(said("drafts", "--json").stdout) == []
